import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfBase64, hexRows } from './hex.ts';
import { JsonSyntaxError, nodeAt, parseJson, textOf, tryParseJson } from './parse.ts';
import { prettyLines, prettyText } from './pretty.ts';

test('64-bit integers, exponents and trailing zeros stay as they were written', () => {
  const text = '{"id":9223372036854775807,"price":1.00,"huge":1e400,"minus":-0}';
  const pretty = prettyText(text, parseJson(text));
  assert.equal(pretty, '{\n  "id": 9223372036854775807,\n  "price": 1.00,\n  "huge": 1e400,\n  "minus": -0\n}');
});

test('lines carry depth and token kinds', () => {
  const text = '{"a":[1,true],"b":{},"c":[]}';
  const { lines } = prettyLines(text, parseJson(text));
  assert.deepEqual(
    lines.map((line) => [line.depth, line.tokens.map((token) => `${token.kind[0]}:${token.text}`).join(' ')]),
    [
      [0, 'p:{'],
      [1, 'k:"a" p:: ' + ' p:['],
      [2, 'n:1 p:,'],
      [2, 'l:true'],
      [1, 'p:] p:,'],
      [1, 'k:"b" p:: ' + ' p:{} p:,'],
      [1, 'k:"c" p:: ' + ' p:[]'],
      [0, 'p:}'],
    ],
  );
});

test('long documents are cut at a line and say how many are left out', () => {
  const text = JSON.stringify(Array.from({ length: 100 }, (_, index) => index));
  const { lines, linesLeftOut } = prettyLines(text, parseJson(text), 10);
  assert.equal(lines.length, 10);
  assert.equal(linesLeftOut, 92);
});

test('errors say line, column and what was expected', () => {
  const cases: [string, string][] = [
    ['{"a":1,}', 'Line 1, column 8: expected a property name in double quotes, found "}".'],
    ['{\n  "a": nope\n}', 'Line 2, column 8: expected a value, found "n".'],
    ['[1 2]', 'Line 1, column 4: expected "," or "]", found "2".'],
    ['{"a"', 'Line 1, column 5: expected ":", found the end.'],
    ['1 1', 'Line 1, column 3: expected nothing more, found "1".'],
    ['', 'Line 1, column 1: expected a value, found the end.'],
    ['"a\nb"', 'Line 1, column 1: expected a closed string without raw control characters, found "\\"".'],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseJson(text),
      (error) => error instanceof JsonSyntaxError && error.message === message,
      text,
    );
  }
});

test('agrees with the platform on what is JSON', () => {
  const texts = [
    '0',
    '-1.5e+3',
    '01',
    '1.',
    '.5',
    'true',
    'tru',
    '"\\u00e9"',
    '"\\x"',
    '[]',
    '[,]',
    '{"a":{"b":[null]}}',
    "{'a':1}",
    ' [1] ',
  ];
  for (const text of texts) {
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    assert.equal(tryParseJson(text) !== null, valid, text);
  }
});

test('nesting is bounded', () => {
  assert.equal(tryParseJson('['.repeat(10_000)), null);
  assert.notEqual(tryParseJson('['.repeat(400) + ']'.repeat(400)), null);
});

test('a string of ten megabytes', () => {
  const text = JSON.stringify({ value: 'é"'.repeat(5_000_000) });
  assert.equal(parseJson(text).end, text.length);
});

test('a path leads to a slice of the text', () => {
  const text = '{"hits":{"hits":[{"_id":"1","_source":{"id":592089033144795136}}]}}';
  const root = parseJson(text);
  assert.equal(textOf(text, nodeAt(text, root, ['hits', 'hits', 0, '_source'])), '{"id":592089033144795136}');
  assert.equal(textOf(text, nodeAt(text, root, ['hits', 'hits', 0, '_id'])), '1');
  assert.equal(nodeAt(text, root, ['hits', 'nope']), undefined);
});

test('hex dump', () => {
  const rows = hexRows(new TextEncoder().encode('0123456789abcdef\u0001é'));
  assert.deepEqual(rows, [
    { offset: '00000000', hex: '30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66', text: '0123456789abcdef' },
    { offset: '00000010', hex: '01 c3 a9'.padEnd(48), text: '···' },
  ]);
  assert.deepEqual(hexRows(Uint8Array.of(1, 2, 3), { bytesPerRow: 2, rowsMax: 1 }), [
    { offset: '00000000', hex: '01 02', text: '··' },
  ]);
  assert.deepEqual([...bytesOfBase64('AP8=')], [0, 255]);
});
