import type { HeaderItem, ProjectStep } from '../plan/steps/project-step.ts';
import { columnOf, type Step } from '../plan/steps/step.ts';
import type { Column } from '../schema/column.ts';
import { repeatedColumn } from '../schema/find-column.ts';
import { columnText } from '../schema/schema-text.ts';
import { isWindowBound } from '../schema/system-columns.ts';
import { SqlError } from '../sql-error.ts';
import type { SqlType } from '../types/sql-type.ts';
import { checkHeaderNames, headerItem } from './header-items.ts';
import { repeatedKey } from './missing-key.ts';
import type { Selected } from './select-items.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

/**
 * The projection of a query without aggregates. Persistent queries have the key's columns in the key and not in the value; the others
 * show them.
 *
 * @throws SqlError for projections without values, and with a key column more than once
 */
export function project(input: Step, columns: readonly Selected[], isPersistent: boolean, typing: Typing): ProjectStep {
  const { schema } = input;
  const keyNames = new Set(schema.key.map(({ name }) => name));
  const keyAliases = new Map<string, string[]>();
  const items: { name: string; expression: Selected['expression'] }[] = [];
  const values: Column[] = [];
  const headers: HeaderItem[] = [];
  for (const { alias, expression, headerKey = null } of columns) {
    if (headerKey !== null) {
      headers.push(headerItem(alias, headerKey, expression, headers, input, typing));
      continue;
    }
    const type = selectedType(expression, input, typing);
    if (expression.kind === 'column' && isPersistent) {
      if (isWindowBound(expression.name) && alias === expression.name) continue;
      if (keyNames.has(expression.name)) {
        const aliases = keyAliases.get(expression.name);
        if (aliases === undefined) keyAliases.set(expression.name, [alias]);
        else if (!aliases.includes(alias)) aliases.push(alias);
        continue;
      }
    }
    items.push({ name: alias, expression });
    values.push({ name: alias, type: knownType(type) });
  }
  for (const [name, aliases] of keyAliases) if (aliases.length > 1) throw repeatedKey(name, aliases);
  if (values.length === 0) throw statementError('The projection contains no value columns.');
  checkDuplicates(values);
  const key = isPersistent
    ? schema.key
        .filter(({ name }) => keyAliases.has(name))
        .map(({ name, type }) => ({ name: keyAliases.get(name)![0]!, type }))
    : schema.key;
  const clashing = isPersistent ? key.filter(({ name }) => values.some((value) => value.name === name)) : [];
  if (clashing.length > 0) {
    throw statementError(
      `Value columns clash with key columns: ${clashing.map(({ name }) => `\`${name}\``).join(', ')}`,
    );
  }
  for (const { expression } of items) {
    if (expression.kind === 'column' && columnOf(schema, expression.name) === undefined) {
      throw statementError(`Column '${expression.name}' cannot be resolved.`, expression.range);
    }
  }
  checkHeaderNames(headers, [...key, ...values]);
  return {
    kind: 'project',
    input,
    items,
    ...(headers.length > 0 && { headers }),
    schema: { key, value: values },
  };
}

/** A CAST that there is not is told of as a mistake of the projection. */
function selectedType(expression: Selected['expression'], { schema }: Step, typing: Typing): SqlType | null {
  try {
    return typing.typeOf(expression, schema);
  } catch (error) {
    if (!(error instanceof SqlError) || !error.message.startsWith('Cast of ')) throw error;
    throw error.told({ message: `Invalid Select: ${error.message}` });
  }
}

export function knownType(type: SqlType | null): SqlType {
  if (type !== null) return type;
  throw statementError(
    "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).",
  );
}

export function checkDuplicates(values: readonly Column[]): void {
  const duplicate = repeatedColumn(values);
  if (duplicate !== undefined) {
    throw statementError(`Duplicate value columns found in schema: ${columnText(duplicate)}`);
  }
}
