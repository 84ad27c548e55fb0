import { checkExtended } from '../dialect.ts';
import { isTableStep, type Step } from '../plan/steps/step.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { checkTypes, isKey } from './check-join.ts';
import type { JoinInfo } from './join-infos.ts';
import type { Joined } from './joined.ts';
import type { QuerySources } from './query-sources.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

/** A stream with a table that every instance has whole: neither is sent anywhere, and the stream keeps its key. */
export function globalStep(
  info: JoinInfo,
  left: Step,
  right: Step,
  before: Joined | null,
  sources: QuerySources,
  typing: Typing,
): Step {
  const { join, leftExpression, rightExpression, type } = info;
  const { name, range } = join.right;
  checkExtended(typing.properties, 'GLOBAL JOIN', range);
  if (isTableStep(left)) {
    throw statementError(
      `Global joins are joins of a stream: what is joined with ${name} is a table, whose rows would not change with those of ${name}. Write it without GLOBAL: tables are joined by a foreign key wherever their rows are.`,
      range,
    );
  }
  if (!isTableStep(right)) {
    throw statementError(
      `Global joins are joins with a table: ${name} is a stream. Write … JOIN ${name} WITHIN 1 HOUR ON …`,
      range,
    );
  }
  if (type !== 'INNER' && type !== 'LEFT') {
    throw statementError(
      `Rows of ${name} without a partner cannot be told of by a global join: each instance has them all. Write LEFT GLOBAL JOIN or INNER GLOBAL JOIN.`,
      range,
    );
  }
  if (join.within !== null) {
    throw statementError('Global joins are not windowed: leave the WITHIN clause away.', range);
  }
  if (info.right.source.keyFormat.window !== null) {
    throw statementError(
      `${name} is windowed: a global join finds rows by a key alone. Group it again without a window.`,
      range,
    );
  }
  if (!isKey(rightExpression, info.right)) {
    const key = info.right.source.schema.key.map((each) => each.name).join(', ');
    throw statementError(
      `A global join finds rows by the table's primary key: write ON … = ${info.right.alias}.${key}${info.right.source.schema.key.length > 1 ? '; this key has several columns, which cannot be joined by' : ''}. Got ${printExpression(join.on)}.`,
      join.on.range,
    );
  }
  checkTypes(info, left, right, sources, typing);
  const { key } = left.schema;
  const values = [...left.schema.value, ...right.schema.value];
  return {
    kind: 'join',
    type,
    left,
    right,
    within: null,
    foreignKey: null,
    globalKey: sources.internal(leftExpression),
    isKeySynthetic: before?.isSynthetic ?? false,
    schema: { key, value: [...values, ...key.filter(({ name }) => !values.some((each) => each.name === name))] },
  };
}
