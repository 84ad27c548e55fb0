import type { HttpContext } from '@headwater/http';
import { JsonNumber, type JsonObject, type JsonValue, jsonText, parseJson } from '@headwater/serdes';
import { ApiError, errorCodes } from './api-error.ts';
import type { RequestSession } from './sql-service.ts';

/** What `/ksql`, `/query` and `/query-stream` are sent. */
export interface SqlRequest {
  readonly sql: string;
  readonly session: RequestSession;
  readonly commandSequenceNumber: number | null;
}

/** The two names of each member: those of the older endpoints, and those of `/query-stream`. */
export interface RequestNames {
  readonly sql: 'ksql' | 'sql';
  readonly properties: 'streamsProperties' | 'properties';
}

export const olderNames: RequestNames = { sql: 'ksql', properties: 'streamsProperties' };
export const newerNames: RequestNames = { sql: 'sql', properties: 'properties' };

const typesTaken = [
  'application/vnd.ksql.v1+json',
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
];

/** The body as JSON, no digit lost. @throws ApiError 40000 for what is no JSON object, 41500 for bodies of other kinds */
export async function jsonBody(ctx: HttpContext): Promise<JsonObject> {
  const type = ctx.req.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  // `curl -d` says "form" of everything: ksqlDB takes it, and looks at the body alone.
  if (type !== '' && !type.startsWith('application/vnd.ksqlapi') && !typesTaken.includes(type))
    throw new ApiError(errorCodes.unsupportedMediaType, `Unsupported media type: ${type.slice(0, 100)}. Send JSON`);
  return jsonObject((await ctx.body()).toString('utf8'));
}

/** @throws ApiError 40000 */
export function jsonObject(text: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new ApiError(errorCodes.badRequest, `Invalid JSON in request: ${(cause as Error).message}`, { cause });
  }
  if (!(value instanceof Map))
    throw new ApiError(errorCodes.badRequest, 'Invalid JSON in request: an object is expected');
  return value;
}

/** @throws ApiError 40000 for members that are not of their type */
export function sqlRequest(body: JsonObject, names: RequestNames): SqlRequest {
  return {
    sql: text(body, names.sql) ?? '',
    session: { properties: settings(body, names.properties), variables: settings(body, 'sessionVariables') },
    commandSequenceNumber: integer(body, 'commandSequenceNumber'),
  };
}

export function text(body: JsonObject, name: string): string | null {
  const value = body.get(name) ?? null;
  if (value !== null && typeof value !== 'string') throw wrong(name, 'a string');
  return value;
}

function integer(body: JsonObject, name: string): number | null {
  const value = body.get(name) ?? null;
  if (value === null) return null;
  if (!(value instanceof JsonNumber) || !Number.isSafeInteger(Number(value.text))) throw wrong(name, 'an integer');
  return Number(value.text);
}

/** Values of any simple type, as text. */
export function settings(body: JsonObject, name: string): Map<string, string> {
  const value = body.get(name) ?? null;
  if (value === null) return new Map();
  if (!(value instanceof Map)) throw wrong(name, 'an object');
  return new Map([...value].map(([key, each]) => [key, typeof each === 'string' ? each : jsonText(each)]));
}

function wrong(name: string, what: string): ApiError {
  return new ApiError(errorCodes.badRequest, `Invalid JSON in request: "${name}" must be ${what}`);
}
