import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from './decimal.ts';

test('decimals are read and written with every digit', () => {
  const cases: [string, bigint, number, string][] = [
    ['0', 0n, 0, '0'],
    ['-0.05', -5n, 2, '-0.05'],
    ['12.50', 1250n, 2, '12.50'],
    ['+.5', 5n, 1, '0.5'],
    ['7.', 7n, 0, '7'],
    ['1.5e3', 1500n, 0, '1500'],
    ['15E-4', 15n, 4, '0.0015'],
    ['123456789012345678901234567890.123456789', 123456789012345678901234567890123456789n, 9, ''],
  ];
  for (const [text, unscaled, scale, shown] of cases) {
    const decimal = Decimal.parse(text);
    assert.deepEqual([decimal.unscaled, decimal.scale, String(decimal)], [unscaled, scale, shown || text]);
  }
  for (const text of ['', '.', '-', '1,5', 'Infinity', ' 1', '0x1', '1e999999']) {
    assert.throws(() => Decimal.parse(text), /is no decimal number/, text);
  }
});

test('another scale keeps the number, or there is none', () => {
  assert.equal(String(Decimal.parse('1.20').withScale(1)), '1.2');
  assert.equal(String(Decimal.parse('1.2').withScale(3)), '1.200');
  assert.equal(Decimal.parse('1.25').withScale(1), undefined);
  assert.ok(Decimal.parse('1.20').equals(Decimal.from(1.2)));
  assert.ok(!Decimal.parse('1.20').equals(Decimal.from('1.21')));
  assert.equal(Decimal.from(10n).toNumber(), 10);
  assert.throws(() => new Decimal(1n, -1), /A scale is 0 or more/);
});
