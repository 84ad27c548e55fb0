import type { PartitionByStep } from '../plan/steps/partition-by-step.ts';
import { columnOf, type Step, sourcesOf } from '../plan/steps/step.ts';
import type { Column } from '../schema/column.ts';
import { ColumnAliases } from '../schema/column-aliases.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { checkKeyType } from './key-types.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

/**
 * Rows by another key. A column keeps its name; the value of another expression is a new column, of the key and of what can be selected.
 * NULL takes the key away.
 *
 * @throws SqlError for keys that cannot be
 */
export function partitionBy(
  input: Step,
  expressions: readonly Expression[],
  typing: Typing,
  prefix = '',
): PartitionByStep {
  const { schema } = input;
  if (expressions.some(({ kind }) => kind === 'null')) {
    if (expressions.length > 1) throw statementError('Cannot PARTITION BY multiple columns including NULL');
    return { kind: 'partitionBy', input, expressions: [], schema: { key: [], value: schema.value } };
  }
  if (sourcesOf(input).some(({ source }) => source.keyFormat.window !== null)) {
    throw statementError(
      'Implicit repartitioning of windowed sources is not supported. See https://github.com/confluentinc/ksql/issues/4385.',
    );
  }
  const names = [...schema.key, ...schema.value].map(({ name }) =>
    name.startsWith(prefix) ? name.slice(prefix.length) : name,
  );
  const aliases = new ColumnAliases(names);
  const added: Column[] = [];
  const key = expressions.map((expression): Column => {
    const type = typing.typeOf(expression, schema);
    if (type === null) throw statementError('A key cannot be NULL beside other columns');
    if (expression.kind === 'column') {
      const column = columnOf(schema, expression.name)!;
      checkKeyType(column);
      return { name: column.name, type };
    }
    const column = { name: prefix + aliases.aliasFor(expression), type };
    checkKeyType(column);
    added.push(column);
    return column;
  });
  return { kind: 'partitionBy', input, expressions, schema: { key, value: [...schema.value, ...added] } };
}
