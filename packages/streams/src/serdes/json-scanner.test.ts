import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonScanner } from './json-scanner.ts';

const textOf = (data: Buffer, start: number, end: number) => data.toString('utf8', start, end);

/** As in a batch: not at the beginning of its buffer. */
function scan(scanner: ReturnType<typeof jsonScanner>, text: string): unknown[] {
  const data = Buffer.from(`"]}${text}"]},1`);
  return [...scanner.scan(data, 3, data.length - 5)];
}

test('fields come by position, whatever their order in the text, the blanks around them and what is missing', () => {
  const scanner = jsonScanner(['a', 'b', 'c']);
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(scan(scanner, '{"a":1,"b":"x","c":null}'), [1, 'x', null]);
    assert.deepEqual(scan(scanner, '{ "a" : 1 ,\n"b": "x", "c":\ttrue }'), [1, 'x', true]);
    assert.deepEqual(scan(scanner, '{"c":false,"zz":{"a":[2]},"a":-0.5}'), [-0.5, undefined, false]);
    assert.deepEqual(scan(scanner, '{"b":{"k":[1,2]},"a":[]}'), [[], { k: [1, 2] }, undefined]);
    assert.deepEqual(scan(scanner, '{}'), [undefined, undefined, undefined]);
    assert.deepEqual(scan(scanner, '{"a":1,"a":2}'), [2, undefined, undefined]);
    assert.deepEqual(scan(scanner, '{"A":1,"\\u0061":"\\u00e9\\n"}'), ['é\n', undefined, undefined]);
  }
});

test('names can be found whatever their case', () => {
  const scanner = jsonScanner(['USER_ID', 'Name'], { isCaseIgnored: true });
  for (const key of ['user_id', 'USER_ID', 'User_Id', '\\u0075ser_id']) {
    assert.deepEqual(scan(scanner, `{"${key}":7,"NAME":"x"}`), [7, 'x']);
  }
  assert.throws(() => jsonScanner(['a', 'A'], { isCaseIgnored: true }), { code: 'HW_STREAMS_BAD_OPTION' });
  assert.throws(() => jsonScanner(['a', 'a']), { code: 'HW_STREAMS_BAD_OPTION' });
});

test('numbers are the nearest doubles, or what is made of their digits', () => {
  const numbers = [
    '0',
    '-0',
    '12.50',
    '1e3',
    '0.1',
    '123456789012345678901',
    '1.7976931348623157e308',
    '5e-324',
    '4.35',
  ];
  const scanner = jsonScanner(['a', { name: 'b', readNumber: textOf }]);
  for (const number of numbers) {
    assert.deepEqual(scan(scanner, `{"a":${number},"b":${number}}`), [JSON.parse(number), number]);
  }
  assert.deepEqual(scan(scanner, '{"b":"12.50","a":"1"}'), ['1', '12.50']);
  for (const bad of ['01', '1.', '.5', '+1', '1e', '--1', 'NaN', '1x']) {
    assert.throws(() => scan(scanner, `{"a":${bad}}`), SyntaxError, bad);
    assert.throws(() => scan(scanner, `{"b":${bad}}`), SyntaxError, bad);
    assert.throws(() => scan(scanner, `{"c":${bad}}`), SyntaxError, bad);
  }
});

test('nested values can be had as their text', () => {
  const scanner = jsonScanner([{ name: 'a', readNested: textOf }]);
  assert.deepEqual(scan(scanner, '{"a": {"b" : [1.0, "}"]} }'), ['{"b" : [1.0, "}"]}']);
});

test('texts of many kinds are what JSON.parse makes of them', () => {
  const scanner = jsonScanner(['a']);
  const texts = Array.from({ length: 80 }, (_, length) => 'x'.repeat(length));
  texts.push('Zürich', '東京東京東京東京', '\u{1f600}', '"\\/\b\f\n\r\t', '\ud800', 'abc\u007f', 'abcé', 'abcd\u0080');
  for (let round = 0; round < 4; round++) {
    for (const text of texts) assert.deepEqual(scan(scanner, JSON.stringify({ b: text, a: text })), [text]);
  }
  for (const bad of ['"\u0001"', '"abc\u001f"', '"a\\x"', '"\\u12g4"', '"abc']) {
    assert.throws(() => scan(scanner, `{"a":${bad}}`), SyntaxError, bad);
    assert.throws(() => scan(scanner, `{"b":${bad}}`), SyntaxError, bad);
  }
});

test('what is no object, or nested too deep, is refused', () => {
  const scanner = jsonScanner(['a']);
  for (const text of ['[1]', '"a"', '1', 'null']) assert.throws(() => scan(scanner, text), TypeError, text);
  for (const text of ['', ' ', '{', '{"a":1', '{"a":1}}', '{"a":1,}', '{"a" 1}', '{a:1}', '{"a":1 "b":2}']) {
    assert.throws(() => scan(scanner, text), SyntaxError, text);
  }
  const nested = (levels: number) => `{"b":${'['.repeat(levels)}${']'.repeat(levels)},"a":1}`;
  assert.deepEqual(scan(scanner, nested(999)), [1]);
  assert.throws(() => scan(scanner, nested(1_001)), SyntaxError);
});
