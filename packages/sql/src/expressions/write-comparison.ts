import { isWindowBound } from '../schema/system-columns.ts';
import { SqlError } from '../sql-error.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { coerceLiteral, commonType } from '../types/common-type.ts';
import { comparator, equality, isSameValue } from '../types/comparison.ts';
import type { SqlType } from '../types/sql-type.ts';
import { boolean, type ExpressionWriter, shown, statement } from './expression-writer.ts';
import { likeMatcher } from './like-pattern.ts';
import { listItem, literalValue } from './list-item.ts';
import { momentOf } from './moment-text.ts';
import type { Written } from './written.ts';

type Comparison = Extract<Expression, { kind: 'comparison' }>;

const operatorNames: Readonly<Record<Comparison['operator'], string>> = {
  '=': 'EQUAL',
  '<>': 'NOT_EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
  'IS DISTINCT FROM': 'IS_DISTINCT_FROM',
  'IS NOT DISTINCT FROM': 'IS_NOT_DISTINCT_FROM',
};

const symbols = { '=': '===', '<>': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;

/** Numbers and texts by JavaScript's own operators, the rest by functions of the types. With null it is false. */
export function writeComparison(writer: ExpressionWriter, comparison: Comparison): Written {
  const { operator } = comparison;
  const left = withMoment(comparison.left, comparison.right);
  const right = withMoment(comparison.right, comparison.left);
  const one = writer.write(left);
  const other = writer.write(right);
  if (one.type === null || other.type === null) {
    throw statement(
      `Comparison with NULL not supported: ${one.type?.kind ?? 'NULL'} ${operator} ${other.type?.kind ?? 'NULL'}\nUse 'IS NULL' or 'IS NOT NULL' instead.`,
    );
  }
  const [a, aAgain] = writer.twice(one);
  const [b, bAgain] = writer.twice(other);
  const isDistinct = operator === 'IS DISTINCT FROM' || operator === 'IS NOT DISTINCT FROM';
  const symbol = isDistinct ? (operator === 'IS DISTINCT FROM' ? '<>' : '=') : operator;
  const code = comparedCode(writer, symbol, one.type, other.type, aAgain, bAgain);
  if (code === null) {
    throw statement(
      `Cannot compare ${printExpression(left)} (${shown(one.type)}) to ${printExpression(right)} (${shown(other.type)}) with ${operatorNames[operator]}.`,
    );
  }
  const isThrowing = one.isThrowing || other.isThrowing || isReadingText(one.type, other.type);
  if (isDistinct) {
    const both = `(${a} === null) ${symbol === '<>' ? '!==' : '==='} (${b} === null)`;
    const whenNull = symbol === '<>' ? `${aAgain} !== ${bAgain}` : `${aAgain} === ${bAgain}`;
    return boolean(`((${both}), ${aAgain} === null || ${bAgain} === null ? ${whenNull} : ${code})`, isThrowing);
  }
  const checks: string[] = [];
  // Both are evaluated before they are compared, so that what is read again is there.
  if (one.isNullable || a !== aAgain) checks.push(`${a} === null`);
  if (other.isNullable || b !== bAgain) checks.push(`${b} === null`);
  if (checks.length === 0) return boolean(`(${code})`, isThrowing);
  return boolean(`(${checks.join(' || ')} ? false : ${code})`, isThrowing);
}

function comparedCode(
  writer: ExpressionWriter,
  operator: keyof typeof symbols,
  left: SqlType,
  right: SqlType,
  a: string,
  b: string,
): string | null {
  const isWhole = (type: SqlType) => type.kind === 'INTEGER' || type.kind === 'BIGINT';
  if (isWhole(left) && isWhole(right)) return `${a} ${symbols[operator]} ${b}`;
  const isNumber = (type: SqlType) => isWhole(type) || type.kind === 'DOUBLE';
  // Not `===`: a double may be equal to a bigint.
  if (isNumber(left) && isNumber(right)) {
    // As ksqlDB has it, NaN is neither below nor above anything, and so not unequal either.
    if (operator === '<>') return `(${a} < ${b} || ${a} > ${b})`;
    return `${a} ${operator === '=' ? '==' : operator} ${b}`;
  }
  if (left.kind === 'STRING' && right.kind === 'STRING') return `${a} ${symbols[operator]} ${b}`;
  if (left.kind === 'BOOLEAN' && right.kind === 'BOOLEAN' && (operator === '=' || operator === '<>')) {
    return `${a} ${symbols[operator]} ${b}`;
  }
  if (operator === '=' || operator === '<>') {
    const isEqual = equality(left, right);
    return isEqual === null ? null : `${operator === '=' ? '' : '!'}${writer.module.constant(isEqual)}(${a}, ${b})`;
  }
  const compare = comparator(left, right);
  return compare === null ? null : `${writer.module.constant(compare)}(${a}, ${b}) ${operator} 0`;
}

function isReadingText(left: SqlType, right: SqlType): boolean {
  return left.kind !== right.kind && (left.kind === 'STRING' || right.kind === 'STRING');
}

/** Texts beside ROWTIME and the bounds of windows are moments. */
function withMoment(expression: Expression, beside: Expression): Expression {
  if (expression.kind !== 'string' || beside.kind !== 'column') return expression;
  if (beside.name !== 'ROWTIME' && !isWindowBound(beside.name)) return expression;
  return { kind: 'long', range: expression.range, value: momentOf(expression.value) };
}

export function writeIn(writer: ExpressionWriter, { list, value }: Extract<Expression, { kind: 'in' }>): Written {
  const items = [value, ...list].map((each) => listItem(writer, each));
  let type: SqlType | null;
  try {
    type = commonType(items);
    if (type === null) return boolean('false', false);
    const wanted = type;
    const subject = writer.converted(writer.write(value), wanted);
    const values: unknown[] = [];
    const codes: string[] = [];
    for (const each of list) {
      const literal = literalValue(each);
      if (literal === null) continue;
      const written = writer.write(each);
      if (literal !== undefined) values.push(coerceLiteral(literal, written.type!, wanted));
      else codes.push(writer.converted(written, wanted).code);
    }
    const [assigned, read] = writer.twice(subject);
    const isSame = writer.module.constant(isSameValue);
    const matches = [literalMatch(writer, wanted, values, read), ...codes.map((code) => `${isSame}(${code}, ${read})`)];
    return boolean(`(${assigned} === null ? false : ${matches.join(' || ')})`);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw error.told({ message: `Invalid Predicate: ${error.message}` });
  }
}

function literalMatch(writer: ExpressionWriter, type: SqlType, values: readonly unknown[], read: string): string {
  if (values.length === 0) return 'false';
  if (type.kind === 'DECIMAL' || type.kind === 'BYTES' || typeof values[0] === 'object') {
    return `${writer.module.constant((value: unknown) => values.some((each) => isSameValue(each, value)))}(${read})`;
  }
  return `${writer.module.constant(new Set(values))}.has(${read})`;
}

export function writeLike(
  writer: ExpressionWriter,
  { escape: escapeCharacter, pattern, value }: Extract<Expression, { kind: 'like' }>,
): Written {
  const text = writer.write(value);
  const like = writer.write(pattern);
  if (text.type !== null && text.type.kind !== 'STRING') {
    throw statement(
      `The column type for Like condition must be VARCHAR. The column type is ${text.type.kind}: use CAST`,
    );
  }
  if (like.type !== null && like.type.kind !== 'STRING') {
    throw statement(`Like condition on non-string pattern ${printExpression(pattern)}: use CAST`);
  }
  const [assigned, read] = writer.twice(text);
  if (pattern.kind === 'string') {
    const matches = writer.module.constant(likeMatcher(pattern.value, escapeCharacter));
    return boolean(`(${assigned} === null ? false : ${matches}(${read}))`, text.isThrowing);
  }
  const matches = writer.module.constant((text: string, pattern: string | null) =>
    pattern === null ? false : likeMatcher(pattern, escapeCharacter)(text),
  );
  return boolean(`(${assigned} === null ? false : ${matches}(${read}, ${like.code}))`);
}
