import { quotedName, typeText } from '../../types/sql-type.ts';
import type { ApiError } from '../api-error.ts';
import type { ResultColumn, ResultRow, RunningQuery } from '../sql-service.ts';
import { rowJson } from './value-json.ts';

/** The texts of one answer, in the order of its methods. */
export interface ResultWriter {
  readonly contentType: string;
  head(): string;
  rows(rows: readonly ResultRow[]): string;
  error(error: ApiError): string;
  /** @param message told where the form has a place for it */
  end(message: string | null): string;
}

export const mediaTypes = {
  delimited: 'application/vnd.ksqlapi.delimited.v1',
  v1: 'application/vnd.ksql.v1+json',
  json: 'application/json',
  protobuf: 'application/vnd.ksql.v1+protobuf',
} as const;

/** ``K STRING KEY, V INTEGER`` with names quoted, as ksqlDB tells the schema of results. */
export function schemaText(columns: readonly ResultColumn[]): string {
  return columns
    .map(({ name, type, isKey }) => `${quotedName(name)} ${typeText(type)}${isKey ? ' KEY' : ''}`)
    .join(', ');
}

function metadata({ id, kind, columns }: RunningQuery): string {
  return JSON.stringify({
    ...(kind === 'push' || id !== '' ? { queryId: id } : {}),
    columnNames: columns.map(({ name }) => name),
    columnTypes: columns.map(({ type }) => typeText(type)),
  });
}

/** A line of what comes, then a line a row. */
export function delimitedWriter(query: RunningQuery): ResultWriter {
  const row = rowJson(query.columns.map(({ type }) => type));
  return {
    contentType: mediaTypes.delimited,
    head: () => `${metadata(query)}\n`,
    rows: (rows) => rows.map(({ values }) => `${row(values)}\n`).join(''),
    error: (error) => `${JSON.stringify(error.body)}\n`,
    end: () => '',
  };
}

/** The same in one JSON array. */
export function jsonArrayWriter(query: RunningQuery): ResultWriter {
  const row = rowJson(query.columns.map(({ type }) => type));
  return {
    contentType: mediaTypes.json,
    head: () => `[${metadata(query)}`,
    rows: (rows) => rows.map(({ values }) => `,\n${row(values)}`).join(''),
    error: (error) => `,\n${JSON.stringify(error.body)}`,
    end: () => ']',
  };
}

/** The older form: an array of objects with one member each. */
export function streamedRowWriter(query: RunningQuery, contentType: string = mediaTypes.v1): ResultWriter {
  const row = rowJson(query.columns.map(({ type }) => type));
  const header = { header: { queryId: query.id, schema: schemaText(query.columns) } };
  return {
    contentType,
    head: () => `[${JSON.stringify(header)}`,
    rows: (rows) =>
      rows
        .map(
          ({ values, isTombstone }) => `,\n{"row":{"columns":${row(values)}${isTombstone ? ',"tombstone":true' : ''}}}`,
        )
        .join(''),
    error: (error) => `,\n${JSON.stringify({ errorMessage: error.body })}`,
    end: (message) => (message === null ? ']' : `,\n${JSON.stringify({ finalMessage: message })}]`),
  };
}
