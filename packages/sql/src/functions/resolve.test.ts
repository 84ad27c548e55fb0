import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, decimalType, type SqlType, sqlTypes } from '../types/sql-type.ts';
import type { ScalarVariant, TypePattern } from './function.ts';
import type { Argument } from './match-argument.ts';
import { resolveVariant } from './resolve.ts';
import { arrayOf, lambdaOf, patterns, variable } from './type-pattern.ts';

const { bigint, boolean, double, integer, string } = sqlTypes;
const T = variable('T');

/** A trailing * marks the variadic one. */
function variant(returns: TypePattern, ...types: (TypePattern | [TypePattern])[]): ScalarVariant {
  return {
    parameters: types.map((type, at) =>
      Array.isArray(type)
        ? { name: `p${at}`, type: type[0], isVariadic: true }
        : { name: `p${at}`, type: type as TypePattern },
    ),
    returns,
    create: () => () => null,
  };
}
const value = (type: SqlType | null): Argument => ({ kind: 'value', type });
const resolve = (variants: ScalarVariant[], ...given: (SqlType | null | Argument)[]) =>
  resolveVariant(
    'f',
    variants,
    given.map((each) =>
      each !== null && typeof each === 'object' && 'parametersCount' in each ? each : value(each as SqlType),
    ),
  );

test('exact types win over widened ones', () => {
  const variants = [variant(integer, integer), variant(double, double)];
  assert.equal(resolve(variants, integer).returnType, integer);
  const widened = resolve(variants, bigint);
  assert.equal(widened.returnType, double);
  assert.deepEqual(widened.argumentTypes, [double]);
});

test('several that widen are ambiguous, none is refused, and the message lists them', () => {
  const variants = [variant(bigint, [bigint]), variant(double, [double])];
  assert.throws(() => resolve(variants, integer, integer), {
    message:
      /'f' cannot be resolved due to ambiguous method parameters \(INTEGER, INTEGER\)[\s\S]*f\(BIGINT\.\.\. p0\)/,
  });
  assert.throws(() => resolve(variants, string), {
    message:
      /^Function 'f' does not accept parameters \(STRING\)\.\nValid alternatives are:\nf\(BIGINT\.\.\. p0\)\nf\(DOUBLE/,
  });
});

test('a variable is one type', () => {
  const variants = [variant(T, T, T)];
  assert.equal(resolve(variants, string, null).returnType, string);
  assert.throws(() => resolve(variants, integer, bigint), /does not accept/);
  assert.deepEqual(resolve([variant(T, arrayOf(T))], arrayType(integer)).returnType, integer);
  assert.throws(() => resolve([variant(T, arrayOf(T))], null), /does not accept/);
});

test('variadic parameters may stand anywhere, take none, or an array of all', () => {
  const middle = [variant(bigint, bigint, [string], integer)];
  assert.equal(resolve(middle, bigint, integer).returnType, bigint);
  assert.equal(resolve(middle, bigint, string, string, integer).returnType, bigint);
  assert.throws(() => resolve(middle, bigint, integer, integer), /does not accept/);
  assert.equal(resolve([variant(string, [string])], arrayType(string)).spreadAt, 0);
  const fixed = variant(string, string);
  assert.equal(resolve([variant(string, [string]), fixed], string).variant, fixed);
});

test('fewer variables and no parameter for anything are preferred', () => {
  const any = variant(string, [patterns.any]);
  const texts = variant(string, [string]);
  assert.equal(resolve([any, texts], string, string).variant, texts);
  assert.equal(resolve([any, texts], string, integer).variant, any);
  assert.deepEqual(resolve([variant(boolean, patterns.decimal)], integer).argumentTypes, [decimalType(10, 0)]);
});

test('a lambda is typed by the other arguments, and its result binds', () => {
  const S = variable('S');
  const variants = [variant(arrayOf(S), arrayOf(T), lambdaOf([T], S))];
  const seen: unknown[] = [];
  const lambda: Argument = {
    kind: 'lambda',
    parametersCount: 1,
    returnType: (types) => {
      seen.push(types);
      return double;
    },
  };
  const found = resolve(variants, arrayType(integer), lambda);
  assert.deepEqual(found.returnType, arrayType(double));
  assert.deepEqual(seen, [[integer]]);
  assert.deepEqual(found.lambdaTypes, [null, [integer]]);
});
