/**
 * What an append and a read cost, without a network: one JSON line a case on standard output.
 *
 *     node packages/broker/bench/storage.ts [word …]     # prints all cases, or those whose name holds one of the words
 *
 * CPU is that of the process (user and system), so it stands also on a busy machine; rates by the clock do not.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c, encodeBatch, validateBatch } from '@headwater/protocol';
import { memoryFiles, nodeFiles, openLogStore } from '../src/storage/index.ts';

const dir = mkdtempSync(join(process.env['HEADWATER_BENCH_DIR'] ?? tmpdir(), 'headwater-bench-'));
const words = process.argv.slice(2);
const batchRecords = 560;

interface Outcome {
  operations: number;
  records?: number;
  bytes?: number;
}

/** Runs a case; one that was not asked for runs too, as later ones build on it, but is not printed. */
async function measure(name: string, run: () => Outcome | Promise<Outcome>): Promise<void> {
  const isWanted = words.length === 0 || words.some((word) => name.includes(word));
  const cpuStart = process.cpuUsage();
  const start = performance.now();
  const { operations, records, bytes } = await run();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuStart);
  const cpuMicros = user + system;
  const line = {
    case: name,
    operations,
    cpuMicrosPerOperation: round(cpuMicros / operations),
    userMicrosPerOperation: round(user / operations),
    wallMicrosPerOperation: round((wallMs * 1000) / operations),
    ...(records === undefined ? {} : { cpuSecondsPerMillionRecords: round(cpuMicros / records) }),
    ...(bytes === undefined ? {} : { megabytesPerSecond: round(bytes / wallMs / 1000) }),
    rssMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
  };
  if (isWanted) console.log(JSON.stringify(line));
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function batch(records: number, sizeBytes: number): Buffer {
  const value = Buffer.alloc(sizeBytes, 'headwater ');
  return encodeBatch({ timestamp: Date.now(), records: Array.from({ length: records }, () => ({ value })) });
}

/** A request's own buffer, as the network would hand it over. */
function received(template: Buffer): Buffer {
  const buffer = Buffer.allocUnsafeSlow(template.length);
  template.copy(buffer);
  return buffer;
}

async function appends(
  name: string,
  template: Buffer,
  perBatch: number,
  count: number,
  partitions: number,
  inMemory = false,
) {
  const store = await openLogStore({ files: inMemory ? memoryFiles() : nodeFiles(), dir: join(dir, name) });
  store.createTopic({ name: 'bench', partitions });
  const logs = Array.from({ length: partitions }, (_, index) => store.partition('bench', index)!);
  for (let n = 0; n < 200; n++) logs[n % partitions]!.append(received(template));
  await measure(name, () => {
    for (let n = 0; n < count; n++) logs[n % partitions]!.append(received(template));
    return { operations: count, records: count * perBatch, bytes: count * template.length };
  });
  return store;
}

const large = batch(batchRecords, 100);
const small = batch(1, 100);
const count = 4000;

// The floor under an append of 64 KiB: the copy into a fresh buffer, the checks, the system call.
await measure('floor: copy 64 KiB', () => {
  for (let n = 0; n < count; n++) received(large);
  return { operations: count, bytes: count * large.length };
});
await measure('floor: crc 64 KiB', () => {
  for (let n = 0; n < count; n++) crc32c(large, 21);
  return { operations: count, bytes: count * large.length };
});
await measure('floor: validateBatch 64 KiB', () => {
  for (let n = 0; n < count; n++) validateBatch(large);
  return { operations: count, records: count * batchRecords, bytes: count * large.length };
});
await measure('floor: write 64 KiB', () => {
  const fd = openSync(join(dir, 'floor'), 'w');
  for (let n = 0; n < count; n++) writeSync(fd, large, 0, large.length, n * large.length);
  closeSync(fd);
  return { operations: count, bytes: count * large.length };
});
rmSync(join(dir, 'floor'), { force: true });

let store = await appends('append 64 KiB, 1 partition', large, batchRecords, count, 1);
const log = store.partition('bench', 0)!;
await measure('read 1 MiB from the cache', async () => {
  let bytes = 0;
  const start = log.logEndOffset - batchRecords * 16;
  for (let n = 0; n < count; n++) for (const part of await log.read(start, 1024 * 1024, true)) bytes += part.length;
  return { operations: count, bytes, records: (bytes / large.length) * batchRecords };
});
await measure('read 1 MiB from files', async () => {
  let bytes = 0;
  let reads = 0;
  for (let offset = 0; offset < log.logEndOffset - batchRecords * 300; reads++) {
    const parts = await log.read(offset, 1024 * 1024, true);
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    bytes += size;
    offset += (size / large.length) * batchRecords;
  }
  return { operations: reads, bytes, records: (bytes / large.length) * batchRecords };
});
await measure('look up a time', () => {
  for (let n = 0; n < 1000; n++) log.offsetForTimestamp(Date.now() - n);
  return { operations: 1000 };
});
await store.close();
rmSync(join(dir, 'append 64 KiB, 1 partition'), { recursive: true });

await (await appends('append 64 KiB, 100 partitions', large, batchRecords, count, 100)).close();
rmSync(join(dir, 'append 64 KiB, 100 partitions'), { recursive: true });
await (await appends('append 64 KiB, in memory', large, batchRecords, count, 1, true)).close();

store = await appends('append 1 record, 1 partition', small, 1, 40_000, 1);
const tail = store.partition('bench', 0)!;
await measure('read the newest record from the cache', () => {
  const last = tail.logEndOffset - 1;
  for (let n = 0; n < 40_000; n++) tail.read(last, 1024, true);
  return { operations: 40_000, records: 40_000 };
});
await store.close();
await (await appends('append 1 record, in memory', small, 1, 40_000, 1, true)).close();

const many = join(dir, 'many');
store = await openLogStore({ files: nodeFiles(), dir: many });
await measure('create 1,000 topics', async () => {
  for (let n = 0; n < 1000; n++) store.createTopic({ name: `topic-${n}`, partitions: 10 });
  await store.flushMetadata();
  return { operations: 1000 };
});
await measure('first append of 10,000 partitions', () => {
  for (let n = 0; n < 10_000; n++) store.partition(`topic-${n % 1000}`, Math.floor(n / 1000))!.append(received(small));
  return { operations: 10_000, records: 10_000 };
});
await measure('close with 10,000 partitions to sync', async () => {
  await store.close();
  return { operations: 10_000 };
});
await measure('open 10,000 partitions after a clean shutdown', async () => {
  store = await openLogStore({ files: nodeFiles(), dir: many });
  return { operations: 1 };
});
await store.close();
rmSync(join(many, 'clean-shutdown'));
await measure('open 10,000 partitions after a crash', async () => {
  store = await openLogStore({ files: nodeFiles(), dir: many });
  return { operations: 1 };
});
await store.close();
rmSync(dir, { recursive: true });
