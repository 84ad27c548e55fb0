import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import { SeededRandom } from '../../src/syntax/testing/seeded-random.ts';
import { KillableProcess } from './killable-process.ts';
import { differences, Results } from './results.ts';
import type { ServerOptions } from './server.ts';
import { StatementWriter } from './statement-writer.ts';
import { eventOf, setUp, tablesAfter, users } from './statements.ts';

export interface KillRunOptions {
  readonly seed: number;
  readonly servers: number;
  /** Servers and the broker that are killed, one after the other. */
  readonly kills: number;
  /** Between two of them, at most. */
  readonly pauseMs: number;
  readonly guarantee: 'exactly_once_v2' | 'at_least_once';
  /** A Kafka that nobody else uses, which is not killed. Default: the embedded broker, which is. */
  readonly bootstrap?: string | undefined;
  /** For all results to be there, after the last of them. */
  readonly timeoutMs: number;
  log(line: string): void;
}

export interface KillRun {
  readonly wrong: readonly string[];
  readonly events: number;
  readonly statements: number;
  readonly deeds: readonly string[];
}

/** SQL servers of one service and their broker are killed while events and statements come; what is wrong then. */
export async function runKills(options: KillRunOptions): Promise<KillRun> {
  const { guarantee, kills, log, pauseMs, seed, timeoutMs } = options;
  const dice = new SeededRandom(seed);
  const random = () => dice.next();
  const directory = mkdtempSync(join(tmpdir(), 'sql-kill-'));
  let brokerPort = 0;
  const broker = new KillableProcess('broker.ts', () => [join(directory, 'broker'), String(brokerPort)]);
  const bootstrap = options.bootstrap ?? (await broker.start());
  brokerPort = Number(bootstrap.split(':')[1]);
  const patience = { connectTimeoutMs: 2_000, requestTimeoutMs: 10_000, retryTimeoutMs: 120_000 };
  const client = createClient({ bootstrap, clientId: 'kill-run', ...patience });
  // Apache's takes no shorter ones.
  const sessionTimeoutMs = options.bootstrap === undefined ? 1_500 : 6_000;
  const servers = Array.from(
    { length: options.servers },
    (_, n) => new Server(n, bootstrap, directory, guarantee, sessionTimeoutMs),
  );
  let isRunning = true;
  let events = 0;
  let results: Results | undefined;
  const deeds: string[] = [];
  try {
    await Promise.all(servers.map((server) => server.start()));
    await servers[0]!.run(setUp);
    await client.produce({ topic: 'users', records: users() });
    results = new Results(client);
    const producer = client.producer({ deliveryTimeoutMs: 120_000, lingerMs: 0 });
    const feeding = (async () => {
      while (isRunning) {
        await producer.send({ topic: 'events', records: Array.from({ length: 20 }, (_, n) => eventOf(events + n)) });
        events += 20;
        await delay(20);
      }
    })();
    const writer = new StatementWriter(servers);
    const writing = writer.run(() => isRunning);
    for (let n = 0; n < kills; n++) {
      // A slow machine comes as far between two kills as a fast one.
      const [eventsBefore, doneBefore] = [events, writer.doneCount];
      await delay(random() * pauseMs);
      while (events < eventsBefore + 200 || writer.doneCount < doneBefore + 3) await delay(20);
      const which = Math.floor(random() * servers.length);
      const what = random();
      const deed = n % 4 === 3 ? 'broker' : n % 4 === 1 ? 'both' : what < 0.8 ? 'kill' : 'stop';
      deeds.push(`${deed} ${which}`);
      log(`${deeds.at(-1)}; ${events} events, ${writer.doneCount} statements`);
      const isServerHit = deed !== 'broker';
      if (isServerHit) await servers[which]!.end(deed === 'stop' ? 'SIGTERM' : 'SIGKILL');
      if (options.bootstrap === undefined && (deed === 'broker' || deed === 'both')) {
        await broker.end('SIGKILL');
        await delay(random() * 800);
        await broker.start();
      }
      await delay(random() * 500);
      if (isServerHit) await servers[which]!.start();
    }
    isRunning = false;
    await Promise.all([feeding, writing]);
    log(`${events} events, ${writer.doneCount} statements; waiting for the results`);
    const wrong = await settled(() => judged(results!, servers, writer, events), timeoutMs);
    wrong.push(...servers.flatMap(({ exitCode, n }) => (exitCode === null ? [] : [`server ${n} ended: ${exitCode}`])));
    if (wrong.length > 0) for (const { complaint } of servers) log(complaint);
    return { wrong, events, statements: writer.doneCount, deeds };
  } finally {
    isRunning = false;
    for (const server of servers) await server.end('SIGKILL');
    await results?.close();
    await client.close();
    await broker.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Asks until nothing is wrong, or the time is over. */
async function settled(judge: () => Promise<string[]>, timeoutMs: number): Promise<string[]> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const wrong = await judge().catch((error: Error) => [`a server does not answer: ${error.message}`]);
    if (wrong.length === 0 || performance.now() > until) return wrong;
    await delay(200);
  }
}

async function judged(
  results: Results,
  servers: readonly Server[],
  writer: StatementWriter,
  events: number,
): Promise<string[]> {
  const wrong = results.judge(events);
  if (wrong.length > 0) return wrong;
  const catalogues = await Promise.all(servers.map((server) => server.catalogue()));
  wrong.push(...catalogues.flatMap((each, n) => (each === catalogues[0] ? [] : [`server ${n} has another catalogue`])));
  wrong.push(...(await writer.judge(servers[0]!)));
  // What they look up is what the log says, whichever of them has a row.
  const tables = tablesAfter(events);
  const [counts, windows] = [new Map<string, string>(), new Map<string, string>()];
  for (const server of servers) {
    for (const [word, n, total] of await server.rows('SELECT word, n, total FROM counts;')) {
      counts.set(String(word), `${n}/${total}`);
    }
    for (const [word, start, n] of await server.rows('SELECT word, windowstart, n FROM windows;')) {
      windows.set(`${word}@${start}`, String(n));
    }
  }
  return [
    ...wrong,
    ...differences('looked up in COUNTS', counts, tables.counts),
    ...differences('looked up in WINDOWS', windows, tables.windows),
  ];
}

/** A server that comes back under the same address, with its state on its disk. */
export class Server {
  readonly n: number;
  readonly #process: KillableProcess;
  #port = 0;

  constructor(n: number, bootstrap: string, directory: string, guarantee: string, sessionTimeoutMs: number) {
    this.n = n;
    this.#process = new KillableProcess('server.ts', () => {
      const settings = {
        'ksql.streams.processing.guarantee': guarantee,
        'ksql.streams.auto.offset.reset': 'earliest',
        'ksql.streams.commit.interval.ms': '60',
        'ksql.streams.session.timeout.ms': String(sessionTimeoutMs),
        'ksql.streams.heartbeat.interval.ms': '300',
        'ksql.streams.transaction.timeout.ms': '3000',
        'ksql.query.retry.backoff.initial.ms': '200',
        'ksql.query.retry.backoff.max.ms': '1000',
      };
      const given: ServerOptions = { bootstrap, port: this.#port, stateDir: join(directory, `server-${n}`), settings };
      return [JSON.stringify(given)];
    });
  }

  get complaint(): string {
    return this.#process.complaint;
  }

  get exitCode(): number | null {
    return this.#process.exitCode;
  }

  async start(): Promise<void> {
    this.#port = Number(new URL(await this.#process.start()).port);
  }

  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    return this.#process.end(signal);
  }

  /** @throws the server's refusal, or that it is away */
  async run(ksql: string): Promise<Record<string, unknown>[]> {
    return (await this.#post('/ksql', ksql)) as Record<string, unknown>[];
  }

  async rows(ksql: string): Promise<unknown[][]> {
    const answer = (await this.#post('/query', ksql)) as { row?: { columns: unknown[] } }[];
    return answer.flatMap(({ row }) => (row === undefined ? [] : [row.columns]));
  }

  async catalogue(): Promise<string> {
    const [streams, tables, types, queries] = await this.run('SHOW STREAMS; SHOW TABLES; SHOW TYPES; SHOW QUERIES;');
    const ids = (queries!['queries'] as { id: string; queryString: string }[]).map(({ id, queryString }) => [
      id,
      queryString,
    ]);
    return JSON.stringify([streams!['streams'], tables!['tables'], types!['types'], ids]);
  }

  async #post(path: string, ksql: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      method: 'POST',
      body: JSON.stringify({ ksql }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = await response.json();
    if (response.status !== 200) throw new Refusal(response.status, JSON.stringify(answer));
    return answer;
  }
}

/** A server's own no. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
