import assert from 'node:assert/strict';
import test from 'node:test';
import { doubleText, parseDouble } from './double-text.ts';

test('doubles are written as Java writes them', () => {
  const texts: [number, string][] = [
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-12.5, '-12.5'],
    [0.001, '0.001'],
    [0.00099, '9.9E-4'],
    [9_999_999, '9999999.0'],
    [1e7, '1.0E7'],
    [-1.25e10, '-1.25E10'],
    [5e-324, '4.9E-324'],
    [1e23, '1.0E23'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ];
  for (const [value, text] of texts) assert.equal(doubleText(value), text);
});

test('doubles are read as Java reads them', () => {
  for (const [text, value] of [
    [' 1.5 ', 1.5],
    ['1d', 1],
    ['.5', 0.5],
    ['5.', 5],
    ['+2e3', 2000],
    ['-Infinity', -Infinity],
    ['NaN', NaN],
    ['-infinity', -Infinity],
  ] as const) {
    assert.equal(parseDouble(text), value);
  }
  for (const text of ['', 'one', '0x', '1,5', 'e3', '1 2']) assert.equal(parseDouble(text), undefined);
});
