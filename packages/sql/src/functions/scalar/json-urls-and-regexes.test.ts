import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, mapType, sqlTypes, structType } from '../../types/sql-type.ts';
import { call, type Given, of } from '../testing/call-function.ts';

const { text, int, double, decimal } = of;
const { string, integer } = sqlTypes;
const doc = '{"a": [{"b c": 1.50, "d": null}, "x"], "e": {"f": 12345678901234567890}, "g": 1e2}';
const url = 'http://me@shop.example.org:8080/a%20b/c?x=1&y&z=a%26b=c#top';

const cases: [name: string, given: Given[], expected: unknown][] = [
  ['EXTRACTJSONFIELD', [text(doc), text('$.a[0]["b c"]')], '1.50'],
  ['EXTRACTJSONFIELD', [text(doc), text('$.a[0].d')], 'null'],
  ['EXTRACTJSONFIELD', [text(doc), text('$.a[1]')], 'x'],
  ['EXTRACTJSONFIELD', [text(doc), text('$.a[2]')], null],
  ['EXTRACTJSONFIELD', [text(doc), text('$.e')], '{"f":12345678901234567890}'],
  ['EXTRACTJSONFIELD', [text(doc), text('$.g')], '1E+2'],
  ['EXTRACTJSONFIELD', [text(doc), text('a')], null],
  ['EXTRACTJSONFIELD', [text('{'), text('$.a')], null],
  ['IS_JSON_STRING', [text('[1, 2]')], true],
  ['IS_JSON_STRING', [text('')], false],
  ['IS_JSON_STRING', [text(null)], false],
  ['JSON_ARRAY_CONTAINS', [text('[1, 2.0, "x", null, true]'), int(1)], true],
  ['JSON_ARRAY_CONTAINS', [text('[1, 2.0, "x", null, true]'), int(2)], false],
  ['JSON_ARRAY_CONTAINS', [text('[1, 2.0, "x", null, true]'), double(2)], true],
  ['JSON_ARRAY_CONTAINS', [text('[1, 2.0, "x", null, true]'), decimal('2.00')], true],
  ['JSON_ARRAY_CONTAINS', [text('[1, 2.0, "x", null, true]'), of.nothing], true],
  ['JSON_ARRAY_CONTAINS', [text('[1, null]'), of.big(null)], true],
  ['JSON_ARRAY_CONTAINS', [text('[['), text('x')], false],
  ['JSON_ARRAY_LENGTH', [text('[1, [2, 3]]')], 2],
  ['JSON_ARRAY_LENGTH', [text('{}')], null],
  ['JSON_CONCAT', [text('{"a": {"b": 1}}'), text('{"a": 2, "c": 3}')], '{"a":2,"c":3}'],
  ['JSON_CONCAT', [text('[1]'), text('{"a": 2}'), text('"x"')], '[1,{"a":2},"x"]'],
  ['JSON_CONCAT', [text('1'), text(null)], null],
  ['JSON_CONCAT', [text('1e2'), text('2.50')], '[100,2.50]'],
  ['JSON_ITEMS', [text('[{"a": 1}, {"b": [2]}]')], ['{"a":1}', '{"b":[2]}']],
  ['JSON_ITEMS', [text('[1, "a", null]')], ['1', '"a"', 'null']],
  ['JSON_ITEMS', [text('{"a": 1}')], null],
  ['JSON_KEYS', [text('{"b": 1, "a": 2}')], ['b', 'a']],
  ['JSON_KEYS', [text('[]')], null],
  [
    'JSON_RECORDS',
    [text('{"b": "x", "a": [1, 2]}')],
    new Map([
      ['b', 'x'],
      ['a', '[1,2]'],
    ]),
  ],
  ['TO_JSON_STRING', [of.array(string, ['a"', null])], '["a\\"",null]'],
  ['TO_JSON_STRING', [double(1e10)], '1.0E10'],
  ['TO_JSON_STRING', [decimal('0.0000001')], '0.0000001'],
  ['TO_JSON_STRING', [of.timestamp(0)], '"1970-01-01T00:00:00.000"'],
  ['TO_JSON_STRING', [of.nothing], 'null'],
  [
    'TO_JSON_STRING',
    [
      {
        type: structType([
          { name: 'B', type: mapType(string, integer) },
          { name: 'A', type: arrayType(integer) },
        ]),
        value: [
          new Map([
            ['y', 1],
            ['x', null],
          ]),
          [1],
        ],
      },
    ],
    '{"A":[1],"B":{"x":null,"y":1}}',
  ],
  ['URL_ENCODE_PARAM', [text("a b&ü~!*'()-._")], 'a+b%26%C3%BC%7E%21*%27%28%29-._'],
  ['URL_DECODE_PARAM', [text('a+b%26%C3%BC')], 'a b&ü'],
  ['URL_DECODE_PARAM', [text('100%')], null],
  ['URL_EXTRACT_HOST', [text(url)], 'shop.example.org'],
  ['URL_EXTRACT_HOST', [text('http://a_b.org/')], null],
  ['URL_EXTRACT_HOST', [text('http://[::1]:80/')], '[::1]'],
  ['URL_EXTRACT_HOST', [text('http://10.0.0.1/')], '10.0.0.1'],
  ['URL_EXTRACT_PORT', [text(url)], 8080],
  ['URL_EXTRACT_PORT', [text('http://a.org/')], null],
  ['URL_EXTRACT_PATH', [text(url)], '/a b/c'],
  ['URL_EXTRACT_PATH', [text('http://a.org')], ''],
  ['URL_EXTRACT_PATH', [text('mailto:me@a.org')], null],
  ['URL_EXTRACT_PROTOCOL', [text('www.a.org/b')], null],
  ['URL_EXTRACT_QUERY', [text(url)], 'x=1&y&z=a&b=c'],
  ['URL_EXTRACT_PARAMETER', [text(url), text('y')], ''],
  ['URL_EXTRACT_PARAMETER', [text(url), text('q')], null],
  ['URL_EXTRACT_FRAGMENT', [text(url)], 'top'],
  ['URL_EXTRACT_FRAGMENT', [text('http://a.org/b c')], null],
  ['REGEXP_EXTRACT', [text('(o)(.)'), text('stone, road'), int(2)], 'n'],
  ['REGEXP_EXTRACT', [text('(o)(.)'), text('stone'), int(3)], null],
  ['REGEXP_EXTRACT', [text('x'), text('stone')], null],
  ['REGEXP_EXTRACT', [text('(?=x)'), text('stone')], null],
  ['REGEXP_EXTRACT_ALL', [text('o.'), text('stone, road')], ['on', 'oa']],
  ['REGEXP_EXTRACT_ALL', [text('(a)|(b)'), text('ab'), int(1)], ['a', null]],
  ['REGEXP_REPLACE', [text('2024-05'), text('([0-9]+)-([0-9]+)'), text('$2/$1')], '05/2024'],
  ['REGEXP_SPLIT_TO_ARRAY', [text('a1b22c3'), text('[0-9]+')], ['a', 'b', 'c', '']],
  ['REGEXP_SPLIT_TO_ARRAY', [text('abc'), text('')], ['a', 'b', 'c']],
  ['REGEXP_SPLIT_TO_ARRAY', [text('a1b'), text('[0-9]*')], ['a', '', 'b']],
];

for (const [name, given, expected] of cases) {
  test(`${name}(${given.map((each) => ('value' in each ? String(each.value) : '')).join(' ; ')})`, () => {
    assert.deepEqual(call(name, ...given), expected);
  });
}
