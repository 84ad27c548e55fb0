import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde } from './json-serde.ts';
import { interpreted, jsonShape } from './json-shape.ts';
import { parseJsonBytes } from './parse-json-bytes.ts';

const fields = ['a', 'b', 'name'] as const;
type Row = Record<(typeof fields)[number], unknown>;
const some = jsonSerde<Row>({ fields });

/**
 * As text of JSON.parse says it, with the fields alone. Keys that end with a backslash are read by our own parser: once JSON.parse of
 * Node 24 has met one, it reads others wrong.
 */
function expected(text: string): Row | null {
  try {
    const data = Buffer.from(text);
    const value = /\\\\"\s*:/.test(text) ? parseJsonBytes(data, 0, data.length) : JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const found = value as Record<string, unknown>;
    return Object.fromEntries(fields.map((field) => [field, found[field]])) as Row;
  } catch {
    return null;
  }
}

function read(text: string): Row | null {
  // Not at the beginning of its buffer, as in a batch.
  const data = Buffer.from(`"]}${text}"]},1`);
  try {
    return some.decode(data, 3, data.length - 5, 'topic');
  } catch {
    return null;
  }
}

let seed = Number(process.env.SEED ?? Date.now() & 0xffff_ffff);
function below(count: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * count);
}

function pick<T>(list: readonly T[]): T {
  return list[below(list.length)]!;
}

const numbers = [
  '0',
  '-0',
  '1',
  '12.5',
  '-3.25',
  '1e3',
  '2E-7',
  '123456789012345',
  '1234567890123456789',
  '0.1',
  '5e-324',
];
const texts = [
  '""',
  '"x"',
  '"Zürich"',
  '"😀"',
  '"a\\n"',
  '"\\u0041"',
  '"\\ud800"',
  `"${'long '.repeat(30)}"`,
  '"\\\\"',
];

function randomValue(depth: number): string {
  const kind = below(depth > 2 ? 4 : 6);
  const blank = () => pick(['', '', '', ' ', '\n\t']);
  if (kind === 0) return pick(numbers);
  if (kind === 1) return String((below(2_000_000) - 1_000_000) / 10 ** below(8));
  if (kind === 2) return pick(texts);
  if (kind === 3) return pick(['true', 'false', 'null']);
  const list = Array.from({ length: below(4) }, () => randomValue(depth + 1));
  if (kind === 4) return `[${blank()}${list.join(`${blank()},${blank()}`)}${blank()}]`;
  return randomObject(list, blank);
}

function randomObject(values: readonly string[], blank: () => string): string {
  const keys = ['a', 'b', 'c', 'name', 'names', 'Ä', '\\u0061', 'a\\"', ''];
  return `{${values.map((value) => `${blank()}"${pick(keys)}"${blank()}:${blank()}${value}${blank()}`).join(',')}}`;
}

test('fields read alone are those of the whole, also of texts that are cut off or spoilt', () => {
  const from = seed;
  for (let round = 0; round < 5_000; round++) {
    const values = Array.from({ length: below(6) }, () => randomValue(0));
    let text = randomObject(values, () => pick(['', '', ' ']));
    const spoil = below(4);
    if (spoil === 0) text = text.slice(0, below(text.length + 1));
    if (spoil === 1) {
      const at = below(text.length);
      text = text.slice(0, at) + pick(['"', '}', ',', '0', '\\', '\u0001', '-', 'x', ' ']) + text.slice(at + below(2));
    }
    // As it is in bytes: half a character becomes U+FFFD.
    assert.deepEqual(read(text), expected(String(Buffer.from(text))), `SEED=${from}: ${text}`);
  }
});

test('objects are written as JSON.stringify writes their fields, with made code and without', () => {
  const row = { name: 'say "hi"', b: [1, { c: null }], a: -0, c: 'left out' };
  const rows: Row[] = [
    row,
    {} as Row,
    { a: undefined, b: () => 1, name: undefined },
    { a: undefined, b: 1e21, name: '\ud800' },
    { a: Number.NaN, b: true, name: 'Zürich' },
  ];
  for (const shape of [jsonShape<Row>(fields), interpreted<Row>(fields)]) {
    for (const each of rows) {
      const expected = JSON.stringify({ a: each.a, b: each.b, name: each.name });
      assert.equal(shape.write(each), expected);
      const target = Buffer.alloc(200);
      assert.equal(target.toString('utf8', 3, shape.writeTo(each, target, 3, target.length)), expected);
      for (let limit = 0; limit < 3 + expected.length; limit++) assert.equal(shape.writeTo(each, target, 3, limit), -1);
    }
    assert.deepEqual(shape.make([1, undefined, 'x']), { a: 1, b: undefined, name: 'x' });
  }
  assert.throws(() => jsonSerde<{ a: number }>({ fields: ['a', 'a'] }), { code: 'HW_STREAMS_BAD_OPTION' });
  assert.throws(() => some.decode(Buffer.from('[1]'), 0, 3, 'topic'), TypeError);
});
