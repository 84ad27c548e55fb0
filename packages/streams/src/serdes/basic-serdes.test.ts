import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bufferOf } from '../stores/bytes.ts';
import { serdes } from './index.ts';
import type { Serde } from './serde.ts';

test('what a serde writes in place is what it encodes', () => {
  const json = serdes.json<{ a: unknown }>({ fields: ['a'] });
  const cases: [Serde<never>, unknown[]][] = [
    [serdes.string as Serde<never>, ['', 'rain', 'Zürich', 'x'.repeat(500)]],
    [serdes.bytes as Serde<never>, [new Uint8Array(0), Buffer.from('rain')]],
    [serdes.long as Serde<never>, [0, -1, 2 ** 53 - 1, -(2 ** 40)]],
    [json as Serde<never>, [{ a: 'x' }, { a: 17.95 }, {}]],
  ];
  const target = Buffer.alloc(600);
  for (const [serde, values] of cases) {
    for (const value of values as never[]) {
      const expected = bufferOf(serde.encode(value, 'topic'));
      const end = serde.write!(value, target, 7, target.length, 'topic');
      assert.deepEqual(target.subarray(7, end), expected);
      if (expected.length > 0) assert.equal(serde.write!(value, target, 7, 6 + expected.length, 'topic'), -1);
    }
  }
  assert.throws(() => serdes.long.write!(0.5, target, 0, 100, 'topic'), RangeError);
  assert.throws(() => json.write!(null as never, target, 0, 100, 'topic'), TypeError);
});
