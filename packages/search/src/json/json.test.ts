import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/memory-files.ts';
import { filterResponse } from './filter-path.ts';
import { JsonError } from './json-error.ts';
import { JsonScanner, tokenEnd } from './json-scanner.ts';
import { type Json, parseJson, RawNumber } from './json-value.ts';
import { JavaDouble, JavaFloat, javaDouble, javaFloat, RawJson, writeJson, writeJsonText } from './json-writer.ts';
import { filterSource } from './source-filter.ts';
import { canMatchBelow, matchesWildcard } from './wildcard.ts';

const parse = (text: string): Json => parseJson(Buffer.from(text));

/** Plain JavaScript values, to compare with what JSON.parse gives. */
function plain(value: Json): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof RawNumber ? Number(value.text) : value;
}

test('numbers of every size come back as they were written', () => {
  const text =
    '[0,-1,9007199254740993,-9223372036854775808,18446744073709551615,123456789012345678901234567890,0.10,1e5,-0]';
  assert.equal(writeJsonText(parseJson(Buffer.from(text), { exactNumbers: true })), text);
  assert.equal((parse('[9223372036854775807]') as Json[])[0], 9223372036854775807n);
});

test('keys are never confused with each other, whatever they are', () => {
  const object = parse('{"__proto__":1,"constructor":{"prototype":2},"toString":3,"":4}') as Map<string, Json>;
  assert.deepEqual([...object.keys()], ['__proto__', 'constructor', 'toString', '']);
  assert.equal(({} as { prototype?: unknown }).prototype, undefined);
});

/** JSON text, sometimes with a mistake in it. */
function randomText(random: () => number): string {
  const pick = (count: number): number => Math.floor(random() * count);
  const space = (): string => ['', '', ' ', '\n\t'][pick(4)]!;
  const scalars = [
    '1',
    '-0.5',
    '1E+3',
    'true',
    'false',
    'null',
    '"a"',
    '"\\u00e4\\n\\ud83d\\ude00"',
    '"é港🚀"',
    '""',
    '12345',
  ];
  const value = (depth: number): string => {
    const kind = depth > 4 ? 2 : pick(4);
    if (kind > 1) return scalars[pick(scalars.length)]!;
    const items = Array.from({ length: pick(4) }, (_, i) =>
      kind === 0 ? value(depth + 1) : `"k${i}"${space()}:${space()}${value(depth + 1)}`,
    ).join(`${space()},${space()}`);
    return kind === 0 ? `[${space()}${items}${space()}]` : `{${space()}${items}${space()}}`;
  };
  let text = space() + value(0) + space();
  if (pick(2) === 0) {
    const at = pick(text.length + 1);
    const junk = ['', ',', '}', ']', '{', '[', '"', ':', '\\', '0', 'x', '\u0001', '.', 'e', '-'][pick(15)]!;
    text = text.slice(0, at) + junk + text.slice(at + pick(3));
  }
  // As bytes can hold it: no half characters.
  return Buffer.from(text).toString();
}

test('accepts what JSON.parse accepts, and refuses what it refuses (random texts)', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  for (let i = 0; i < 8_000; i++) {
    const text = randomText(random);
    let expected: unknown;
    let isRefused = false;
    try {
      expected = JSON.parse(text) as unknown;
    } catch {
      isRefused = true;
    }
    const what = `SEED=${seed} ${JSON.stringify(text)}`;
    try {
      const found = plain(parse(text));
      assert.ok(!isRefused, `took ${what}`);
      assert.deepEqual(found, expected, what);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      // A key that is there twice is refused, as the imitated system does.
      if (!isRefused && !/Duplicate/.test(error.message)) assert.fail(`refused ${what}: ${error.message}`);
    }
  }
});

test('every way to cut a text short is refused', () => {
  const text = '{"a":[1,{"b":"\\u00e4x"},true,null,-1.5e3],"c":"é"}';
  const bytes = Buffer.from(text);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => parseJson(bytes.subarray(0, length)), JsonError, String(length));
  }
});

test('deep nesting, invalid UTF-8 and lone surrogates do no harm', () => {
  assert.throws(() => parse('['.repeat(100_000)), JsonError);
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc3, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
  ]) {
    try {
      parseJson(Buffer.from(bytes));
    } catch (error) {
      assert.ok(error instanceof JsonError);
    }
  }
  assert.equal(writeJsonText('\ud800'), '"\\ud800"');
});

test('an error says where', () => {
  assert.throws(
    () => parse('{\n  "a": 1,\n  "b": x\n}'),
    (error: JsonError) => error.line === 3 && error.column === 8,
  );
});

test('the scanner stops at the end of the value', () => {
  const scanner = new JsonScanner(Buffer.from(' [1] '));
  let count = 0;
  while (scanner.next() !== tokenEnd) count++;
  assert.equal(count, 3);
});

test('doubles and floats are printed as Java prints them', () => {
  const doubles: [number, string][] = [
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [1234567, '1234567.0'],
    [12345678, '1.2345678E7'],
    [1e21, '1.0E21'],
    [0.1 + 0.2, '0.30000000000000004'],
  ];
  for (const [value, text] of doubles) assert.equal(javaDouble(value), text);
  assert.equal(javaFloat(Math.fround(0.1)), '0.1');
  assert.equal(javaFloat(Math.fround(16777217)), '1.6777216E7');
  assert.equal(
    writeJsonText([new JavaDouble(2), new JavaFloat(Math.fround(1.1)), 2n ** 63n]),
    '[2.0,1.1,9223372036854775808]',
  );
});

test('writes pretty and plain, and puts in bytes as they are', () => {
  const value = { a: [], b: [1, { c: null }], d: {}, e: new RawJson(Buffer.from('{"x":1.0}')), f: undefined };
  assert.equal(writeJson(value).toString(), '{"a":[],"b":[1,{"c":null}],"d":{},"e":{"x":1.0}}');
  assert.equal(
    writeJson({ a: [], b: [1], d: {} }, true).toString(),
    '{\n  "a" : [ ],\n  "b" : [\n    1\n  ],\n  "d" : { }\n}\n',
  );
});

test('wildcards', () => {
  const cases: [string, string, boolean][] = [
    ['*', '', true],
    ['a*b', 'ab', true],
    ['a*b', 'axxb', true],
    ['a*b', 'axbx', false],
    ['*a*a*', 'banana', true],
    ['a', 'A', false],
    ['', 'a', false],
  ];
  for (const [pattern, text, expected] of cases)
    assert.equal(matchesWildcard(pattern, text), expected, `${pattern} ${text}`);
  assert.equal(matchesWildcard(`${'*a'.repeat(40)}b`, 'a'.repeat(5000)), false);
  assert.equal(canMatchBelow('a.b', 'a.'), true);
  assert.equal(canMatchBelow('a.b', 'b.'), false);
  assert.equal(canMatchBelow('*.b', 'x.'), true);
});

test('filters a source without touching what it keeps', () => {
  const bytes = Buffer.from('{"a":1.00,"b":{"c":"\\u0041","d":[{"e":1,"f":2},{"f":3}]},"g":12345678901234567890}');
  const filter = (includes: string[], excludes: string[] = []): string =>
    filterSource(bytes, { includes, excludes }).toString();
  assert.equal(filter(['a', 'g']), '{"a":1.00,"g":12345678901234567890}');
  assert.equal(filter(['b.c']), '{"b":{"c":"\\u0041"}}');
  assert.equal(filter(['b.d.f']), '{"b":{"d":[{"f":2},{"f":3}]}}');
  assert.equal(filter(['*'], ['b']), '{"a":1.00,"g":12345678901234567890}');
  assert.equal(filter([], ['b.d', 'g']), '{"a":1.00,"b":{"c":"\\u0041"}}');
  assert.equal(filter(['nope']), '{}');
});

test('filter_path takes parts of an answer, or leaves them out', () => {
  const answer = {
    took: 1,
    hits: { total: 2, hits: [{ _id: 'a', _source: new RawJson(Buffer.from('{"n":1,"m":{"n":2.0}}')) }, { _id: 'b' }] },
  };
  const filter = (path: string): string => writeJsonText(filterResponse(answer, path));
  assert.equal(filter('took'), '{"took":1}');
  assert.equal(filter('hits.hits._id'), '{"hits":{"hits":[{"_id":"a"},{"_id":"b"}]}}');
  assert.equal(filter('**.n'), '{"hits":{"hits":[{"_source":{"n":1,"m":{"n":2.0}}}]}}');
  assert.equal(filter('hits.*,-hits.hits'), '{"hits":{"total":2}}');
  assert.equal(filter('nothing'), '{}');
  assert.equal(filter('h*.total,t*'), '{"took":1,"hits":{"total":2}}');
});

test('many ** do not multiply', () => {
  let nested: unknown = 1;
  for (let i = 0; i < 300; i++) nested = { a: nested };
  const started = performance.now();
  filterResponse(nested, `${'**.'.repeat(12)}b`);
  assert.ok(performance.now() - started < 2000);
});
