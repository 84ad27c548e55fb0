/**
 * Registering, restarting and looking up: `npm run bench -- registry [--schemas 10000] [--rate 1000] [--seconds 10] [URL …]`.
 * The registry runs with its broker, on disk, in a process of its own; registries of other makers are measured beside it by their URLs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '../index.ts';

interface Told {
  url: string;
  residentMb: number;
  /** Of the process so far. */
  cpuMs: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

if (process.send === undefined) await measureAll();
else await serve(process.argv[2]!);

async function serve(dataDir: string): Promise<void> {
  const broker = await startBroker({ dataDir });
  const { url } = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const tell = (): void => {
    const { system, user } = process.cpuUsage();
    const residentMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
    process.send!({ url, residentMb, cpuMs: Math.round((system + user) / 1_000) });
  };
  process.on('message', tell);
  tell();
}

async function measureAll(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      schemas: { type: 'string', default: '10000' },
      rate: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '10' },
    },
  });
  const [schemas, rate, seconds] = [values.schemas, values.rate, values.seconds].map(Number) as [
    number,
    number,
    number,
  ];
  print({ machine: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg()[0]?.toFixed(1) });
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  try {
    const empty = await timed(() => startChild(dataDir));
    let { child, told } = empty.value;
    print({ registry: 'headwater', emptyStartMs: empty.ms, cpuMs: told.cpuMs, residentMb: told.residentMb });
    const cpu = async (): Promise<number> => (await ask(child)).cpuMs;
    await measure('headwater', told.url, schemas, rate, seconds, cpu);
    print({ registry: 'headwater', residentMb: (await ask(child)).residentMb });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const again = await timed(() => startChild(dataDir));
    ({ child, told } = again.value);
    print({ registry: 'headwater', restartMs: again.ms, cpuMs: told.cpuMs, schemas, residentMb: told.residentMb });
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (const url of positionals) await measure(url, url, schemas, rate, seconds);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
    agent.destroy();
  }
}

async function startChild(dataDir: string): Promise<{ child: ChildProcess; told: Told }> {
  const child = fork(import.meta.filename, [dataDir]);
  const [told] = await once(child, 'message');
  return { child, told: told as Told };
}

async function ask(child: ChildProcess): Promise<Told> {
  const answer = once(child, 'message');
  child.send('tell');
  return (await answer)[0] as Told;
}

async function measure(
  registry: string,
  url: string,
  schemas: number,
  rate: number,
  seconds: number,
  cpuMs: () => Promise<number | undefined> = async () => undefined,
): Promise<void> {
  const run = Date.now().toString(36);
  const ids: number[] = [];
  let next = 0;
  const before = await cpuMs();
  const registered = await timed(() =>
    Promise.all(
      Array.from({ length: 16 }, async () => {
        while (next < schemas) {
          const index = next++;
          const body = JSON.stringify({ schema: schemaOf(run, index) });
          const { status, text } = await send(url, 'POST', `/subjects/bench-${run}-${index}/versions`, body);
          if (status !== 200) throw new Error(`${registry}: ${status} ${text}`);
          ids.push((JSON.parse(text) as { id: number }).id);
        }
      }),
    ),
  );
  print({
    registry,
    registered: schemas,
    perSecond: Math.round((schemas / registered.ms) * 1_000),
    clients: 16,
    cpuMs: since(before, await cpuMs()),
  });
  await lookUps(url, ids, run, rate, 2);
  const warm = await cpuMs();
  const found = await lookUps(url, ids, run, rate, seconds);
  print({ registry, ...found, cpuMs: since(warm, await cpuMs()) });
}

function since(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : now - before;
}

/** At a steady rate, whatever the answers take: a late answer counts from when its request was due. */
async function lookUps(url: string, ids: number[], run: string, rate: number, seconds: number): Promise<object> {
  const latencies: number[] = [];
  const started = performance.now();
  const pending: Promise<void>[] = [];
  for (let index = 0; index < rate * seconds; ) {
    const dueCount = Math.min(rate * seconds, Math.floor(((performance.now() - started) / 1_000) * rate));
    for (; index < dueCount; index++) {
      const dueMs = started + (index / rate) * 1_000;
      const which = (index * 7_919) % ids.length;
      const path = index % 2 === 0 ? `/schemas/ids/${ids[which]}` : `/subjects/bench-${run}-${which}/versions/latest`;
      pending.push(
        send(url, 'GET', path).then(({ status }) => {
          if (status !== 200) throw new Error(`${path}: ${status}`);
          latencies.push(performance.now() - dueMs);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => Number(latencies[Math.floor(latencies.length * share)]!.toFixed(2));
  return { lookUpsPerSecond: rate, seconds, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999) };
}

function schemaOf(run: string, index: number): string {
  const fields = ['userId', 'id', 'text', 'createdAt', `field${index}`].map((name) => ({
    name,
    type: name === 'text' ? 'string' : 'long',
    default: name === 'text' ? '' : 0,
  }));
  return JSON.stringify({ type: 'record', name: `Tweet${index}`, namespace: `bench.${run}`, fields });
}

function send(url: string, method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const sent = request(url + path, { method, agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  const value = await work();
  return { value, ms: Math.round(performance.now() - started) };
}

function print(line: object): void {
  console.log(JSON.stringify(line));
}
