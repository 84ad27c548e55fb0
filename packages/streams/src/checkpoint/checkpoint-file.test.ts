import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { BatchBuilder, openRecords } from '@headwater/protocol';
import type { RowExpiry } from '../stores/state-store.ts';
import { windowStoreKey, windowStoreStart } from '../stores/window-key.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import type { CheckpointHeader } from './checkpoint-frames.ts';
import { checkCheckpoint, readFrames } from './read-checkpoint.ts';

const header: CheckpointHeader = { format: 1, applicationId: 'app', task: '/0_0', store: 's', topic: 't' };
let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'checkpoint-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

function fileAt(path: string, liveCount: () => number, expiry: RowExpiry | null = null): CheckpointFile {
  const file = new CheckpointFile({ path, header, expiry, logger: silentLogger, liveCount }, null);
  file.startAt(0);
  return file;
}

function batchOf(rows: readonly (readonly [key: string | Buffer, value: string | null])[]): BatchBuilder {
  const batch = new BatchBuilder();
  for (const [key, value] of rows) batch.append({ key, value, timestamp: 7 });
  return batch;
}

/** What a store would be filled with, up to what is whole. */
async function tableOf(path: string): Promise<{ rows: Map<string, string>; nextOffset: number }> {
  const summary = await checkCheckpoint(path);
  const rows = new Map<string, string>();
  if (summary === null) return { rows, nextOffset: -1 };
  for await (const { content, kind } of readFrames(path, summary.validBytes)) {
    if (kind !== 'rows') continue;
    const cursor = openRecords(content);
    while (cursor.next()) {
      const value = cursor.value();
      if (value === null) rows.delete(cursor.key()!.toString('latin1'));
      else rows.set(cursor.key()!.toString('latin1'), String(value));
    }
  }
  return { rows, nextOffset: summary.nextOffset };
}

/** Deterministic numbers below `max`. */
function randomOf(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
}

test('a checkpoint that is cut off or damaged anywhere stands for a commit before the damage', async () => {
  const seed = 20_261_122;
  const random = randomOf(seed);
  const path = join(dir, 'cut');
  const file = fileAt(path, () => 1000);
  const states = new Map<number, string>([[-1, '[]']]);
  const table = new Map<string, string>();
  let nextOffset = 0;
  for (let commit = 0; commit < 30; commit++) {
    const rows = Array.from({ length: 1 + random(6) }, () => {
      const value = random(4) === 0 ? null : `v${random(1000)}`;
      return [`k${random(20)}`, value] as const;
    });
    for (const [key, value] of rows) value === null ? table.delete(key) : table.set(key, value);
    nextOffset += rows.length + 1;
    file.append(batchOf(rows).finish(), rows.length, nextOffset);
    states.set(nextOffset, JSON.stringify([...table].sort()));
  }
  await file.close();
  const whole = readFileSync(path);
  assert.equal((await tableOf(path)).nextOffset, nextOffset, `seed ${seed}`);
  const damaged = join(dir, 'damaged');
  for (let round = 0; round < 300; round++) {
    const at = random(whole.length);
    const data = Buffer.from(round % 2 === 0 ? whole.subarray(0, at) : whole);
    if (round % 2 === 1) data[at]! ^= 1 + random(255);
    writeFileSync(damaged, data);
    const { nextOffset: found, rows } = await tableOf(damaged);
    assert.ok(found < nextOffset, `seed ${seed}, byte ${at}`);
    assert.equal(JSON.stringify([...rows].sort()), states.get(found), `seed ${seed}, byte ${at}`);
  }
});

test('a checkpoint that is mostly dead is written anew with the last values, and goes on', async () => {
  const path = join(dir, 'dead');
  const file = fileAt(path, () => 10);
  const filler = 'x'.repeat(1000);
  for (let round = 0; round < 600; round++) {
    const rows = Array.from({ length: 10 }, (_, key) => [`k${key}`, `${round}${filler}`] as const);
    file.append(batchOf(rows).finish(), 10, (round + 1) * 10);
    if (round % 50 === 0) await file.settled();
  }
  file.append(batchOf([['k3', null]]).finish(), 1, 6001);
  await file.close();
  assert.ok(statSync(path).size < 5_500_000, `${statSync(path).size} bytes`);
  const { nextOffset, rows } = await tableOf(path);
  assert.equal(nextOffset, 6001);
  assert.equal(rows.size, 9);
  assert.ok([...rows.values()].every((value) => value.startsWith('599x')));
});

test('windows past their retention are not in a checkpoint that is written anew', async () => {
  const path = join(dir, 'windows');
  const expiry = { retentionMs: 5_000, timeOf: windowStoreStart };
  const file = fileAt(path, () => 0, expiry);
  const value = 'x'.repeat(100_000);
  for (let window = 0; window < 100; window++) {
    file.append(batchOf([[windowStoreKey('k', window * 1000), value]]).finish(), 1, window + 1);
    await file.settled();
  }
  await file.close();
  const { nextOffset, rows } = await tableOf(path);
  assert.equal(nextOffset, 100);
  assert.ok(rows.has(windowStoreKey('k', 99_000).toString('latin1')));
  assert.ok(!rows.has(windowStoreKey('k', 1000).toString('latin1')));
});

test('a snapshot that is not whole is not used', async () => {
  const path = join(dir, 'snapshot');
  const file = fileAt(path, () => 1);
  const filler = 'x'.repeat(100_000);
  for (let round = 0; round < 60; round++) {
    file.append(batchOf([['k', `${round}${filler}`]]).finish(), 1, round + 1);
    await file.settled();
    if (statSync(path).size < 1_000_000 && round > 20) break;
  }
  await file.close();
  const data = readFileSync(path);
  assert.ok(data.length < 1_000_000);
  data[200]! ^= 1;
  writeFileSync(path, data);
  assert.equal((await checkCheckpoint(path))?.nextOffset ?? -1, -1);
});
