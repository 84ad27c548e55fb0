import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { compareDecimals, decimalOfDouble, divideDecimals, fitDecimal, rescale } from './decimal-arithmetic.ts';

const decimal = Decimal.parse;

test('decimals are rounded half up, away from zero', () => {
  assert.equal(rescale(decimal('2.5'), 0).toString(), '3');
  assert.equal(rescale(decimal('-2.5'), 0).toString(), '-3');
  assert.equal(rescale(decimal('-2.45'), 1).toString(), '-2.5');
  assert.equal(rescale(decimal('-2.1'), 0, 'FLOOR').toString(), '-3');
  assert.equal(rescale(decimal('-2.9'), 0, 'CEILING').toString(), '-2');
  assert.equal(divideDecimals(decimal('1'), decimal('3'), 6).toString(), '0.333333');
  assert.equal(divideDecimals(decimal('-2'), decimal('0.03'), 2).toString(), '-66.67');
  assert.throws(() => divideDecimals(decimal('1'), decimal('0.00'), 6), RangeError);
});

test('a number that has too many digits is refused', () => {
  assert.equal(fitDecimal(decimal('9.94'), 2, 1).toString(), '9.9');
  assert.throws(() => fitDecimal(decimal('9.95'), 2, 1), /Numeric field overflow/);
  assert.throws(() => fitDecimal(decimal('-10'), 2, 1), /10\^1/);
});

test('doubles are taken with their exact value', () => {
  // By new BigDecimal(0.1) of a JDK.
  assert.equal(decimalOfDouble(0.1, 100).toString(), '0.1000000000000000055511151231257827021181583404541015625');
  assert.equal(decimalOfDouble(0.1, 3).toString(), '0.100');
  assert.equal(decimalOfDouble(-1234.5, 3).toString(), '-1230');
  assert.equal(decimalOfDouble(5e-324, 2).scale, 325);
  assert.throws(() => decimalOfDouble(Number.NaN, 3), RangeError);
});

test('the scale does not count in comparisons', () => {
  assert.equal(compareDecimals(decimal('1.50'), decimal('1.5')), 0);
  assert.equal(compareDecimals(decimal('-1.51'), decimal('-1.5')), -1);
});
