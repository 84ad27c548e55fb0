import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { type ArithmeticOperator, arithmeticFunction, arithmeticType, negation } from './arithmetic.ts';
import { decimalType, type SqlType, sqlTypes } from './sql-type.ts';

const { bigint, double, integer, string } = sqlTypes;
const run = (operator: ArithmeticOperator, left: SqlType, right: SqlType, a: unknown, b: unknown): unknown =>
  arithmeticFunction(operator, left, right)(a as never, b as never);

test('types follow from the operands', () => {
  assert.equal(arithmeticType('+', integer, bigint), bigint);
  assert.equal(arithmeticType('/', integer, integer), integer);
  assert.equal(arithmeticType('*', decimalType(4, 2), double), double);
  assert.deepEqual(arithmeticType('+', decimalType(4, 2), integer), decimalType(13, 2));
  assert.deepEqual(arithmeticType('*', decimalType(4, 2), decimalType(5, 1)), decimalType(10, 3));
  assert.deepEqual(arithmeticType('/', decimalType(4, 2), decimalType(5, 1)), decimalType(11, 8));
  assert.deepEqual(arithmeticType('%', decimalType(4, 2), bigint), decimalType(4, 2));
  assert.throws(() => arithmeticType('-', string, string), /Unsupported arithmetic types. STRING STRING/);
});

test('integers wrap around and divide towards zero', () => {
  assert.equal(run('+', integer, integer, 2147483647, 1), -2147483648);
  assert.equal(run('*', integer, integer, 65536, 65537), 65536);
  assert.equal(run('/', integer, integer, -7, 2), -3);
  assert.equal(run('%', integer, integer, -7, 2), -1);
  assert.ok(Object.is(run('%', integer, integer, -4, 2), 0));
  assert.equal(run('*', bigint, integer, 9007199254740993n, 2), 18014398509481986n);
  for (const type of [integer, bigint, decimalType(4, 2)]) {
    const zero = type.kind === 'DECIMAL' ? Decimal.parse('0.00') : 0;
    assert.throws(() => run('/', type, type, zero, zero), RangeError);
  }
});

test('doubles and mixtures', () => {
  assert.equal(run('/', double, integer, 1, 0), Number.POSITIVE_INFINITY);
  assert.equal(run('+', double, bigint, 0.5, 9007199254740993n), 9007199254740992);
  assert.equal(run('*', decimalType(4, 2), double, Decimal.parse('1.50'), 2), 3);
  assert.equal(run('+', decimalType(4, 2), integer, Decimal.parse('1.50'), 2)?.toString(), '3.50');
  assert.equal(run('/', integer, decimalType(2, 1), 10, Decimal.parse('2.0'))?.toString(), '5.000000');
  assert.equal(run('+', string, string, 'a', 'b'), 'ab');
  assert.equal(negation(decimalType(2, 1))(Decimal.parse('1.5') as never)?.toString(), '-1.5');
});
