import type { Decimal } from '@headwater/serdes';
import { SqlError } from '../sql-error.ts';
import {
  addDecimals,
  divideDecimals,
  fitDecimal,
  multiplyDecimals,
  remainderOfDecimals,
  subtractDecimals,
} from '../values/decimal-arithmetic.ts';
import { addLongs, divideLongs, longOf, multiplyLongs, remainderOfLongs, subtractLongs } from '../values/long.ts';
import { limitedText } from '../values/size-limits.ts';
import { castFunction } from './cast.ts';
import { asDecimalType, isNumeric } from './implicit-cast.ts';
import { decimalDigitsMax, decimalType, type SqlType, sqlTypes, typeText } from './sql-type.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

/**
 * The type of `left operator right`: the wider of both numbers, DECIMAL by SQL's rules for precision and scale, STRING for two texts
 * that are added.
 *
 * @throws SqlError HW_SQL_STATEMENT for other types
 */
export function arithmeticType(operator: ArithmeticOperator, left: SqlType, right: SqlType): SqlType {
  if (left.kind === 'STRING' && right.kind === 'STRING' && operator === '+') return sqlTypes.string;
  if (isNumeric(left) && isNumeric(right)) {
    if (left.kind === 'DOUBLE' || right.kind === 'DOUBLE') return sqlTypes.double;
    if (left.kind === 'DECIMAL' || right.kind === 'DECIMAL') return decimalResult(operator, left, right);
    return left.kind === 'BIGINT' || right.kind === 'BIGINT' ? sqlTypes.bigint : sqlTypes.integer;
  }
  throw new SqlError('HW_SQL_STATEMENT', `Unsupported arithmetic types. ${left.kind} ${right.kind}`);
}

function decimalResult(operator: ArithmeticOperator, left: SqlType, right: SqlType): SqlType {
  const [one, other] = [asDecimalType(left)!, asDecimalType(right)!];
  const [p1, s1, p2, s2] = [one.precision, one.scale, other.precision, other.scale];
  const scale = Math.max(s1, s2);
  if (p1 + p2 > decimalDigitsMax) {
    throw new SqlError('HW_SQL_STATEMENT', `A DECIMAL has at most ${decimalDigitsMax} digits: CAST what is combined`);
  }
  switch (operator) {
    case '+':
    case '-':
      return decimalType(scale + Math.max(p1 - s1, p2 - s2) + 1, scale);
    case '*':
      return decimalType(p1 + p2 + 1, s1 + s2);
    case '/': {
      const quotientScale = Math.max(6, s1 + p2 + 1);
      return decimalType(p1 - s1 + s2 + quotientScale, quotientScale);
    }
    case '%':
      return decimalType(Math.min(p1 - s1, p2 - s2) + scale, scale);
  }
}

export type Operation = (left: never, right: never) => unknown;

/** Of values other than null, of just the types given. What it throws (a division by zero) makes the result null. */
export function arithmeticFunction(operator: ArithmeticOperator, left: SqlType, right: SqlType): Operation {
  const result = arithmeticType(operator, left, right);
  switch (result.kind) {
    case 'STRING':
      return (a: string, b: string) => limitedText(a + b);
    case 'DOUBLE':
      return withOperands(doubleOperations[operator], left, right, result);
    case 'BIGINT':
      return longOperations[operator];
    case 'INTEGER':
      return integerOperations[operator];
    default: {
      const { precision, scale } = result as SqlType & { kind: 'DECIMAL' };
      const operation = decimalOperation(operator, precision, scale);
      const [one, other] = [asDecimalType(left)!, asDecimalType(right)!];
      return withOperands(
        operation,
        left,
        right,
        decimalType(one.precision, one.scale),
        decimalType(other.precision, other.scale),
      );
    }
  }
}

const doubleOperations: Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

const longOperations: Readonly<Record<ArithmeticOperator, Operation>> = {
  '+': addLongs,
  '-': subtractLongs,
  '*': multiplyLongs,
  '/': divideLongs,
  '%': remainderOfLongs,
};

function requireDivisor(divisor: number): void {
  if (divisor === 0) throw new RangeError('/ by zero');
}

const integerOperations: Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
  '+': (a, b) => (a + b) | 0,
  '-': (a, b) => (a - b) | 0,
  '*': Math.imul,
  '/': (a, b) => {
    requireDivisor(b);
    return (a / b) | 0;
  },
  '%': (a, b) => {
    requireDivisor(b);
    return (a % b) | 0;
  },
};

function decimalOperation(
  operator: ArithmeticOperator,
  precision: number,
  scale: number,
): (a: Decimal, b: Decimal) => Decimal {
  switch (operator) {
    case '+':
      return (a, b) => fitDecimal(addDecimals(a, b), precision, scale);
    case '-':
      return (a, b) => fitDecimal(subtractDecimals(a, b), precision, scale);
    case '*':
      return (a, b) => fitDecimal(multiplyDecimals(a, b), precision, scale);
    case '/':
      return (a, b) => fitDecimal(divideDecimals(a, b, scale), precision, scale);
    case '%':
      return (a, b) => fitDecimal(remainderOfDecimals(a, b), precision, scale);
  }
}

/** Converts only those operands that have another form. */
function withOperands(
  operation: (a: never, b: never) => unknown,
  left: SqlType,
  right: SqlType,
  leftType: SqlType,
  rightType = leftType,
): Operation {
  const run = operation as (a: unknown, b: unknown) => unknown;
  const isLeftSame = isSameForm(left, leftType);
  const isRightSame = isSameForm(right, rightType);
  if (isLeftSame && isRightSame) return operation;
  const convertLeft = castFunction(left, leftType);
  const convertRight = castFunction(right, rightType);
  if (isLeftSame) return (a: unknown, b: unknown) => run(a, convertRight(b));
  if (isRightSame) return (a: unknown, b: unknown) => run(convertLeft(a), b);
  return (a: unknown, b: unknown) => run(convertLeft(a), convertRight(b));
}

/** An INTEGER is held as a DOUBLE is. */
function isSameForm(from: SqlType, to: SqlType): boolean {
  return from.kind === to.kind || (from.kind === 'INTEGER' && to.kind === 'DOUBLE');
}

/** Of `-x`. @throws SqlError for what is no number */
export function negation(type: SqlType): (value: never) => unknown {
  switch (type.kind) {
    case 'INTEGER':
      return (value: number) => (0 - value) | 0;
    case 'BIGINT':
      return (value: number | bigint) => (typeof value === 'number' ? 0 - value : longOf(-value));
    case 'DOUBLE':
      return (value: number) => -value;
    case 'DECIMAL':
      return (value: Decimal) => subtractDecimals(zeroOf(value), value);
    default:
      throw new SqlError('HW_SQL_STATEMENT', `Error processing expression. There is no - of ${typeText(type)}`);
  }
}

function zeroOf(value: Decimal): Decimal {
  return new (value.constructor as typeof Decimal)(0n, value.scale);
}
