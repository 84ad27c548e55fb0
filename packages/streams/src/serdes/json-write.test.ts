import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeNumber, writeText, writeUtf8 } from './json-write.ts';

let seed = Number(process.env.SEED ?? Date.now() & 0xffff_ffff);
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}

const target = Buffer.alloc(1_000);

test('numbers are written as JSON.stringify writes them', () => {
  const from = seed;
  const check = (value: number) => {
    const end = writeNumber(value, target, 3, target.length);
    assert.equal(target.toString('latin1', 3, end), JSON.stringify(value), `SEED=${from}`);
  };
  const some = [
    0,
    -0,
    1,
    -1,
    9,
    10,
    999_999_999,
    1e9,
    1e9 + 1,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e15,
    1e15 + 2,
    1e21,
    1e22,
    1e-7,
  ];
  const others = [
    0.1, 0.001, 0.0001, 1.005, 520.416, 17.95, 123_456_789_012.345, 99_999_999_999.999, 5e-324, 1.7e308, 4.35,
  ];
  for (const value of [...some, ...others]) for (const each of [value, -value]) check(each);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) check(value);
  for (let round = 0; round < 20_000; round++) {
    check(Math.floor(random() * 10 ** Math.floor(random() * 18)));
    check(Math.round(random() * 10 ** Math.floor(random() * 12)) / 10 ** Math.floor(random() * 5));
    check((Math.round(random() * 100_000) / 100) * 1.2);
    check((random() - 0.5) * 10 ** Math.floor(random() * 40 - 20));
  }
});

test('texts are written as JSON.stringify writes them, or in UTF-8', () => {
  const texts = [
    '',
    'plain',
    'a"b',
    'a\\b',
    '\u0000\u001f\n',
    'Zürich',
    '東京',
    '\u{1f600}',
    '\ud800',
    '\u007f',
    'x'.repeat(100),
  ];
  for (const text of texts) {
    assert.equal(target.toString('utf8', 3, writeText(text, target, 3, target.length)), JSON.stringify(text));
    assert.deepEqual(target.subarray(3, writeUtf8(text, target, 3, target.length)), Buffer.from(text));
  }
});

test('nothing is written beyond the limit', () => {
  const text = 'Zürich 東京';
  const quoted = Buffer.byteLength(JSON.stringify(text));
  for (let limit = 0; limit < quoted; limit++) assert.equal(writeText(text, target, 0, limit), -1);
  assert.equal(writeText(text, target, 0, quoted), quoted);
  assert.equal(writeUtf8(text, target, 0, quoted - 3), -1);
  assert.equal(writeText('plain', target, 0, 6), -1);
  assert.equal(writeText('plain', target, 0, 7), 7);
  assert.equal(writeNumber(1, target, 990, 1_000), -1);
});
