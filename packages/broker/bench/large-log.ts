/**
 * How long a large log takes to open, after a clean stop and after a kill, and to find what is asked of it. The log is real, with its
 * indexes; its records are zeros, and holes on the disk.
 *
 *     npm run bench -- broker/large-log [--gigabytes 50] [--tail-megabytes 64]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeBatch } from '@headwater/protocol';
import { FaultFiles, nodeFiles, openLogStore } from '../src/storage/index.ts';
import { sparseFiles } from './support/sparse-files.ts';
import { machine } from './support/targets.ts';

const { values } = parseArgs({
  options: { gigabytes: { type: 'string', default: '50' }, 'tail-megabytes': { type: 'string', default: '64' } },
});
const sizeBytes = Number(values.gigabytes) * 1e9;
const tailBytes = Number(values['tail-megabytes']) * 1e6;
const dir = mkdtempSync(join(process.env['HEADWATER_BENCH_DIR'] ?? tmpdir(), 'headwater-large-'));
const config = { 'headwater.cache.bytes': 0 };
const firstTimestamp = Date.now() - 3_600_000;
const template = encodeBatch({ records: [{ value: Buffer.alloc(512 * 1024 - 200) }], timestamp: firstTimestamp });

function print(name: string, fields: object): void {
  console.log(JSON.stringify({ case: name, ...fields, machine: machine() }));
}

const ms = (startMs: number): number => Math.round((performance.now() - startMs) * 10) / 10;

async function make(): Promise<void> {
  const startMs = performance.now();
  const store = await openLogStore({ files: sparseFiles(), dir, config });
  store.createTopic({ name: 'large', partitions: 1, configs: { 'max.message.bytes': '1000000' } });
  const log = store.partition('large', 0)!;
  while (log.sizeBytes < sizeBytes) {
    log.append(Buffer.from(template));
    // The checkpoints of closed segments get their turn.
    if (log.logEndOffset % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await store.close();
  print('made', { gigabytes: log.sizeBytes / 1e9, batches: log.logEndOffset, ms: ms(startMs) });
}

async function open(name: string, files = nodeFiles()) {
  const startMs = performance.now();
  const store = await openLogStore({ files, dir, config });
  const log = store.partition('large', 0)!;
  const { highWatermark } = log;
  const openMs = ms(startMs);
  const times: Record<string, number> = {};
  for (const [where, offset] of [
    ['oldest', 0],
    ['middle', highWatermark >> 1],
    ['newest', highWatermark - 1],
  ] as const) {
    const readMs = performance.now();
    await log.read(offset, 1, true);
    times[`${where}ReadMs`] = ms(readMs);
  }
  const lookupMs = performance.now();
  log.offsetForTimestamp(firstTimestamp);
  times['timeLookupMs'] = ms(lookupMs);
  const { isClean, scannedBytes, findings } = store.recovery;
  print(name, {
    openMs,
    ...times,
    isClean,
    scannedMegabytes: scannedBytes / 1e6,
    findings: findings.length,
    rssMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
  });
  return { store, log };
}

try {
  await make();
  const { store } = await open('opened after a clean stop');
  await store.close();
  const files = new FaultFiles(sparseFiles(), { isPowerKept: true });
  const second = await openLogStore({ files, dir, config });
  const log = second.partition('large', 0)!;
  for (let appended = 0; appended < tailBytes; appended += template.length) log.append(Buffer.from(template));
  files.hasCrashed = true;
  await second.close().catch(() => {});
  const third = await open('opened after a kill');
  await third.store.close();
  print('disk', { megabytesTaken: Math.round(blocks(dir) / 1e6) });
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function blocks(path: string): number {
  const files = nodeFiles();
  let taken = 0;
  for (const { isDirectory, name } of files.list(path)) {
    taken += isDirectory ? blocks(join(path, name)) : statSync(join(path, name)).blocks * 512;
  }
  return taken;
}
