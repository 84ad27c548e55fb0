/**
 * Queries of a live server: look-ups by key in a table at a steady rate over HTTP/1.1 and HTTP/2, and the time from producing a record to the row
 * of a push query. Broker, server and loader are three processes. A late answer counts from when its request was due, so that the loader's own
 * delays are in the figures.
 *
 *     npm run bench -- sql/queries [--keys 100000] [--rate 5000] [--seconds 5] [--rounds 3] [--only pull|push]
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createClient } from '@headwater/client';
import { createSqlClient } from '../index.ts';
import { http1Client, http2Client, type LookUpClient } from './support/look-up-clients.ts';
import { ServerProcess } from './support/sql-process.ts';

const { values: flags } = parseArgs({
  options: {
    keys: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '5000' },
    pushRate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const keys = Number(flags.keys);
const seconds = Number(flags.seconds);
const rounds = Number(flags.rounds);

const broker = await ServerProcess.start();
const server = await ServerProcess.start(broker.address);
const kafka = createClient({ bootstrap: broker.address, clientId: 'bench' });
const sql = createSqlClient({ url: server.address });
print({ machine: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg()[0]?.toFixed(1) });
try {
  await sql.execute(`SET 'auto.offset.reset'='earliest';
    CREATE STREAM clicks (id STRING KEY, sent DOUBLE, page STRING) WITH (kafka_topic='clicks', value_format='JSON', partitions=4);
    CREATE TABLE counts AS SELECT id, COUNT(*) AS n, MAX(sent) AS latest, LATEST_BY_OFFSET(page) AS page FROM clicks GROUP BY id;
    CREATE STREAM pages AS SELECT id, sent, page FROM clicks;`);
  if (flags.only !== 'push') await measurePull();
  if (flags.only !== 'pull') await measurePush();
} finally {
  sql.close();
  await kafka.close();
  await server.stop();
  await broker.stop();
}

async function measurePull(): Promise<void> {
  const producer = kafka.producer({ lingerMs: 20 });
  for (let first = 0; first < keys; first += 1_000) {
    const records = Array.from({ length: Math.min(1_000, keys - first) }, (_, index) => clickOf(first + index));
    await producer.send({ topic: 'clicks', records });
  }
  await producer.close();
  for (;;) {
    let count = 0;
    for await (const _row of await sql.query('SELECT n FROM counts;')) count++;
    if (count === keys) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const forms = [
    { http: 'HTTP/1.1', connections: 16, open: http1Client },
    { http: 'HTTP/2', connections: 2, open: http2Client },
  ];
  for (const { connections, http, open } of forms) {
    const clients = await Promise.all(Array.from({ length: connections }, () => open(server.address)));
    await lookUps(clients, Number(flags.rate), 2);
    const results: Latencies[] = [];
    const before = await server.reading();
    for (let round = 0; round < rounds; round++) results.push(await lookUps(clients, Number(flags.rate), seconds));
    const after = await server.reading();
    for (const client of clients) client.close();
    print({
      bench: 'sql/queries',
      query: 'pull by key',
      http,
      keys,
      lookUpsPerSecond: Number(flags.rate),
      ...spreadOf(results),
      cpuMicrosALookUp: Number(
        (((after.cpuMs - before.cpuMs) * 1_000) / (Number(flags.rate) * seconds * rounds)).toFixed(1),
      ),
      residentMb: after.residentMb,
    });
  }
}

async function lookUps(clients: readonly LookUpClient[], rate: number, durationS: number): Promise<Latencies> {
  const latencies: number[] = [];
  const total = rate * durationS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const startMs = performance.now();
  let sent = 0;
  const pump = () => {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * rate) / 1_000));
    for (; sent < due; sent++) {
      const dueMs = startMs + (sent * 1_000) / rate;
      const id = `user-${(sent * 7_919) % keys}`;
      clients[sent % clients.length]!.ask(
        `{"sql":"SELECT id, n, page FROM counts WHERE id = '${id}';","properties":{}}`,
        (answer) => {
          if (!answer.includes(`["${id}",`)) reject(new Error(answer));
          latencies.push(performance.now() - dueMs);
          if (latencies.length === total) resolve();
        },
      );
    }
    if (sent < total) setTimeout(pump, 1);
  };
  pump();
  await promise;
  return latenciesOf(latencies);
}

async function measurePush(): Promise<void> {
  const rate = Number(flags.pushRate);
  const queries = [
    ['stateless', 'SELECT id, sent FROM clicks EMIT CHANGES;'],
    ['aggregation', 'SELECT id, MAX(sent) AS sent FROM clicks GROUP BY id EMIT CHANGES;'],
    ['scalable, behind a persistent query', 'SELECT id, sent FROM pages EMIT CHANGES;'],
  ] as const;
  for (const [query, text] of queries) {
    const results: Latencies[] = [];
    await pushed(text, rate, 2);
    const before = await server.reading();
    for (let round = 0; round < rounds; round++) results.push(await pushed(text, rate, seconds));
    const after = await server.reading();
    print({
      bench: 'sql/queries',
      query: `push: ${query}`,
      recordsPerSecond: rate,
      ...spreadOf(results),
      cpuMicrosARecord: Number((((after.cpuMs - before.cpuMs) * 1_000) / (rate * seconds * rounds)).toFixed(1)),
    });
  }
}

async function pushed(text: string, rate: number, durationS: number): Promise<Latencies> {
  const rows = await sql.query<{ SENT: number }>(text, { properties: { 'auto.offset.reset': 'latest' } });
  const total = rate * durationS;
  const latencies: number[] = [];
  const producer = kafka.producer({ lingerMs: 0 });
  const startMs = performance.now() + 50;
  let sent = 0;
  const acknowledged: Promise<unknown>[] = [];
  const pump = () => {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * rate) / 1_000));
    for (; sent < due; sent++) {
      const record = clickOf((sent * 7_919) % keys, startMs + (sent * 1_000) / rate);
      acknowledged.push(producer.send({ topic: 'clicks', records: [record] }));
    }
    if (sent < total) setTimeout(pump, 1);
  };
  pump();
  for await (const row of rows) {
    // Rows of an earlier round can still be under way.
    if (row.SENT >= startMs) latencies.push(performance.now() - row.SENT);
    if (latencies.length === total) break;
  }
  await Promise.all(acknowledged);
  await producer.close();
  return latenciesOf(latencies);
}

function clickOf(index: number, at = 0): { key: string; value: string } {
  return { key: `user-${index}`, value: `{"SENT":${at},"PAGE":"/page/${index % 1_000}"}` };
}

interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

function latenciesOf(values: number[]): Latencies {
  values.sort((one, other) => one - other);
  const at = (share: number) => values[Math.min(values.length - 1, Math.floor(values.length * share))]!;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/** Median, least and greatest of the rounds. */
function spreadOf(results: readonly Latencies[]): object {
  const of = (read: (each: Latencies) => number) => {
    const sorted = results.map(read).sort((one, other) => one - other);
    const [median, least, most] = [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!];
    return { median: Number(median.toFixed(2)), least: Number(least.toFixed(2)), most: Number(most.toFixed(2)) };
  };
  return { p50Ms: of(({ p50 }) => p50), p99Ms: of(({ p99 }) => p99), p999Ms: of(({ p999 }) => p999) };
}

function print(line: object): void {
  console.log(JSON.stringify(line));
}
