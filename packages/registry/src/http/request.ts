import type { HttpContext } from '@headwater/http';
import { parseJson, SchemaError, type SchemaReference, type SchemaType } from '@headwater/serdes';
import { plain } from '../log/record-codec.ts';
import { errors, RegistryError } from '../registry-error.ts';
import type { SubmittedSchema } from '../registry-service.ts';
import type { Json } from '../state/records.ts';

/** The body, as an object. @throws RegistryError 400, 42201 */
export async function readObject(ctx: HttpContext): Promise<Record<string, Json>> {
  const text = (await ctx.body()).toString();
  try {
    const value = text.trim() === '' ? null : plain(parseJson(text));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (error instanceof SchemaError) throw new RegistryError(400, error.message);
    throw error;
  }
  throw new RegistryError(422, 'The body must be a JSON object.');
}

export async function readSchema(ctx: HttpContext): Promise<SubmittedSchema> {
  const body = await readObject(ctx);
  const { schema, schemaType = 'AVRO', references = [] } = body;
  if (typeof schema !== 'string' || schema.trim() === '') throw errors.invalidSchema('Empty schema');
  if (!isSchemaType(schemaType)) throw errors.invalidSchema(`Invalid schema type ${String(schemaType)}`);
  return {
    schema,
    schemaType,
    references: readReferences(references),
    metadata: body['metadata'] ?? undefined,
    ruleSet: body['ruleSet'] ?? undefined,
    version: wholeNumber(body['version']),
    id: wholeNumber(body['id']),
  };
}

function isSchemaType(text: Json): text is SchemaType {
  return text === 'AVRO' || text === 'JSON' || text === 'PROTOBUF';
}

function readReferences(json: Json): SchemaReference[] {
  if (json === null) return [];
  if (!Array.isArray(json)) throw errors.invalidSchema('"references" must be a list');
  return json.map((each) => {
    const { name, subject, version } = (each ?? {}) as Record<string, Json>;
    if (typeof name !== 'string' || typeof subject !== 'string' || typeof version !== 'number') {
      throw errors.invalidSchema('A reference needs "name", "subject" and "version"');
    }
    return { name, subject, version };
  });
}

function wholeNumber(json: Json | undefined): number {
  return typeof json === 'number' && Number.isSafeInteger(json) ? json : 0;
}

/** `latest` and -1 are -1. @throws RegistryError 42202 */
export function versionOf(text: string): number {
  if (text === 'latest' || text === '-1') return -1;
  const version = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (version < 1 || version > 0x7fff_ffff) throw errors.invalidVersion(text);
  return version;
}

export function flag(ctx: HttpContext, name: string): boolean {
  return ctx.query.get(name)?.toLowerCase() === 'true';
}

/** `offset` and `limit` of a list; a limit below zero is none. */
export function page<T>(ctx: HttpContext, all: readonly T[]): T[] {
  const offset = Math.max(0, numberOf(ctx, 'offset', 0));
  const limit = numberOf(ctx, 'limit', -1);
  return all.slice(offset, limit < 0 ? undefined : offset + limit);
}

function numberOf(ctx: HttpContext, name: string, otherwise: number): number {
  const text = ctx.query.get(name);
  if (text === null) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RegistryError(400, `"${name}" must be a whole number, not "${text}".`);
  return value;
}
