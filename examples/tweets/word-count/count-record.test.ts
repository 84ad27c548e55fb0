import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutRecord } from '../common/kafka.ts';
import type { InRecord } from '../common/topic-reader.ts';
import { fromRecord, toRecord } from './count-record.ts';

const update = {
  word: 'größe',
  count: 12,
  counted: new Map([
    [0, 4_000_000_000],
    [2, 7],
  ]),
};

function received(record: OutRecord): InRecord {
  const headers = [...(record.headers as Map<Buffer, Buffer>)];
  return { partition: 0, offset: 0, timestamp: 0, key: record.key!, value: record.value!, headers };
}

test('a count is written as the contract has it, and read back', () => {
  const record = toRecord(update, 'counts', 'topic-1', 1_800_000_000_000);
  assert.equal(record.topic, 'counts');
  assert.equal(record.key!.toString(), 'größe');
  assert.equal(record.value!.toString(), '{"word":"größe","wordCount":12,"createdAt":1800000000000}');
  assert.deepEqual(fromRecord(received(record), 'topic-1'), update);
});

test('offsets of a source topic that was deleted and created anew do not hold', () => {
  const record = received(toRecord(update, 'counts', 'topic-1', 0));
  assert.deepEqual(fromRecord(record, 'topic-2'), { ...update, counted: new Map() });
});

test('counts of another writer are taken, what is no count is not', () => {
  const record = received(toRecord(update, 'counts', 'topic-1', 0));
  assert.deepEqual(fromRecord({ ...record, headers: [] }, 'topic-1'), { ...update, counted: new Map() });
  for (const value of ['', 'null', '7', '{"wordCount":-1}', '{"wordCount":"7"}', '{"wordCount":1.5}']) {
    assert.equal(fromRecord({ ...record, value: Buffer.from(value) }, 'topic-1'), undefined, value);
  }
  assert.equal(fromRecord({ ...record, value: null }, 'topic-1'), undefined);
  assert.equal(fromRecord({ ...record, key: null }, 'topic-1'), undefined);
});
