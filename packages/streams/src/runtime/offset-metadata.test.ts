import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.ts';

const none = { partitionTimeMs: -1, times: new Map() };

test('times are kept beside an offset as by Kafka Streams', () => {
  const times = new Map([['counts', 1_700_000_000_123]]);
  // Of TopicPartitionMetadata.encode(), 4.3.1.
  assert.equal(encodeOffsetMetadata({ partitionTimeMs: 1_700_000_000_456, times: new Map() }), 'AgAAAYvP5WnI');
  assert.equal(
    encodeOffsetMetadata({ partitionTimeMs: 1_700_000_000_456, times }),
    'AgAAAYvP5WnIAAAAAQAAAAZjb3VudHMAAAGLz+Voew==',
  );
  const read = decodeOffsetMetadata('AgAAAYvP5WnIAAAAAQAAAAZjb3VudHMAAAGLz+Voew==');
  assert.deepEqual(read, { partitionTimeMs: 1_700_000_000_456, times });
  assert.deepEqual(decodeOffsetMetadata('AQAAAYvP5WnI'), { partitionTimeMs: 1_700_000_000_456, times: new Map() });
});

test('what is not in that form says nothing, and what is too long is left out', () => {
  for (const text of [null, '', 'x', 'some other client', 'A'.repeat(200)]) {
    assert.deepEqual(decodeOffsetMetadata(text), none, String(text));
  }
  assert.equal(encodeOffsetMetadata(none), '');
  const cutOff = decodeOffsetMetadata(Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9, 1]).toString('base64'));
  assert.deepEqual(cutOff, { partitionTimeMs: 7, times: new Map() });
  const times = new Map(Array.from({ length: 200 }, (_, index) => [`a rather long name ${index}`, index]));
  assert.deepEqual(decodeOffsetMetadata(encodeOffsetMetadata({ partitionTimeMs: 5, times })).times, new Map());
});
