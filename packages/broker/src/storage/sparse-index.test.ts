import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilePool } from './files/file-pool.ts';
import { memoryFiles } from './files/memory-files.ts';
import { SparseIndex } from './sparse-index.ts';

function newIndex(keyBytes: 4 | 8) {
  const pool = new FilePool(memoryFiles(), 4);
  const open = () => new SparseIndex(pool.file('/index'), keyBytes);
  return { index: open(), reopen: open };
}

for (const keyBytes of [4, 8] as const) {
  test(`floor finds entries in memory, on disk and over the seam (${keyBytes}-byte keys)`, () => {
    const { index } = newIndex(keyBytes);
    for (let entry = 1; entry <= 100; entry++) {
      index.add(entry * 10, entry * 100);
      if (entry === 60) index.write();
    }
    assert.equal(index.floor(9), null);
    for (const key of [10, 19, 599, 600, 605, 609, 610, 1000, 99999]) {
      const expected = Math.min(100, Math.floor(key / 10));
      assert.deepEqual(index.floor(key), { key: expected * 10, value: expected * 100 });
    }
  });

  test(`what was written is found again (${keyBytes}-byte keys)`, () => {
    const { index, reopen } = newIndex(keyBytes);
    for (let entry = 0; entry < 10; entry++) index.add(entry, entry);
    index.write();
    const again = reopen();
    assert.equal(again.load(), true);
    assert.equal(again.count, 10);
    assert.deepEqual(again.last, { key: 9, value: 9 });
  });

  test(`keepBelow cuts memory and disk, and the next write shortens the file (${keyBytes}-byte keys)`, () => {
    const { index, reopen } = newIndex(keyBytes);
    for (let entry = 0; entry < 10; entry++) index.add(entry * 2, entry * 3);
    index.write();
    index.add(30, 40);
    index.keepBelow('value', 12);
    assert.deepEqual(index.last, { key: 6, value: 9 });
    index.add(7, 50);
    index.write();
    const again = reopen();
    again.load();
    assert.equal(again.count, 5);
    assert.deepEqual(again.floor(100), { key: 7, value: 50 });
    again.keepBelow('key', 0);
    assert.equal(again.last, null);
  });
}

test('times before 1970 and beyond 32 bits keep their value', () => {
  const { index, reopen } = newIndex(8);
  const times = [-5_000_000_000, -1, 0, 4_294_967_296, 1_700_000_000_123];
  for (const [at, time] of times.entries()) index.add(time, at);
  index.write();
  const again = reopen();
  again.load();
  for (const [at, time] of times.entries()) assert.deepEqual(again.floor(time), { key: time, value: at });
});

test('a file that is no multiple of the entry size is not taken for an index', () => {
  const { index, reopen } = newIndex(4);
  index.add(1, 1);
  index.write();
  index.file.writeSync(Buffer.from([1, 2, 3]), 8);
  assert.equal(reopen().load(), false);
});
