import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawHeaders } from '@headwater/protocol';
import { HeldHeaders } from './held-headers.ts';
import { RecordContext } from './record-context.ts';

/** One header as it stands in a batch: lengths are zigzag varints, all below 64. */
function raw(value: string): RawHeaders {
  const bytes = Buffer.concat([
    Buffer.from('??'),
    Buffer.from([2]),
    Buffer.from('h'),
    Buffer.from([2 * value.length]),
    Buffer.from(value),
  ]);
  return new RawHeaders(bytes, 2, bytes.length, 1);
}

test('held headers are those of the last update of each row, of whatever length, and none of what was before', () => {
  const record = new RecordContext();
  const held = new HeldHeaders<string>(record);
  let seed = 7;
  const next = (max: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % max;
  };
  for (let round = 0; round < 20; round += 1) {
    const newest = new Map<string, string | undefined>();
    for (let i = 0; i < 2_000; i += 1) {
      const row = `row ${next(100)}`;
      const value = next(10) === 0 ? undefined : `${i}`.padEnd(next(60), '.');
      const read = next(5) === 0;
      const headers = value === undefined ? null : raw(value);
      record.at('in', 0, i, 0, headers && { headersCount: 1, rawHeaders: () => headers });
      if (read) void record.headers;
      held.note(row);
      headers?.data.fill(0);
      newest.set(row, read && value !== undefined ? `${value} read` : value);
    }
    for (const [row, value] of newest) {
      held.restore(row);
      const texts = record.headers.map((header) => String(header.value));
      if (value?.endsWith(' read')) assert.equal(texts.length, 1);
      else assert.deepEqual(texts, value === undefined ? [] : [value], row);
    }
    held.clear();
    held.restore('row 1');
    assert.deepEqual(record.headers, []);
  }
});
