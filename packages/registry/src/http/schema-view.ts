import type { HttpContext } from '@headwater/http';
import type { RegistryService } from '../service/registry-service.ts';
import type { RegisteredSchema } from '../state/records.ts';
import { subjectFrom } from '../state/subject.ts';
import { taggedEntities } from '../tagged-entities.ts';

/** With `referenceFormat=qualified` references name their contexts. */
export function withQualifiedReferences(schema: RegisteredSchema, ctx: HttpContext): RegisteredSchema {
  if (ctx.query.get('referenceFormat') !== 'qualified') return schema;
  const references = schema.references.map((each) => ({ ...each, subject: subjectFrom(schema.subject, each.subject) }));
  return { ...schema, references };
}

/** With `findTags` what has one of these tags in the schema's text; `*` stands for all. */
export function withTags(
  ctx: HttpContext,
  schema: RegisteredSchema,
  service: RegistryService,
): { schemaTags?: unknown[] } {
  const wanted = ctx.query.getAll('findTags').filter((tag) => tag !== '');
  if (wanted.length === 0) return {};
  const found = taggedEntities(service.parsed(schema)).filter(({ tags }) =>
    tags.some((tag) => wanted.includes('*') || wanted.includes(tag)),
  );
  const schemaTags = found.map(({ path, tags, type }) => ({
    schemaEntity: { entityPath: path, entityType: type },
    tags,
  }));
  return schemaTags.length === 0 ? {} : { schemaTags };
}
