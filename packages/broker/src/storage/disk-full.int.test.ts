import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodeFiles } from './files/node-files.ts';
import { openLogStore } from './log-store.ts';
import { StorageError } from './storage-error.ts';
import { batchOf, readAll } from './testing/records.ts';

const base = mkdtempSync(join(tmpdir(), 'headwater-full-'));
const mount = join(base, 'disk');
const problem = tryMount();
after(() => {
  if (problem === null) execFileSync('umount', ['--lazy', mount]);
  rmSync(base, { recursive: true, force: true });
});

/** A real file system of 2 MiB, where mounting is allowed. */
function tryMount(): string | null {
  mkdirSync(mount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mount], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `a small tmpfs cannot be mounted here: ${(error as Error).message.trim().split('\n').at(-1)}`;
  }
}

test('a file system that is really full: appends fail and lose nothing, and go on when there is room', {
  skip: problem ?? false,
}, async () => {
  const ballast = join(mount, 'ballast');
  writeFileSync(ballast, Buffer.alloc(1024 * 1024));
  const options = { files: nodeFiles(), dir: join(mount, 'data'), config: { 'headwater.cache.bytes': 0 } };
  let store = await openLogStore(options);
  store.createTopic({ name: 't', partitions: 2 });
  store.createTopic({ name: 'unwanted', partitions: 1 });
  store.partition('unwanted', 0)!.append(batchOf(['x'.repeat(50_000)], { timestamp: Date.now() }));
  let log = store.partition('t', 0)!;
  let count = 0;
  const append = (sizeBytes: number) =>
    log.append(batchOf([`${count}`.padEnd(sizeBytes, '.')], { timestamp: Date.now() }));
  const fill = (sizeBytes: number) => {
    for (; count < 10_000; count++) append(sizeBytes);
  };
  const isFull = (error: unknown) =>
    error instanceof StorageError &&
    error.kafkaError === 'KAFKA_STORAGE_ERROR' &&
    error.message.includes('The disk is full');
  assert.throws(() => fill(10_000), isFull);
  // The last pages too.
  assert.throws(() => fill(10), isFull);
  assert.throws(() => append(10_000), isFull);
  assert.throws(() => store.partition('t', 1)!.append(batchOf(['x'])), isFull);
  assert.ok(count > 50);
  assert.equal((await readAll(log)).length, count);
  await store.close();

  // Still full: everything can be read, and a topic can be deleted.
  store = await openLogStore(options);
  log = store.partition('t', 0)!;
  assert.equal((await readAll(log)).length, count);
  await store.deleteTopic('unwanted');
  append(10_000);
  count++;
  rmSync(ballast);
  append(10_000);
  count++;
  store.partition('t', 1)!.append(batchOf(['x']));
  assert.deepEqual(
    (await readAll(log)).map(({ value }) => value!.replace(/\.+$/, '')),
    Array.from({ length: count }, (_, n) => `${n}`),
  );
  assert.ok(statfsSync(mount).bfree > 0);
  await store.close();
});
