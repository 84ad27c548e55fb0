import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setBaseOffset } from '@headwater/protocol';
import { TailCache } from './tail-cache.ts';
import { batchOf, recordsOf } from './testing/records.ts';
import type { MemoryLease } from './types.ts';

function batchAt(offset: number, sizeBytes: number): Buffer {
  const batch = batchOf(['x'.repeat(sizeBytes)]);
  setBaseOffset(batch, 0, offset);
  return batch;
}

function offsets(buffers: Buffer[] | null): number[] | null {
  return buffers === null ? null : recordsOf(buffers).map(({ offset }) => offset);
}

test('the oldest appends leave first, whoever made them', () => {
  const cache = new TailCache(100_000);
  const [a, b] = [cache.partition(), cache.partition()];
  for (let n = 0; n < 4; n++) {
    a.add(batchAt(n, 20_000), n, n + 1);
    b.add(batchAt(n, 20_000), n, n + 1);
    assert.ok(cache.usedBytes <= 100_000);
  }
  assert.deepEqual([a.startOffset, b.startOffset], [2, 2]);
  assert.equal(a.read(1, 9, 1_000_000, true), null);
  assert.deepEqual(offsets(a.read(2, 9, 1_000_000, true)), [2, 3]);
  assert.deepEqual([cache.hits, cache.misses], [1, 1]);
});

test('what was appended more than a minute ago leaves when memory is wanted, though there is room', () => {
  let nowMs = 0;
  const cache = new TailCache(400_000, () => nowMs);
  const [a, b] = [cache.partition(), cache.partition()];
  a.add(batchAt(0, 80_000), 0, 1);
  b.add(batchAt(0, 80_000), 0, 1);
  nowMs = 59_000;
  a.add(batchAt(1, 80_000), 1, 2);
  assert.deepEqual([a.startOffset, b.startOffset], [0, 0]);
  const usedBytes = cache.usedBytes;
  nowMs = 61_000;
  a.add(batchAt(2, 80_000), 2, 3);
  assert.deepEqual([a.startOffset, b.startOffset], [1, 0], 'the next was begun at 59 s: it is not that old yet');
  nowMs = 119_500;
  b.add(batchAt(1, 80_000), 1, 2);
  assert.deepEqual([a.startOffset, b.startOffset], [1, 1]);
  assert.ok(cache.usedBytes <= usedBytes);
  assert.deepEqual(offsets(a.read(1, 9, 1_000_000, true)), [1, 2]);
  assert.equal(b.read(0, 9, 1_000_000, true), null);
});

test('small neighbours become one buffer, without a buffer each', () => {
  const cache = new TailCache(1_000_000);
  const partition = cache.partition();
  for (let n = 0; n < 100; n++) partition.add(batchAt(n, 100), n, n + 1);
  const buffers = partition.read(0, 100, 1_000_000, true)!;
  assert.equal(buffers.length, 1);
  assert.equal(offsets(buffers)!.length, 100);
  assert.deepEqual(offsets(partition.read(42, 50, 1_000_000, true)), [42, 43, 44, 45, 46, 47, 48, 49]);
});

test('what was appended may be overwritten, and memory is used again when its readers are done', () => {
  const cache = new TailCache(80_000);
  const partition = cache.partition();
  const leases: MemoryLease[] = [];
  const memory = { take: Buffer.allocUnsafeSlow, hold: (lease: MemoryLease) => leases.push(lease) };
  const frame = Buffer.allocUnsafeSlow(20_000);
  const append = (offset: number): Buffer => {
    const batch = batchAt(offset, 15_000);
    batch.copy(frame);
    partition.add(frame.subarray(0, batch.length), offset, offset + 1);
    frame.fill(0xee);
    return batch;
  };
  const first = append(0);
  const read = partition.read(0, 1, 1_000_000, true, memory)![0]!;
  assert.ok(read.equals(first));
  const buffers = new Set<ArrayBufferLike>();
  for (let n = 1; n < 40; n++) {
    append(n);
    // Not done with the first one yet: nobody may write there.
    assert.ok(read.equals(first), `append ${n}`);
    const latest = partition.read(n, n + 1, 1_000_000, true, memory)![0]!;
    buffers.add(latest.buffer);
    leases.pop()!.release();
  }
  assert.ok(buffers.size <= 6, `${buffers.size} pieces of memory`);
  assert.equal(leases.length, 1);
  leases.pop()!.release();
});

test('no budget, no cache; a batch beyond the budget empties the partition’s share', () => {
  const none = new TailCache(0).partition();
  none.add(batchAt(0, 10), 0, 1);
  assert.equal(none.read(0, 1, 100, true), null);
  const cache = new TailCache(1000);
  const partition = cache.partition();
  partition.add(batchAt(0, 10), 0, 1);
  partition.add(batchAt(1, 5000), 1, 2);
  partition.add(batchAt(2, 10), 2, 3);
  assert.equal(partition.read(1, 3, 100, true), null);
  assert.deepEqual(offsets(partition.read(2, 3, 100, true)), [2]);
  partition.clear();
  assert.equal(partition.startOffset, Number.POSITIVE_INFINITY);
});

test('ten thousand appends to many partitions stay within the budget and agree with what was appended', () => {
  const cache = new TailCache(200_000);
  const partitions = Array.from({ length: 20 }, () => ({ cache: cache.partition(), next: 0 }));
  for (let n = 0; n < 10_000; n++) {
    const partition = partitions[(n * 7919) % 20]!;
    const sizeBytes = n % 97 === 0 ? 20_000 : n % 500;
    partition.cache.add(batchAt(partition.next, sizeBytes), partition.next, ++partition.next);
    assert.ok(cache.usedBytes <= 200_000);
  }
  for (const { cache: share, next } of partitions) {
    const start = share.startOffset;
    if (start === Number.POSITIVE_INFINITY) continue;
    assert.deepEqual(
      offsets(share.read(start, next, 10_000_000, true)),
      Array.from({ length: next - start }, (_, at) => start + at),
    );
  }
});
