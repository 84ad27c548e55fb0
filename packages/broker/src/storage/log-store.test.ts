import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecords, encodeBatch, iterateBatches } from '@headwater/protocol';
import { memoryFiles } from './files/memory-files.ts';
import { openLogStore } from './log-store.ts';

function batch(values: string[], options: Parameters<typeof encodeBatch>[0] | object = {}): Buffer {
  return encodeBatch({ timestamp: Date.now(), ...options, records: values.map((value) => ({ key: 'k', value })) });
}

async function values(read: Promise<Buffer[]> | Buffer[]): Promise<string[]> {
  const found: string[] = [];
  for (const buffer of await read) {
    for (const { offset } of iterateBatches(buffer)) {
      for (const record of decodeRecords(buffer, offset)) found.push(`${record.offset}:${record.value}`);
    }
  }
  return found;
}

test('records are appended, read, and found again after a restart', async () => {
  const files = memoryFiles();
  const store = await openLogStore({ files, dir: '/data' });
  store.createTopic({ name: 'orders', partitions: 2 });
  const log = store.partition('orders', 0)!;
  assert.deepEqual(await values(log.read(0, 1000, true)), []);
  const result = log.append(batch(['a', 'b']));
  assert.deepEqual([result.baseOffset, result.lastOffset, result.duplicate], [0, 1, false]);
  log.append(batch(['c']));
  assert.equal(log.highWatermark, 3);
  assert.deepEqual(await values(log.read(0, 1000, true)), ['0:a', '1:b', '2:c']);
  assert.deepEqual(await values(log.read(1, 1000, true)), ['0:a', '1:b', '2:c']);
  assert.deepEqual(await values(log.read(2, 1, true)), ['2:c']);
  assert.throws(() => log.read(4, 1, true), { kafkaError: 'OFFSET_OUT_OF_RANGE' });
  await store.close();
  await store.close();

  const again = await openLogStore({ files, dir: '/data' });
  assert.equal(again.recovery.isClean, true);
  const log2 = again.partition('orders', 0)!;
  assert.equal(log2.highWatermark, 3);
  assert.deepEqual(await values(log2.read(0, 1000, true)), ['0:a', '1:b', '2:c']);
  await again.close();
});
