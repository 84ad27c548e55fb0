import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { stringSerde } from './basic-serdes.ts';
import { shortText } from './short-text.ts';
import { sessionWindowedSerde, timeWindowedSerde } from './windowed-serdes.ts';

const key = { key: 'schlüssel', window: { startMs: 1_700_000_000_000, endMs: 1_700_000_060_000 } };

test('windowed keys are written in place as they are encoded, where there is room', () => {
  for (const serde of [timeWindowedSerde(stringSerde, 60_000), sessionWindowedSerde(stringSerde)]) {
    const bytes = serde.encode(key, 't') as Buffer;
    const target = Buffer.alloc(100, 0xff);
    const end = serde.write!(key, target, 7, 100, 't');
    deepEqual(target.subarray(7, end), bytes);
    equal(serde.write!(key, target, 7, 7 + bytes.length - 1, 't'), -1);
    deepEqual(serde.decode(target, 7, end, 't'), key);
  }
});

test('short texts are those that Node makes', () => {
  const data = Buffer.from('abcdefghijklmnopqrstuvwxyz');
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let length = 0; length <= 20; length++) {
    equal(shortText(data, view, 3, 3 + length), data.toString('latin1', 3, 3 + length));
  }
});
