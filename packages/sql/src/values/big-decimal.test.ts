import assert from 'node:assert/strict';
import test from 'node:test';
import { Decimal } from '@headwater/serdes';
import { bigDecimalText, decimalText, fitDecimal, parseDecimal, wholePartOf } from './big-decimal.ts';

test('numbers have the text of a BigDecimal', () => {
  for (const [text, expected] of [
    ['1.0', '1.0'],
    ['1e3', '1E+3'],
    ['-12.5E2', '-1.25E+3'],
    ['-12.5E3', '-1.25E+4'],
    ['0.000001', '0.000001'],
    ['0.0000001', '1E-7'],
    ['0e0', '0'],
  ]) {
    assert.equal(bigDecimalText(text!), expected);
  }
  assert.equal(decimalText(Decimal.parse('0.0000000')), '0E-7');
  assert.equal(decimalText(Decimal.parse('-1.2345678')), '-1.2345678');
});

test('a decimal fits without rounding, or not at all', () => {
  assert.equal(String(fitDecimal(parseDecimal('1.500'), 3, 1)), '1.5');
  assert.equal(String(fitDecimal(parseDecimal('-99'), 4, 2)), '-99.00');
  assert.throws(
    () => fitDecimal(parseDecimal('100'), 4, 2),
    /must round to an absolute value less than 10\^2\. Got 100/,
  );
  assert.throws(() => fitDecimal(parseDecimal('1.55'), 3, 1), /Cannot fit decimal '1.55' into DECIMAL\(3, 1\)/);
});

test('the whole part goes towards zero', () => {
  assert.equal(wholePartOf('-1.99'), -1n);
  assert.equal(wholePartOf('1.5e3'), 1500n);
  assert.throws(() => wholePartOf('1e999999999'), RangeError);
});
