import { SqlError } from '../sql-error.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { type ArithmeticOperator, arithmeticFunction, arithmeticType, negation } from '../types/arithmetic.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type ExpressionWriter, shown, statement } from './expression-writer.ts';
import type { Written } from './written.ts';

export function writeArithmetic(
  writer: ExpressionWriter,
  expression: Extract<Expression, { kind: 'arithmetic' }>,
): Written {
  const { left, operator, right } = expression;
  const one = writer.write(left);
  const other = writer.write(right);
  if (one.type === null || other.type === null) {
    const [a, b] = [one, other].map(({ type }) => (type === null ? 'null' : shown(type)));
    throw notProcessed(expression, `Arithmetic on types ${a} and ${b} are not supported.`);
  }
  const type = resultType(expression, one.type, other.type);
  const isThrowing = one.isThrowing || other.isThrowing || one.isNullable || other.isNullable;
  const [a, b] = [writer.notNull(one), writer.notNull(other)];
  const plain = plainCode(operator, one.type, other.type, a, b);
  if (plain !== null) return { type, code: plain, isNullable: false, isThrowing };
  const run = writer.module.constant(arithmeticFunction(operator, one.type, other.type));
  return { type, code: `${run}(${a}, ${b})`, isNullable: false, isThrowing: true };
}

function resultType(expression: Extract<Expression, { kind: 'arithmetic' }>, left: SqlType, right: SqlType): SqlType {
  try {
    return arithmeticType(expression.operator, left, right);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw notProcessed(expression, error.message);
  }
}

function notProcessed(expression: Expression, message: string): SqlError {
  return statement(`Error processing expression: ${printExpression(expression)}. ${message}`);
}

/** Where JavaScript's own operator does it. */
function plainCode(operator: ArithmeticOperator, left: SqlType, right: SqlType, a: string, b: string): string | null {
  const kinds = `${left.kind} ${right.kind}`;
  if (kinds === 'INTEGER INTEGER') {
    if (operator === '+' || operator === '-') return `((${a} ${operator} ${b}) | 0)`;
    return operator === '*' ? `Math.imul(${a}, ${b})` : null;
  }
  if (/^(DOUBLE|INTEGER) (DOUBLE|INTEGER)$/.test(kinds)) return `(${a} ${operator} ${b})`;
  return null;
}

export function writeUnary(
  writer: ExpressionWriter,
  { operand, operator }: Extract<Expression, { kind: 'unary' }>,
): Written {
  const value = writer.write(operand);
  if (value.type === null) throw statement('Error processing expression. There is no sign for NULL.');
  const negate = negation(value.type);
  const code = writer.notNull(value);
  const isThrowing = value.isThrowing || value.isNullable;
  if (operator === '+') return { type: value.type, code, isNullable: false, isThrowing };
  return { type: value.type, code: `${writer.module.constant(negate)}(${code})`, isNullable: false, isThrowing };
}
