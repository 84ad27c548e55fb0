import type { HttpContext } from '@headwater/http';
import { parseJson, SchemaError, type SchemaReference, type SchemaType } from '@headwater/serdes';
import { type Json, plainJson } from '../json.ts';
import { errors, RegistryError } from '../registry-error.ts';
import { listAt, objectAt, textAt } from '../rules/fields.ts';
import { readMetadata } from '../rules/metadata.ts';
import { checkRuleSet, readRuleSet } from '../rules/rule-set.ts';
import type { SubmittedSchema } from '../service/content.ts';

const intMax = 0x7fff_ffff;

/** The body, as an object. @throws RegistryError 400, 422 */
export function readObject(bytes: Buffer): Record<string, Json> {
  const text = bytes.toString();
  try {
    const value = text.trim() === '' ? null : plainJson(parseJson(text));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (error instanceof SchemaError) throw new RegistryError(400, error.message);
    throw error;
  }
  throw new RegistryError(422, 'The body must be a JSON object.');
}

/** @throws RegistryError 400, 422, 42201, 42210 */
export function readSchema(bytes: Buffer): SubmittedSchema {
  const body = readObject(bytes);
  const schemaType = textAt(body['schemaType'], 'schemaType') ?? 'AVRO';
  if (!isSchemaType(schemaType)) throw errors.invalidSchema(`Invalid schema type ${schemaType}`);
  for (const name of ['schemaTagsToAdd', 'schemaTagsToRemove', 'propagateSchemaTags']) {
    const asked = body[name] ?? false;
    if (asked !== false && (!Array.isArray(asked) || asked.length > 0)) {
      throw errors.invalidSchema(`"${name}" is not served by this registry: write the tags into the schema.`);
    }
  }
  const ruleSet = readRuleSet(body['ruleSet']);
  checkRuleSet(ruleSet);
  return {
    schema: textAt(body['schema'], 'schema') ?? '',
    schemaType,
    references: readReferences(body['references']),
    metadata: readMetadata(body['metadata']),
    ruleSet,
    version: wholeNumber(body['version'], 'version') ?? 0,
    id: wholeNumber(body['id'], 'id') ?? -1,
  };
}

function isSchemaType(text: string): text is SchemaType {
  return text === 'AVRO' || text === 'JSON' || text === 'PROTOBUF';
}

function readReferences(json: Json | undefined): SchemaReference[] {
  const list = listAt(json, 'references') ?? [];
  return list.map((each, index) => {
    const where = `references[${index}]`;
    const reference = objectAt(each, where) ?? {};
    const name = textAt(reference['name'], `${where}.name`);
    const subject = textAt(reference['subject'], `${where}.subject`);
    const version = wholeNumber(reference['version'], `${where}.version`);
    if (name === undefined || subject === undefined || version === undefined) {
      throw errors.invalidSchema('A reference needs "name", "subject" and "version"');
    }
    return { name, subject, version };
  });
}

function wholeNumber(json: Json | undefined, where: string): number | undefined {
  if (json === undefined || json === null) return undefined;
  const value = typeof json === 'string' && json.trim() !== '' ? Number(json) : json;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < -1 || value > intMax) {
    throw new RegistryError(400, `"${where}" must be a whole number up to ${intMax}.`);
  }
  return value;
}

/** `latest` and -1 are -1. @throws RegistryError 42202 */
export function versionOf(text: string): number {
  if (text === 'latest' || text === '-1') return -1;
  const version = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (version < 1 || version > intMax) throw errors.invalidVersion(text);
  return version;
}

export function flag(ctx: HttpContext, name: string): boolean {
  return ctx.query.get(name)?.toLowerCase() === 'true';
}

/** `offset` and `limit` of a list; without a limit, with one below one or above the greatest, the greatest counts. */
export function page<T>(ctx: HttpContext, all: readonly T[], limitMax = Number.POSITIVE_INFINITY): T[] {
  const offset = Math.max(0, numberOf(ctx, 'offset', 0));
  const asked = numberOf(ctx, 'limit', -1);
  return all.slice(offset, offset + (asked < 1 || asked > limitMax ? limitMax : asked));
}

/** A parameter that is no number leads nowhere, as in the system that this stands for. */
function numberOf(ctx: HttpContext, name: string, otherwise: number): number {
  const text = ctx.query.get(name);
  if (text === null || text === '') return otherwise;
  if (!/^[+-]?\d{1,10}$/.test(text)) throw errors.notFound();
  return Number(text);
}
