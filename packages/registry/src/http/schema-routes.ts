import { errors } from '../registry-error.ts';
import type { RegistryService } from '../service/registry-service.ts';
import type { RegisteredSchema } from '../state/records.ts';
import { allContexts, parseSubject } from '../state/subject.ts';
import { answer, answerText, schemaBody } from './answer.ts';
import { flag, page } from './request.ts';
import { type AddRoute, type Call, subjectOfQuery } from './routes.ts';
import { listSchemas } from './schema-list.ts';
import { withQualifiedReferences, withTags } from './schema-view.ts';

/** As many as one answer lists. */
const listedMax = 1_000;

/** `/schemas/…`: schemas by id, by guid, and lists of all. */
export function addSchemaRoutes(add: AddRoute, service: RegistryService): void {
  const { state } = service;

  add('GET', '/schemas/types', ({ ctx }) => answer(ctx, ['JSON', 'PROTOBUF', 'AVRO']));

  add('GET', '/schemas', (call) => {
    const { ctx } = call;
    const listed = listSchemas(state, {
      prefix: prefixOf(call, ''),
      withAliases: flag(ctx, 'aliases'),
      withDeleted: flag(ctx, 'deleted'),
      latestOnly: flag(ctx, 'latestOnly'),
      ruleType: ctx.query.get('ruleType') ?? '',
    });
    const bodies = page(ctx, listed, listedMax).map(({ aliases, schema }) => ({
      ...schemaBody(schema),
      ...(aliases.length === 0 ? {} : { aliases }),
    }));
    answer(ctx, bodies);
  });

  add('GET', '/schemas/ids/:id', (call) => {
    const { ctx } = call;
    const found = byId(call);
    const { id: _id, ...body } = schemaBody(withQualifiedReferences(found, ctx), textIn(found, call));
    const { context } = parseSubject(found.subject);
    const maxId = flag(ctx, 'fetchMaxId') ? { maxId: state.lastId(context) } : {};
    answer(ctx, { ...body, ...withTags(ctx, found, service), ...maxId });
  });

  add('GET', '/schemas/ids/:id/schema', (call) => answerText(call.ctx, textIn(byId(call), call)));

  add('GET', '/schemas/ids/:id/subjects', (call) => {
    const subjects = holders(call).map(({ subject }) => subject);
    answer(call.ctx, page(call.ctx, [...new Set(subjects)]));
  });

  add('GET', '/schemas/ids/:id/versions', (call) => {
    const versions = holders(call).map(({ subject, version }) => ({ subject, version }));
    answer(call.ctx, page(call.ctx, versions));
  });

  add('GET', '/schemas/guids/:guid', (call) => {
    const { ctx } = call;
    const guid = ctx.params['guid']!;
    const found = state.byGuid(guid.toLowerCase())[0]?.schemas[0];
    if (found === undefined) throw errors.schemaIdNotFound(guid);
    const { id: _id, subject: _subject, version: _version, ...body } = schemaBody(found, textIn(found, call));
    answer(ctx, body);
  });

  add('GET', '/schemas/guids/:guid/ids', ({ ctx }) => {
    const found = state.byGuid(ctx.params['guid']!.toLowerCase());
    answer(
      ctx,
      found.map(({ context, schemas }) => ({ context, id: schemas[0]!.id })),
    );
  });

  function byId(call: Call): RegisteredSchema {
    return service.byId(idOf(call), service.settings.resolveAlias(subjectOfQuery(call, 'subject')));
  }

  /** All under which an id is registered, or those of one subject. */
  function holders(call: Call): RegisteredSchema[] {
    const id = idOf(call);
    const subject = service.settings.resolveAlias(subjectOfQuery(call, 'subject'));
    const withDeleted = flag(call.ctx, 'deleted');
    let first: RegisteredSchema;
    try {
      first = service.byId(id, subject);
    } catch {
      throw errors.schemaNotFound();
    }
    const all = state.byId(parseSubject(first.subject).context, id);
    return all.filter(({ isDeleted }) => withDeleted || !isDeleted);
  }

  function textIn(schema: RegisteredSchema, { ctx }: Call): string {
    return service.textOf(schema, ctx.query.get('format') ?? '');
  }
}

/** `subjectPrefix` of a list: in the call's context when it names none. */
export function prefixOf(call: Call, otherwise: string): string {
  const { context, ctx } = call;
  const prefix = ctx.query.get('subjectPrefix') ?? (context === undefined ? otherwise : '');
  return prefix.startsWith(allContexts) || context === undefined ? prefix : subjectOfPrefix(prefix, context);
}

function subjectOfPrefix(prefix: string, context: string): string {
  return prefix.startsWith(':.') || context === '.' ? prefix : `:${context}:${prefix}`;
}

function idOf({ ctx }: Call): number {
  const text = ctx.params['id']!;
  if (!/^-?\d{1,10}$/.test(text)) throw errors.notFound();
  return Number(text);
}
