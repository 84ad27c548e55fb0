import type { Entity } from '../rest/entities/index.ts';
import type { SourcePosition } from '../syntax/source-range.ts';
import { SqlClientError } from './sql-client-error.ts';

/** An answer of ksqlDB's API that is an error: `generic_error`, `statement_error`. Undefined for other values. */
export function serverError(body: unknown, sql: string, status?: number): SqlClientError | undefined {
  if (typeof body !== 'object' || body === null || !('error_code' in body)) return undefined;
  const { error_code, message, statementText, entities, position: told } = body as Record<string, unknown>;
  const text = typeof message === 'string' ? message : `the server answers ${error_code}`;
  const position = placeIn(sql, told as Place | undefined) ?? positionOf(text, sql);
  return new SqlClientError('HW_SQL_CLIENT_SERVER', text, {
    errorCode: Number(error_code),
    ...(status !== undefined && { status }),
    ...(typeof statementText === 'string' && statementText !== '' && { statementText }),
    ...(position !== undefined && { position }),
    ...(Array.isArray(entities) && { entities: entities as Entity[] }),
  });
}

interface Place {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** ksqlDB tells places at the head of the message, `line 1:8: ` or `Line: 1, Col: 8: `, lines and columns from 1. */
function positionOf(message: string, sql: string): SourcePosition | undefined {
  const found = /^line(?: (\d+):|: (\d+), col: )(\d+): /i.exec(message);
  return found === null ? undefined : placeIn(sql, { line: Number(found[1] ?? found[2]), column: Number(found[3]) });
}

function placeIn(sql: string, place: Place | undefined): SourcePosition | undefined {
  if (!Number.isSafeInteger(place?.line) || !Number.isSafeInteger(place?.column)) return undefined;
  const { line } = place!;
  const column = Math.max(0, place!.column - 1);
  const lines = sql.split('\n', line);
  if (line < 1 || lines.length < line) return undefined;
  const before = lines.slice(0, line - 1).reduce((length, each) => length + each.length + 1, 0);
  return { line, column, index: Math.min(sql.length, before + column) };
}
