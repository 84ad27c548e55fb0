import { statementError } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import { ExpressionWriter } from '../../expressions/expression-writer.ts';
import { literalValue } from '../../expressions/list-item.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import { sourceCodecSpec } from '../../plan/physical/source-flow.ts';
import type { Column } from '../../schema/column.ts';
import { SqlError } from '../../sql-error.ts';
import type { Expression, InsertValues } from '../../syntax/ast/index.ts';
import { castFunction } from '../../types/cast.ts';
import { coerceLiteral } from '../../types/common-type.ts';
import { coercedType } from '../../types/implicit-cast.ts';
import { isSameType, type SqlType, sqlTypes, typeText } from '../../types/sql-type.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';

/** INSERT INTO … VALUES: one record to the topic of a stream or table. */
export async function insertValues(
  engine: SqlEngine,
  statement: InsertValues,
  session: Session,
): Promise<StatementResult> {
  const source = targetOf(engine, statement.target);
  const columns = insertedColumns(source, statement);
  const row = new Map<string, unknown>();
  for (const [at, column] of columns.entries()) {
    row.set(column.name, evaluatedAs(statement.values[at]!, column, engine, session));
  }
  const rowtime = row.get('ROWTIME');
  const timestamp = rowtime === undefined || rowtime === null ? engine.now() : Number(rowtime);
  const { key, value } = source.schema;
  const keyRow = key.map(({ name }) => row.get(name) ?? null);
  const valueRow = value.map(({ name }) => row.get(name) ?? null);
  if (source.kind === 'TABLE' && keyRow.includes(null)) {
    throw statementError(
      `Failed to insert values into '${source.name}'. Value for primary key column(s) ${key.map(({ name }) => name).join(', ')} is required for tables`,
    );
  }
  const keyCodec = rowCodec(sourceCodecSpec(source, 'key', engine));
  const valueCodec = rowCodec(sourceCodecSpec(source, 'value', engine));
  await keyCodec.register?.();
  await valueCodec.register?.();
  const bytes = (codec: typeof keyCodec, values: readonly unknown[]) =>
    codec.isNull(values) ? null : Buffer.from(codec.encode(values, source.topic) as Buffer);
  await engine.topics.produce(source.topic, {
    key: bytes(keyCodec, keyRow),
    value: bytes(valueCodec, valueRow),
    timestamp,
    headers: [],
  });
  return done('Inserted one row');
}

function targetOf({ catalog }: SqlEngine, name: string): DataSource {
  const source = catalog.source(name);
  if (source === undefined) {
    const alike = catalog.sources.find((each) => each.name.toUpperCase() === name.toUpperCase());
    const isUpper = alike?.name === alike?.name.toUpperCase();
    const hint =
      alike === undefined
        ? ''
        : isUpper
          ? `\nDid you mean ${alike.name}? Hint: try removing double quotes from the source name.`
          : `\nDid you mean "${alike.name}"? Hint: wrap the source name in double quotes to make it case-sensitive.`;
    throw statementError(`Cannot insert values into an unknown stream/table: \`${name}\`${hint}`);
  }
  if (source.isReadOnly) {
    throw statementError(`Cannot insert values into read-only ${source.kind.toLowerCase()}: ${name}`);
  }
  if (source.keyFormat.window !== null) throw statementError('Cannot insert values into windowed stream/table!');
  return source;
}

function insertedColumns({ schema }: DataSource, { columns, values }: InsertValues): readonly Column[] {
  const known = [...schema.key, ...schema.value];
  if (columns.length === 0) {
    if (values.length !== known.length) {
      throw statementError(
        `Expected a value for each column. Expected Columns: [${known.map(({ name }) => name).join(', ')}]. Got ${values.length} values`,
      );
    }
    return known;
  }
  const headers = columns.filter((name) => schema.headers.some((header) => header.name === name));
  if (headers.length > 0) throw statementError(`Cannot insert into HEADER columns: ${headers.join(', ')}`);
  if (columns.length !== values.length) {
    throw statementError(
      `Expected number columns and values to match: [${columns.join(', ')}], ${values.length} values`,
    );
  }
  return columns.map((name) => {
    if (name === 'ROWTIME') return { name, type: sqlTypes.bigint };
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

function converted(value: unknown, from: SqlType, to: SqlType, name: string): unknown {
  if (isSameType(from, to)) return value;
  try {
    if (coercedType(from, to, true) === undefined && from.kind !== 'STRING') throw new SqlError('HW_SQL_STATEMENT', '');
    return typeof value === 'object' ? castFunction(from, to)(value) : coerceLiteral(value, from, to);
  } catch (error) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `Expected type ${typeText(to)} for field \`${name}\` but got ${typeText(from)}(${String(value)})`,
      { cause: error },
    );
  }
}
