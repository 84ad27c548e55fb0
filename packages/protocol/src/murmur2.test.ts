import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, murmur2Partition } from './murmur2.ts';

test("has the values of Kafka's own test (UtilsTest.testMurmur2)", () => {
  const cases: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of cases) assert.equal(murmur2(Buffer.from(text)), hash, text);
  assert.equal(murmur2Partition(Buffer.from('foobar'), 12), (-790332482 & 0x7fffffff) % 12);
  for (const text of [...cases.map(([text]) => text), 'Zürich', 'x'.repeat(65), '']) {
    assert.equal(murmur2Partition(text, 997), murmur2Partition(Buffer.from(text), 997), text);
  }
});
