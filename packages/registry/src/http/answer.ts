import type { HttpContext } from '@headwater/http';
import type { RegisteredSchema } from '../state/records.ts';

export const mediaTypes = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const;

/** In the type that the client likes best of those that there are. */
export function answer(ctx: HttpContext, value: unknown, status = 200): void {
  ctx.send(status, JSON.stringify(value), { 'content-type': mediaTypeFor(ctx) });
}

export function mediaTypeFor(ctx: HttpContext): string {
  const accepted = (ctx.req.headers.accept ?? '').split(',').map((each) => {
    const [type = '', ...parameters] = each.trim().split(';');
    const quality = parameters.map((text) => /^\s*q=([\d.]+)/.exec(text)?.[1]).find((text) => text !== undefined);
    return { type: type.trim(), quality: quality === undefined ? 1 : Number(quality) };
  });
  const liked = accepted.filter(({ type }) => (mediaTypes as readonly string[]).includes(type));
  liked.sort((a, b) => b.quality - a.quality);
  return liked[0]?.type ?? mediaTypes[0];
}

/** What is told of a registered schema. `schemaType` is left out for Avro, and what is empty too. */
export function schemaBody(schema: RegisteredSchema, text = schema.schema): Record<string, unknown> {
  return {
    subject: schema.subject,
    version: schema.version,
    id: schema.id,
    guid: schema.guid,
    ...contentBody(schema, text),
    ts: schema.timestamp,
    ...(schema.isDeleted ? { deleted: true } : {}),
  };
}

/** Of a schema whatever it is registered under. */
export function contentBody(schema: RegisteredSchema, text = schema.schema): Record<string, unknown> {
  const { schemaType, references, metadata, ruleSet } = schema;
  return {
    ...(schemaType === 'AVRO' ? {} : { schemaType }),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    schema: text,
  };
}
