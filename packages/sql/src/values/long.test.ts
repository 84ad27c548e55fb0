import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLongs, compareLongs, divideLongs, longOf, multiplyLongs, remainderOfLongs, subtractLongs } from './long.ts';

const max = 9223372036854775807n;
const edges = [
  0n,
  1n,
  -1n,
  7n,
  -7n,
  2n ** 31n,
  2n ** 53n - 1n,
  2n ** 53n,
  1n - 2n ** 53n,
  -(2n ** 53n),
  max,
  -max - 1n,
];

test('arithmetic is that of 64-bit integers, and each value has one form', () => {
  for (const one of edges) {
    for (const other of edges) {
      const [a, b] = [longOf(one), longOf(other)];
      assert.equal(addLongs(a, b), longOf(one + other));
      assert.equal(subtractLongs(a, b), longOf(one - other));
      assert.equal(multiplyLongs(a, b), longOf(one * other));
      assert.equal(compareLongs(a, b), one < other ? -1 : one > other ? 1 : 0);
      if (other === 0n) {
        assert.throws(() => divideLongs(a, b), RangeError);
        assert.throws(() => remainderOfLongs(a, b), RangeError);
      } else {
        assert.equal(divideLongs(a, b), longOf(one / other));
        assert.equal(remainderOfLongs(a, b), longOf(one % other));
      }
    }
  }
});

test('there is no negative zero', () => {
  for (const zero of [multiplyLongs(-1, 0), divideLongs(-1, 2), remainderOfLongs(-4, 2)]) assert.ok(Object.is(zero, 0));
});
