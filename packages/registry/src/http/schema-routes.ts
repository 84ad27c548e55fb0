import type { HttpContext } from '@headwater/http';
import { errors } from '../registry-error.ts';
import type { RegistryService } from '../registry-service.ts';
import type { RegisteredSchema } from '../state/records.ts';
import { defaultContext, parseSubject } from '../state/subject.ts';
import { answer, contentBody, schemaBody } from './answer.ts';
import { flag, page } from './request.ts';
import type { AddRoute } from './routes.ts';

/** `/schemas/…`: schemas by id, by guid, and lists of all. */
export function addSchemaRoutes(add: AddRoute, service: RegistryService): void {
  const { state } = service;

  add('GET', '/schemas/types', (ctx) => answer(ctx, ['JSON', 'PROTOBUF', 'AVRO']));

  add('GET', '/schemas', (ctx, context) => {
    const prefix = ctx.query.get('subjectPrefix') ?? '';
    const withDeleted = flag(ctx, 'deleted');
    const subjects = state.subjects(withDeleted).filter((subject) => isInPrefix(subject, prefix, context));
    const found = subjects.flatMap((subject) => {
      const versions = state.versions(subject, withDeleted);
      return flag(ctx, 'latestOnly') ? versions.slice(-1) : versions;
    });
    answer(
      ctx,
      page(ctx, found).map((schema) => schemaBody(schema)),
    );
  });

  add('GET', '/schemas/ids/:id', (ctx, context) => {
    const found = byId(ctx, context);
    const format = ctx.query.get('format') ?? '';
    const maxId = flag(ctx, 'fetchMaxId') ? { maxId: state.lastId(contextOfQuery(ctx, context)) } : {};
    answer(ctx, { ...contentBody(found, textIn(found, format)), guid: found.guid, ts: found.timestamp, ...maxId });
  });

  add('GET', '/schemas/ids/:id/schema', (ctx, context) => {
    const found = byId(ctx, context);
    ctx.send(200, textIn(found, ctx.query.get('format') ?? ''), { 'content-type': 'application/json' });
  });

  add('GET', '/schemas/ids/:id/subjects', (ctx, context) => {
    const subjects = holders(ctx, context).map(({ subject }) => subject);
    answer(ctx, page(ctx, [...new Set(subjects)]));
  });

  add('GET', '/schemas/ids/:id/versions', (ctx, context) => {
    answer(
      ctx,
      page(
        ctx,
        holders(ctx, context).map(({ subject, version }) => ({ subject, version })),
      ),
    );
  });

  add('GET', '/schemas/guids/:guid', (ctx) => {
    const found = state.byGuid(ctx.params['guid']!)[0]?.schemas[0];
    if (found === undefined) throw errors.schemaIdNotFound(ctx.params['guid']!);
    answer(ctx, {
      ...contentBody(found, textIn(found, ctx.query.get('format') ?? '')),
      guid: found.guid,
      ts: found.timestamp,
    });
  });

  add('GET', '/schemas/guids/:guid/ids', (ctx) => {
    const found = state.byGuid(ctx.params['guid']!);
    if (found.length === 0) throw errors.schemaIdNotFound(ctx.params['guid']!);
    answer(
      ctx,
      found.map(({ context, schemas }) => ({ context, id: schemas[0]!.id })),
    );
  });

  /** `subject` says which context is meant, and which of those that share the id. */
  function byId(ctx: HttpContext, context: string | undefined): RegisteredSchema {
    const id = idOf(ctx);
    const subject = ctx.query.get('subject') ?? '';
    const all = state.byId(contextOfQuery(ctx, context), id);
    const inOthers = all.length > 0 || subject !== '' ? all : anywhere(id, parseSubject(subject).name);
    const found = inOthers.find((each) => each.subject === subject) ?? inOthers[0];
    if (found === undefined) throw errors.schemaIdNotFound(id);
    return found;
  }

  /** Without a context, an id that the default one does not have is looked for under the subject's name in the others. */
  function anywhere(id: number, name: string): RegisteredSchema[] {
    if (name === '') return [];
    return state
      .contexts()
      .flatMap((context) => state.byId(context, id).filter((each) => parseSubject(each.subject).name === name));
  }

  function holders(ctx: HttpContext, context: string | undefined): RegisteredSchema[] {
    const id = idOf(ctx);
    const all = state.byId(contextOfQuery(ctx, context), id);
    if (all.length === 0) throw errors.schemaIdNotFound(id);
    const subject = ctx.query.get('subject') ?? '';
    const isMeant =
      parseSubject(subject).name === '' ? () => true : (each: RegisteredSchema) => each.subject === subject;
    return all.filter((each) => (flag(ctx, 'deleted') || !each.isDeleted) && isMeant(each));
  }

  function textIn(schema: RegisteredSchema, format: string): string {
    return format === '' ? schema.schema : (service.parsed(schema).formatted(format) ?? schema.schema);
  }
}

function idOf(ctx: HttpContext): number {
  const text = ctx.params['id']!;
  if (!/^\d{1,10}$/.test(text)) throw errors.schemaIdNotFound(text);
  return Number(text);
}

function contextOfQuery(ctx: HttpContext, context: string | undefined): string {
  const { context: asked } = parseSubject(ctx.query.get('subject') ?? '');
  return asked === defaultContext ? (context ?? defaultContext) : asked;
}

/** The prefix may name a context (`:.ctx:`), or all of them (`:*:`). */
export function isInPrefix(subject: string, prefix: string, context: string | undefined): boolean {
  if (prefix.startsWith(':*:')) return parseSubject(subject).name.startsWith(prefix.slice(3));
  const wanted = parseSubject(prefix);
  const own = parseSubject(subject);
  const wantedContext = wanted.context === defaultContext ? (context ?? defaultContext) : wanted.context;
  return own.context === wantedContext && own.name.startsWith(wanted.name);
}
