import { statementError } from '../analyzer/statement-error.ts';
import type { DataSource } from '../catalog/data-source.ts';
import { eachColumn } from '../expressions/walk.ts';
import type { Properties } from '../functions/function-registry.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import type { Column } from '../schema/column.ts';
import type { Comparison, Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { typeText } from '../types/sql-type.ts';
import { conjuncts, constantValue, isColumn, isConstant } from './key-constraints.ts';

const needsScan =
  'Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true';

/**
 * That keys are compared with what keys can be, and, where `ksql.query.pull.table.scan.enabled` is false, that a condition says which are wanted.
 *
 * @throws SqlError in ksqlDB's words
 */
export function checkKeys(filters: readonly Expression[], source: DataSource, context: QueryContext): void {
  for (const filter of filters) checkLists(filter, source.schema.key, context);
  if (isOn(context.properties, 'ksql.query.pull.table.scan.enabled')) return;
  if (filters.length === 0) throw statementError(`Missing WHERE clause. ${needsScan}`);
  const alternatives = disjuncts(filters[0]!);
  for (const alternative of alternatives) {
    const isRange = checkAlternative(alternative, source);
    const isScan = alternatives.length > 1 || source.keyFormat.window !== null;
    const isRangeOff = !isOn(context.properties, 'ksql.query.pull.range.scan.enabled');
    if (isRange && (isScan || isRangeOff)) throw statementError(needsScan);
  }
}

function isOn(properties: Properties, name: string): boolean {
  return properties.get(name)?.toLowerCase() !== 'false';
}

function disjuncts(condition: Expression): Expression[] {
  if (condition.kind === 'logical' && condition.operator === 'OR')
    return [...disjuncts(condition.left), ...disjuncts(condition.right)];
  return [condition];
}

/** Whether its keys are a range. */
function checkAlternative(alternative: Expression, { schema }: DataSource): boolean {
  const found = new Map<string, (Comparison['operator'] | 'IN')[]>();
  for (const part of conjuncts(alternative)) {
    const keys = keysIn(part, schema.key);
    if (keys.length === 0) continue;
    if (part.kind === 'in' && keys.some((name) => isColumn(part.value, name))) {
      note(found, keys[0]!, 'IN');
      continue;
    }
    if (part.kind !== 'comparison') continue;
    const name = keys.find((key) => isColumn(part.left, key) || isColumn(part.right, key));
    if (name === undefined) throw statementError('A comparison must directly reference a key column.');
    if (!isConstant(isColumn(part.left, name) ? part.right : part.left)) {
      throw statementError('A comparison must be between a key column and a resolvable expression.');
    }
    note(found, name, part.operator);
  }
  if (found.size === 0) {
    throw statementError(`WHERE clause missing key column for disjunct: ${printExpression(alternative)}. ${needsScan}`);
  }
  const isExact = (name: string) => found.get(name)?.some((each) => each === '=' || each === 'IN') === true;
  if (schema.key.length > 1 && !schema.key.every(({ name }) => isExact(name))) {
    throw statementError(
      `Multi-column sources must specify every key in the WHERE clause. Specified: ${[...found.keys()].join(', ')}. ${needsScan}`,
    );
  }
  const comparisons = found.get(schema.key[0]!.name) ?? [];
  if (comparisons.length > 1) {
    throw statementError(
      'A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate',
    );
  }
  return !schema.key.every(({ name }) => isExact(name));
}

function note<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  lists.set(name, [...(lists.get(name) ?? []), value]);
}

function keysIn(expression: Expression, keys: readonly Column[]): string[] {
  const names: string[] = [];
  eachColumn(expression, ({ name }) => {
    if (keys.some((key) => key.name === name)) names.push(name);
  });
  return names;
}

/** Values that are looked for: none is null, and each can be a key. */
function checkLists(condition: Expression, keys: readonly Column[], context: QueryContext): void {
  for (const part of disjuncts(condition).flatMap(conjuncts)) {
    for (const key of keys) {
      const values = part.kind === 'in' && isColumn(part.value, key.name) ? part.list : compared(part, key.name);
      for (const value of values) checkValue(value, key, context);
    }
  }
}

function compared(part: Expression, name: string): readonly Expression[] {
  if (part.kind !== 'comparison' || part.operator !== '=') return [];
  if (isColumn(part.left, name)) return [part.right];
  return isColumn(part.right, name) ? [part.left] : [];
}

function checkValue(value: Expression, { name, type }: Column, context: QueryContext): void {
  if (!isConstant(value)) return;
  if (value.kind === 'null') throw statementError(`Primary key columns can not be NULL: (${name} = null)`);
  const isText = value.kind === 'string';
  const isNumber = type.kind === 'INTEGER' || type.kind === 'BIGINT' || type.kind === 'DOUBLE';
  const isTooLong = value.kind === 'long' && type.kind === 'INTEGER';
  if ((isText && isNumber) || isTooLong || constantValue(value, type, context) === null) {
    throw statementError(
      `${printExpression(value)} can not be converted to the type of the key column: ${name} ${typeText(type)} KEY`,
    );
  }
}
