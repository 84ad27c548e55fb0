import type { HttpContext } from '@headwater/http';
import type { Metadata } from '../rules/metadata.ts';
import type { RegisteredSchema } from '../state/records.ts';
import { mediaTypes } from './media-types.ts';

/** In the type that the client likes best of those that there are. */
export function answer(ctx: HttpContext, value: unknown, status = 200): void {
  ctx.send(status, JSON.stringify(value), { 'content-type': mediaTypes.answerTo(ctx) ?? mediaTypes.preferred });
}

/** The bare text of a schema. */
export function answerText(ctx: HttpContext, text: string): void {
  ctx.send(200, text, { 'content-type': mediaTypes.answerTo(ctx) ?? mediaTypes.preferred });
}

/** What is told of a registered schema. `schemaType` is left out for Avro, and what is empty too. */
export function schemaBody(schema: RegisteredSchema, text = schema.schema): Record<string, unknown> {
  const { schemaType, references, ruleSet } = schema;
  const metadata = filled(schema.metadata);
  return {
    subject: schema.subject,
    version: schema.version,
    id: schema.id,
    guid: schema.guid,
    ...(schemaType === 'AVRO' ? {} : { schemaType }),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    schema: text,
    ts: schema.timestamp,
    ...(schema.isDeleted ? { deleted: true } : {}),
  };
}

function filled(metadata: Metadata | undefined): Metadata | undefined {
  return metadata === undefined || Object.keys(metadata).length === 0 ? undefined : metadata;
}
