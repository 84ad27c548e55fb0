import { isPlainKsql } from '../dialect.ts';
import { expressionKey } from '../expressions/walk.ts';
import { isTableStep, type Step } from '../plan/steps/step.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { isSameType, type SqlType, typeText } from '../types/sql-type.ts';
import type { JoinInfo } from './join-infos.ts';
import type { Joined } from './joined.ts';
import type { QuerySource, QuerySources } from './query-sources.ts';
import { placedError, statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

const typeNames = {
  INNER: '[INNER] JOIN',
  LEFT: 'LEFT [OUTER] JOIN',
  RIGHT: 'RIGHT [OUTER] JOIN',
  FULL: '[FULL] OUTER JOIN',
};

/** Which kinds may be joined, and how. Whether it is a join by a foreign key. */
export function checkKinds(
  info: JoinInfo,
  left: Step,
  right: Step,
  before: Joined | null,
  sources: QuerySources,
  typing: Typing,
): boolean {
  const { leftExpression, rightExpression, type } = info;
  const [first, second] = info.isFlipped ? [rightExpression, leftExpression] : [leftExpression, rightExpression];
  const got = `${printExpression(first)} = ${printExpression(second)}`;
  const names = `${info.left.source.name} ${typeNames[type]} ${info.right.source.name}`;
  if (!isTableStep(left)) {
    if (!isTableStep(right)) {
      if (info.join.within === null) {
        throw placedError(
          'Stream-Stream joins must have a WITHIN clause specified. None was provided.',
          info.join.right.range,
          `All rows of both streams would have to be kept for ever. Write how far apart they may be: … JOIN ${info.join.right.name} WITHIN 1 HOUR ON …`,
        );
      }
      checkTypes(info, left, right, sources, typing);
      return false;
    }
    if (info.join.within !== null) {
      throw statementError(
        'A window definition was provided for a Stream-Table join. These joins are not windowed. Please drop the window definition (ie. the WITHIN clause) and try to execute your join again.',
      );
    }
    if (type === 'FULL') {
      throw statementError(`Invalid join type: full-outer join not supported for stream-table join. Got ${names}.`);
    }
    if (type === 'RIGHT') {
      throw statementError(`Invalid join type: right-outer join not supported for stream-table join. Got ${names}.`);
    }
    if (!isKey(rightExpression, info.right)) {
      throw placedError(
        `Invalid join condition: stream-table joins require to join on the table's primary key. Got ${got}.`,
        info.join.on.range,
        otherKeyHint(info),
      );
    }
    checkTypes(info, left, right, sources, typing);
    return false;
  }
  if (!isTableStep(right)) {
    throw placedError(
      `Invalid join order: table-stream joins are not supported; only stream-table joins. Got ${names}.`,
      info.join.right.range,
      `Write the stream first: FROM ${info.right.source.name} JOIN ${info.left.source.name} ON …`,
    );
  }
  if (info.join.within !== null) {
    throw statementError(
      'A window definition was provided for a Table-Table join. These joins are not windowed. Please drop the window definition (i.e. the WITHIN clause) and try to execute your Table-Table join again.',
    );
  }
  if (!isKey(rightExpression, info.right)) {
    throw placedError(
      `Invalid join condition: table-table joins require to join on the primary key of the right input table. Got ${got}.`,
      info.join.on.range,
      otherKeyHint(info),
    );
  }
  if (before === null ? isKey(leftExpression, info.left) : isKeyOf(before, leftExpression, sources)) {
    checkTypes(info, left, right, sources, typing);
    return false;
  }
  if (type === 'FULL' || type === 'RIGHT') {
    const name = type === 'FULL' ? 'full-outer' : 'right-outer';
    throw statementError(
      `Invalid join type: ${name} join not supported for foreign-key table-table join. Got ${names}.`,
    );
  }
  if (before !== null && isPlainKsql(typing.properties)) {
    throw statementError(
      `Invalid join condition: foreign-key table-table joins are not supported as part of n-way joins. Got ${got}.`,
    );
  }
  checkTypes(info, left, right, sources, typing);
  if (info.right.source.keyFormat.window !== null) {
    throw statementError('Foreign-key table-table joins are not supported on windowed tables.');
  }
  return true;
}

/** Whether an expression has the key's value in each row of what was joined before. */
function isKeyOf({ equal, step }: Joined, expression: Expression, sources: QuerySources): boolean {
  const wanted = expressionKey(expression);
  if (equal.some((each) => expressionKey(each) === wanted)) return true;
  const [only, ...more] = step.schema.key;
  const internal = sources.internal(expression);
  return more.length === 0 && internal.kind === 'column' && internal.name === only!.name;
}

/** Whether an expression is just the one key column of its source. */
export function isKey(expression: Expression, { source }: QuerySource): boolean {
  return (
    expression.kind === 'column' && source.schema.key.length === 1 && source.schema.key[0]!.name === expression.name
  );
}

/** @throws SqlError where the sides are of different types */
export function checkTypes(info: JoinInfo, left: Step, right: Step, sources: QuerySources, typing: Typing): void {
  const one = typing.typeOf(sources.internal(info.leftExpression), left.schema);
  const other = typing.typeOf(sources.internal(info.rightExpression), right.schema);
  if (one !== null && other !== null && isSameType(one, other)) return;
  const side = (expression: Expression, type: SqlType | null) =>
    `${printExpression(expression)}{${type === null ? 'NULL' : typeText(type)}}`;
  const [a, b] = [side(info.leftExpression, one), side(info.rightExpression, other)];
  throw placedError(
    `Invalid join condition: types don't match. Got ${info.isFlipped ? `${b} = ${a}` : `${a} = ${b}`}.`,
    info.join.on.range,
    other === null
      ? undefined
      : `Write CAST(${printExpression(info.leftExpression)} AS ${typeText(other)}) = ${printExpression(info.rightExpression)}`,
  );
}

/** How to join by something else than the key of a table. */
function otherKeyHint({ right, rightExpression }: JoinInfo): string {
  const { name, schema } = right.source;
  const [key, ...more] = schema.key;
  if (key === undefined || more.length > 0) return `${name} has a key of several columns: join by a table with one`;
  const wanted = rightExpression.kind === 'column' ? rightExpression.name : printExpression(rightExpression);
  return `The key of ${name} is ${key.name}: write ON … = ${right.alias}.${key.name}, or join with a table that is keyed by ${wanted}, made by CREATE TABLE … AS SELECT ${wanted}, LATEST_BY_OFFSET(…) FROM … GROUP BY ${wanted}`;
}
