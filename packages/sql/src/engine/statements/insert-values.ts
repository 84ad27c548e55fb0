import { statementError, unknownSource } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import { ExpressionWriter } from '../../expressions/expression-writer.ts';
import { literalValue } from '../../expressions/list-item.ts';
import { eachColumn } from '../../expressions/walk.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import { sourceCodecSpec } from '../../plan/physical/source-flow.ts';
import type { Column } from '../../schema/column.ts';
import { SqlError } from '../../sql-error.ts';
import type { Expression, InsertValues } from '../../syntax/ast/index.ts';
import { printExpression } from '../../syntax/printer/print-expression.ts';
import { castFunction } from '../../types/cast.ts';
import { coerceLiteral } from '../../types/common-type.ts';
import { coercedType } from '../../types/implicit-cast.ts';
import { isSameType, type SqlType, sqlTypes, typeText } from '../../types/sql-type.ts';
import { textFunction } from '../../values/value-text.ts';
import type { ProducedRecord } from '../engine-services.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';
import { checkKeySchema } from './check-key-schema.ts';

/** INSERT INTO … VALUES: one record to the topic of a stream or table. @throws SqlError in ksqlDB's words */
export async function insertValues(
  engine: SqlEngine,
  statement: InsertValues,
  session: Session,
): Promise<StatementResult> {
  checkForm(statement);
  const source = targetOf(engine, statement);
  let record: ProducedRecord;
  try {
    record = await recordOf(engine, source, statement, session);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw error.told({ message: `Failed to insert values into '${source.name}'. ${error.message}` });
  }
  await engine.topics.produce(source.topic, record);
  return done('Inserted one row');
}

/** What is wrong whatever the target is. */
function checkForm({ columns, values }: InsertValues): void {
  if (columns.length > 0 && columns.length !== values.length) {
    throw statementError(
      `Failed to prepare statement: Expected number columns and values to match: ${columns.length}, ${values.length}`,
    );
  }
  for (const value of values) {
    eachColumn(value, (column) => {
      if (column.source !== null) throw unknownSource(column.source, column.range);
    });
  }
}

async function recordOf(
  engine: SqlEngine,
  source: DataSource,
  statement: InsertValues,
  session: Session,
): Promise<ProducedRecord> {
  const columns = insertedColumns(source, statement);
  const row = new Map<string, unknown>();
  for (const [at, column] of columns.entries()) {
    const value = statement.values[at]!;
    eachColumn(value, () => {
      throw statementError(`Unsupported column reference in insert value: ${printExpression(value)}`);
    });
    row.set(column.name, evaluatedAs(value, column, engine, session));
  }
  const rowtime = row.get('ROWTIME');
  const timestamp = rowtime === undefined || rowtime === null ? engine.now() : Number(rowtime);
  const { key, value } = source.schema;
  const keyRow = key.map(({ name }) => row.get(name) ?? null);
  const valueRow = value.map(({ name }) => row.get(name) ?? null);
  if (source.kind === 'TABLE' && keyRow.includes(null)) {
    const missing = key.filter((_, at) => keyRow[at] === null).map(({ name }) => name);
    throw statementError(`Value for primary key column(s) ${missing.join(', ')} is required for tables`);
  }
  const keyCodec = rowCodec(sourceCodecSpec(source, 'key', engine));
  const valueCodec = rowCodec(sourceCodecSpec(source, 'value', engine));
  await checkKeySchema(source, engine.registry);
  await keyCodec.register?.();
  await valueCodec.register?.();
  const bytes = (codec: typeof keyCodec, values: readonly unknown[]) =>
    codec.isNull(values) ? null : Buffer.from(codec.encode(values, source.topic) as Buffer);
  return { key: bytes(keyCodec, keyRow), value: bytes(valueCodec, valueRow), timestamp, headers: [] };
}

/** @throws SqlError that goes without the statement's text, as ksqlDB has it */
function targetOf({ catalog }: SqlEngine, { columns, target }: InsertValues): DataSource {
  const refused = (message: string) => statementError(message).told({ statementText: '' });
  const source = catalog.source(target);
  if (source === undefined) {
    throw refused(
      `Cannot insert values into an unknown stream/table: \`${target}\`${alikeText(catalog.sources, target)}`,
    );
  }
  if (source.isReadOnly) {
    throw refused(`Cannot insert values into read-only ${source.kind.toLowerCase()}: ${target}`);
  }
  if (source.keyFormat.window !== null) throw refused('Cannot insert values into windowed stream/table!');
  const names = source.schema.headers.map(({ name }) => name);
  const headers = columns.length === 0 ? names : columns.filter((name) => names.includes(name));
  if (headers.length > 0) throw refused(`Cannot insert into HEADER columns: ${headers.join(', ')}`);
  return source;
}

/** Names that differ in their case only. */
function alikeText(sources: readonly DataSource[], name: string): string {
  const alike = sources.find((each) => each.name.toUpperCase() === name.toUpperCase());
  if (alike === undefined) return '';
  return alike.name === alike.name.toUpperCase()
    ? `\nDid you mean ${alike.name}? Hint: try removing double quotes from the source name.`
    : `\nDid you mean "${alike.name}"? Hint: wrap the source name in double quotes to make it case-sensitive.`;
}

function insertedColumns({ schema }: DataSource, { columns, values }: InsertValues): readonly Column[] {
  const known = [...schema.key, ...schema.value];
  if (columns.length === 0) {
    if (values.length === known.length) return known;
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `Expected a value for each column. Expected Columns: []. Got [${values.map((each) => printExpression(each)).join(', ')}]`,
      { hint: `The columns are ${known.map(({ name }) => name).join(', ')}` },
    );
  }
  return columns.map((name) => {
    if (name === 'ROWTIME') return { name, type: sqlTypes.bigint };
    if (name === 'ROWPARTITION' || name === 'ROWOFFSET') {
      throw statementError(`Inserting into column \`${name}\` is not allowed.`);
    }
    const column = known.find((each) => each.name === name);
    if (column === undefined) throw statementError(`Column name \`${name}\` does not exist.`);
    return column;
  });
}

/** The value of an expression without columns, as one of the column's type. */
export function evaluatedAs(
  expression: Expression,
  { name, type }: Column,
  engine: SqlEngine,
  session: Session,
): unknown {
  const literal = literalValue(expression);
  const writer = new ExpressionWriter(
    { column: () => undefined },
    { functions: engine.functions, properties: engine.settingsOf(session), row: 'k, v, t, c' },
  );
  const written = writer.write(expression);
  if (written.type === null) return null;
  if (literal !== undefined && literal !== null) return converted(literal, written.type, type, name);
  const run = writer.module.link<() => unknown>(
    `function () { let k, v, t, c; ${writer.frame.declaration} return ${written.code}; }`,
  );
  const value = run();
  return value === null ? null : converted(value, written.type, type, name);
}

/** As ksqlDB does it: numbers widen, texts become times and bytes; a text is no number, and a number is no text. */
function converted(value: unknown, from: SqlType, to: SqlType, name: string): unknown {
  if (isSameType(from, to)) return value;
  try {
    if (coercedType(from, to) === undefined) throw new SqlError('HW_SQL_STATEMENT', '');
    return typeof value === 'object' && to.kind !== 'DECIMAL' && to.kind !== 'DOUBLE'
      ? castFunction(from, to)(value)
      : coerceLiteral(value, from, to);
  } catch (error) {
    const form = from.kind === 'STRING' ? timeForms[to.kind] : undefined;
    const hint = form === undefined ? '' : `. ${form}`;
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `Expected type ${typeText(to)} for field \`${name}\` but got ${from.kind}(${textFunction(from)(value)})${hint}`,
      { cause: error },
    );
  }
}

const timeForms: Partial<Record<SqlType['kind'], string>> = {
  TIMESTAMP: 'Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]',
  TIME: 'Time format must be hh:mm:ss[.S]',
  DATE: 'Date format must be yyyy-mm-dd',
};
