import { Decimal, JsonNumber, type JsonValue } from '@headwater/serdes';
import { statementError } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import type { Session } from '../../engine/session.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import { printStatement } from '../../syntax/printer/print-statement.ts';
import { isNumeric } from '../../types/implicit-cast.ts';
import { type SqlType, typeText } from '../../types/sql-type.ts';
import { longOf } from '../../values/long.ts';
import { ApiError, errorCodes } from '../api-error.ts';
import type { RowInserter } from '../sql-service.ts';

/**
 * Rows of `/inserts-stream`, each done as an INSERT INTO … VALUES of its columns.
 *
 * @throws ApiError 40001 where the target takes no rows so
 */
export function engineInserter(engine: SqlEngine, target: string, session: Session): RowInserter {
  const source = engine.catalog.source(target);
  if (source === undefined) throw refused(`Cannot insert values into an unknown stream: \`${target}\``);
  if (source.kind === 'TABLE') throw refused('Cannot insert into a table');
  if (source.keyFormat.window !== null) throw refused('Cannot insert values into windowed stream');
  if (source.isReadOnly) throw refused(`Cannot insert values into read-only stream: \`${target}\``);
  const types = new Map([...source.schema.key, ...source.schema.value].map(({ name, type }) => [name, type]));
  return {
    async insert(row) {
      const columns = [...row.keys()];
      const values = columns.map((name) => literalOf(row.get(name)!, typeOf(types, name, source)));
      const statement = { kind: 'insertValues', range: null, target, columns, values } as const;
      await engine.execute(printStatement(statement), session);
    },
    async close() {},
  };
}

function refused(message: string): ApiError {
  return new ApiError(errorCodes.badStatement, message);
}

function typeOf(types: ReadonlyMap<string, SqlType>, name: string, source: DataSource): SqlType {
  const type = types.get(name);
  if (type === undefined) throw statementError(`Column name \`${name}\` does not exist in \`${source.name}\``);
  return type;
}

const range = null;

/** A value as a statement would write it; what it may become is the engine's to say. */
function literalOf(value: JsonValue, type: SqlType): Expression {
  if (value === null) return { kind: 'null', range };
  if (typeof value === 'boolean') return asText({ kind: 'boolean', range, value }, type);
  if (typeof value === 'string') {
    const literal: Expression = { kind: 'string', range, value };
    // What JSON cannot say without loss comes as text.
    return type.kind === 'BOOLEAN' || isNumeric(type) ? { kind: 'cast', range, operand: literal, type } : literal;
  }
  if (value instanceof JsonNumber) return asText(numberLiteral(value), type);
  if (Array.isArray(value)) {
    if (type.kind !== 'ARRAY') throw mismatch('an array', type);
    return { kind: 'array', range, elements: value.map((each) => literalOf(each, type.element)) };
  }
  if (type.kind === 'MAP') {
    const entries = [...value].map(([name, each]) => ({
      key: { kind: 'string', range, value: name } as const,
      value: literalOf(each, type.value),
    }));
    return { kind: 'map', range, entries };
  }
  if (type.kind !== 'STRUCT') throw mismatch('an object', type);
  const fields = type.fields.map((field) => {
    const given = value.get(field.name) ?? [...value].find(([name]) => name.toUpperCase() === field.name)?.[1] ?? null;
    return { name: field.name, value: literalOf(given, field.type) };
  });
  return { kind: 'struct', range, fields };
}

function asText(operand: Expression, type: SqlType): Expression {
  return type.kind === 'STRING' ? { kind: 'cast', range, operand, type } : operand;
}

function numberLiteral({ text, isInteger }: JsonNumber): Expression {
  if (isInteger) {
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) === value) return { kind: 'long', range, value: longOf(value) };
    return { kind: 'decimal', range, value: new Decimal(value, 0) };
  }
  if (/e/i.test(text)) return { kind: 'double', range, value: Number(text), text };
  return { kind: 'decimal', range, value: Decimal.parse(text) };
}

function mismatch(what: string, type: SqlType): Error {
  return statementError(`Can't coerce ${what} to ${typeText(type)}`);
}
