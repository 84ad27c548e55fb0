import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serdes } from '../serdes/index.ts';
import { KeyIds } from './key-ids.ts';
import { WindowSegment } from './window-segment.ts';

test('a segment finds the slots of ids in whatever order and number they came', () => {
  const segment = new WindowSegment<string>(0);
  const ids = Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 65_537);
  for (const [slot, id] of ids.entries()) {
    assert.equal(segment.slotOf(id), -1);
    assert.equal(segment.addSlot(id, id / 2), slot);
  }
  for (const [slot, id] of ids.entries()) {
    assert.equal(segment.slotOf(id), slot);
    assert.equal(segment.idOf(slot), id);
    assert.equal(segment.timestamps[slot], id / 2);
  }
  assert.equal(segment.slotOf(65_537), -1);
  assert.equal(segment.count, 5_000);
});

test('an id goes to another key once no row has it', () => {
  const ids = new KeyIds<string>(serdes.string, 'topic');
  const rain = ids.findOrGive('rain');
  const sun = ids.findOrGive('sun');
  ids.hold(rain);
  ids.hold(rain);
  ids.hold(sun);
  ids.release(rain);
  assert.equal(ids.find('rain'), rain);
  ids.release(rain);
  assert.equal(ids.find('rain'), -1);
  assert.equal(ids.findOrGive('snow'), rain);
  assert.equal(ids.keyOf(rain), 'snow');
  assert.equal(ids.find('rain'), -1);
  assert.equal(ids.find('sun'), sun);
});

test('keys that are objects are told apart by their bytes, whatever became of them', () => {
  const ids = new KeyIds<{ a: number }>(serdes.json<{ a: number }>({ fields: ['a'] }), 'topic');
  const key = { a: 1 };
  const first = ids.findOrGive(key);
  assert.equal(ids.find({ a: 1 }), first);
  const other = { a: 2 };
  assert.equal(ids.find(other), -1);
  other.a = 1;
  assert.equal(ids.find(other), first);
});
