import { statementError } from '../analyzer/statement-error.ts';
import type { DataSource } from '../catalog/data-source.ts';
import { isPlainKsql } from '../dialect.ts';
import { CodeModule } from '../expressions/code-module.ts';
import type { Properties } from '../functions/function-registry.ts';
import { valueCode } from '../plan/physical/flow.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import type { Column } from '../schema/column.ts';
import { isWindowBound } from '../schema/system-columns.ts';
import type { SqlError } from '../sql-error.ts';
import type { Comparison, Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { operatorNames } from '../types/comparison.ts';
import { coercedType } from '../types/implicit-cast.ts';
import { isSameType, quotedName, typeText } from '../types/sql-type.ts';
import { textFunction } from '../values/value-text.ts';
import { allOf, alternativesOf } from './alternatives.ts';
import { checkWindowBounds, columnOf } from './check-window-bounds.ts';
import { constantValue, isConstant } from './key-constraints.ts';

const needsScan =
  'Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true';
const advice = 'See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.';

/**
 * That keys are compared with what keys can be, and, where `ksql.query.pull.table.scan.enabled` is false, that a condition says which are wanted.
 * In ksqlDB's own dialect conditions that it does not serve are refused too.
 *
 * @throws SqlError in ksqlDB's words
 */
export function checkKeys(filters: readonly Expression[], source: DataSource, context: QueryContext): void {
  const isScanOn = isOn(context.properties, 'ksql.query.pull.table.scan.enabled');
  if (filters.length === 0) {
    if (isScanOn) return;
    throw statementError(`Missing WHERE clause. ${advice}\n${needsScan}`);
  }
  const alternatives = alternativesOf(allOf(filters));
  if (alternatives === null) {
    if (isScanOn) return;
    throw statementError(needsScan);
  }
  const checks = { source, isScanOn, isPlain: isPlainKsql(context.properties) };
  // One alternative that needs all rows is enough to read them all: then no key is looked for.
  for (const parts of alternatives) if (!isKeyed(parts, checks)) return;
  for (const parts of alternatives) {
    for (const { column, comparison, value } of keyParts(parts, source)) checkValue(value, column, comparison, context);
    if (checks.isPlain && source.keyFormat.window !== null) checkWindowBounds(parts);
  }
  if (isScanOn || alternatives.every((parts) => isLookUp(parts, source))) return;
  const isRangeOn = isOn(context.properties, 'ksql.query.pull.range.scan.enabled');
  const isRange = alternatives.length === 1 && isRangeScan(alternatives[0]!, source);
  if (!isRange || !isRangeOn || source.keyFormat.window !== null) throw statementError(needsScan);
}

function isOn(properties: Properties, name: string): boolean {
  return properties.get(name)?.toLowerCase() !== 'false';
}

interface Checks {
  readonly source: DataSource;
  readonly isScanOn: boolean;
  readonly isPlain: boolean;
}

/** Whether the parts say which keys are wanted; where all rows are read anyway it may be false. */
function isKeyed(parts: readonly Expression[], { isPlain, isScanOn, source }: Checks): boolean {
  const { key } = source.schema;
  let isScan = false;
  const scan = (message: string) => {
    if (!isScanOn) throw invalidWhere(message);
    isScan = true;
  };
  const seen: Column[] = [];
  for (const part of parts) {
    if (part.kind === 'like') {
      if (part.value.kind !== 'column') scan('Like condition must be between strings');
      else if (isPlain && part.pattern.kind !== 'string' && part.pattern.kind !== 'null') {
        throw invalidWhere(`Like condition on non-string pattern ${printExpression(part.pattern)}`);
      }
      continue;
    }
    if (part.kind !== 'comparison') {
      if (isPlain) throw invalidWhere(`Unsupported expression in WHERE clause: ${printExpression(part)}`);
      scan(`Unsupported expression in WHERE clause: ${printExpression(part)}`);
      continue;
    }
    const name = columnOf(part);
    if (name === null) {
      scan('A comparison must directly reference a key column');
      continue;
    }
    if (!isConstant(otherSide(part))) {
      scan('A comparison must be between a key column and a resolvable expression');
      continue;
    }
    const isEquality = /^(=|[<>]=?)$/.test(part.operator);
    if (isWindowBound(name)) {
      if (isPlain && !isEquality) {
        throw invalidWhere(`Unsupported \`${name}\` bounds: ${operatorNames[part.operator]}`);
      }
      continue;
    }
    const column = key.find((each) => each.name === name);
    if (column === undefined) continue;
    if (!isEquality) scan(`Bound on key columns '[${columnTexts(key)}]' must currently be '='`);
    if (seen.includes(column) && !isScanOn) {
      throw invalidWhere(
        'A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate',
      );
    }
    if (!seen.includes(column)) seen.push(column);
  }
  if (isScan) return false;
  if (seen.length === 0) {
    if (isScanOn) return false;
    throw invalidWhere(`WHERE clause missing key column for disjunct: ${printExpression(allOf(parts))}`);
  }
  if (seen.length === key.length) return true;
  if (isScanOn) return false;
  const names = key.filter((each) => seen.includes(each)).map(({ name }) => quotedName(name));
  throw invalidWhere(
    `Multi-column sources must specify every key in the WHERE clause. Specified: [${names.join(', ')}] Expected: [${columnTexts(key)}]`,
  );
}

function invalidWhere(message: string): SqlError {
  return statementError(
    `${message}.  ${advice}\nPull queries look rows up where WHERE gives all key columns a value, or a STRING key a bound.\n${needsScan}`,
  );
}

function columnTexts(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${quotedName(name)} ${typeText(type)} KEY`).join(', ');
}

function otherSide({ left, right }: Comparison): Expression {
  return right.kind === 'column' ? left : right;
}

interface KeyPart {
  readonly column: Column;
  readonly comparison: Comparison;
  readonly value: Expression;
}

function keyParts(parts: readonly Expression[], { schema }: DataSource): KeyPart[] {
  return parts.flatMap((comparison): KeyPart[] => {
    if (comparison.kind !== 'comparison') return [];
    const name = columnOf(comparison);
    const column = schema.key.find((each) => each.name === name);
    return column === undefined ? [] : [{ column, comparison, value: otherSide(comparison) }];
  });
}

function isLookUp(parts: readonly Expression[], source: DataSource): boolean {
  const keys = keyParts(parts, source);
  return source.schema.key.every((each) =>
    keys.some(({ column, comparison }) => column === each && comparison.operator === '='),
  );
}

/** Stores are in the order of the keys' bytes: of texts and bytes a range is together. */
function isRangeScan(parts: readonly Expression[], source: DataSource): boolean {
  const { key } = source.schema;
  return key.length === 1 && (key[0]!.type.kind === 'STRING' || key[0]!.type.kind === 'BYTES') && parts.length > 0;
}

/** What is looked for is not null, and can be a key: numbers widen, and nothing else becomes another type. */
function checkValue(value: Expression, column: Column, comparison: Comparison, context: QueryContext): void {
  const { name, type } = column;
  if ((value.kind === 'string' && type.kind === 'STRING') || (value.kind === 'integer' && type.kind === 'INTEGER'))
    return;
  const module = new CodeModule();
  const written = valueCode(value, new Map(), module, { ...context, onError: () => {} });
  const run = module.link<() => unknown>(
    `function () { const k = null, v = null, t = 0, c = null; return ${written.code}; }`,
  );
  const found = written.type === null ? null : run();
  if (found === null) throw statementError(`Primary key columns can not be NULL: ${printExpression(comparison)}`);
  const from = written.type!;
  const isFitting = isSameType(from, type) || coercedType(from, type) !== undefined;
  if (isFitting && constantValue(value, type, context) !== null) return;
  throw statementError(
    `'${textFunction(from)(found)}' can not be converted to the type of the key column: ${name} ${typeText(type)} KEY`,
  );
}
