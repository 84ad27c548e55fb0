/**
 * How long an instance with a million rows of state takes until it works again: from its own disk, and from the changelog alone; stores in
 * memory and on the disk. Arguments: rows (1,000,000). BOOTSTRAP: another broker than the embedded one, which has a process of its own.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import { type Storage, Streams, StreamsBuilder, serdes } from '../index.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const partitions = 2;
const dir = mkdtempSync(join(tmpdir(), 'streams-restart-'));
const broker = process.env['BOOTSTRAP'] === undefined ? spawnBroker() : null;
const bootstrap = process.env['BOOTSTRAP'] ?? (await firstLine(broker!));
const client = createClient({ bootstrap, clientId: 'bench' });

try {
  for (const storage of ['memory', 'disk'] satisfies Storage[]) await measure(storage);
} finally {
  await client.close();
  broker?.kill();
  rmSync(dir, { recursive: true, force: true });
}

async function measure(storage: Storage): Promise<void> {
  const name = `restart-${storage}-${process.pid}`;
  await client.createTopics([{ name, partitions }]);
  const padding = '.'.repeat(80);
  for (let at = 0; at < rows; at += 10_000) {
    const records = Array.from({ length: Math.min(10_000, rows - at) }, (_, n) => ({
      key: `key-${String(at + n).padStart(8, '0')}`,
      value: padding,
    }));
    await client.produce({ topic: name, records });
  }
  await run(name, storage, join(dir, storage), 'first run: all is worked on');
  for (let round = 0; round < 2; round++) await run(name, storage, join(dir, storage), 'from its own disk');
  await run(name, storage, join(dir, `${storage}-anew`), 'from the changelog');
}

/** Until all rows are there and committed. */
async function run(name: string, storage: Storage, stateDir: string, what: string): Promise<void> {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>(name, { value: serdes.string })
    .groupByKey()
    .reduce((_before, value) => value, { store: 'rows' });
  let restored = 0;
  const streams = new Streams({
    applicationId: name,
    kafka: bootstrap,
    guarantee: 'exactly-once',
    groupInstanceId: 'one',
    stateDir,
    storage,
    onRestore: ({ isDone, total }) => {
      if (isDone) restored += total;
    },
  });
  streams.add(builder.build());
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  await streams.start();
  const startMs = performance.now() - startedMs;
  const lag = () =>
    streams.metrics.tasks.flatMap(({ inputs }) => inputs).reduce((sum, { lagRecords }) => sum + lagRecords, 0);
  while (streams.metrics.tasks.length < partitions || lag() !== 0) await delay(20);
  const { system, user } = process.cpuUsage(cpu);
  const readyMs = performance.now() - startedMs;
  console.log(
    JSON.stringify({
      benchmark: 'streams-restart',
      what,
      storage,
      rows,
      startMs: Math.round(startMs),
      readyMs: Math.round(readyMs),
      cpuMs: Math.round((system + user) / 1000),
      changelogRecords: restored,
      rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
      node: process.version,
      cpu: cpus()[0]!.model,
    }),
  );
  await streams.close();
  globalThis.gc?.();
}

function spawnBroker() {
  const script = new URL('../test/kill/broker.ts', import.meta.url).pathname;
  return spawn(process.execPath, [script, join(dir, 'broker'), '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine(child: ReturnType<typeof spawnBroker>): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the broker does not start');
}
