import type { HttpContext } from '@headwater/http';
import { errors, RegistryError } from '../registry-error.ts';
import { conflictMessages, type RegistryService } from '../registry-service.ts';
import type { RegisteredSchema } from '../state/records.ts';
import { subjectOf } from '../state/subject.ts';
import { answer, schemaBody } from './answer.ts';
import { flag, page, readSchema, versionOf } from './request.ts';
import type { AddRoute } from './routes.ts';
import { isInPrefix } from './schema-routes.ts';

/** `/subjects/…` and `/compatibility/…`. */
export function addSubjectRoutes(add: AddRoute, service: RegistryService): void {
  const { state } = service;

  add('GET', '/subjects', (ctx, context) => {
    const prefix = ctx.query.get('subjectPrefix') ?? (context === undefined ? ':*:' : '');
    const isDeletedOnly = flag(ctx, 'deletedOnly');
    const subjects = state.subjects(isDeletedOnly || flag(ctx, 'deleted')).filter((subject) => {
      if (isDeletedOnly && state.versions(subject).length > 0) return false;
      return isInPrefix(subject, prefix, context);
    });
    answer(ctx, page(ctx, subjects));
  });

  add('POST', '/subjects/:subject', async (ctx, context) => {
    const submitted = await readSchema(ctx);
    const found = service.lookUp(subject(ctx, context), submitted, flag(ctx, 'normalize'), flag(ctx, 'deleted'));
    answer(ctx, schemaBody(found, textIn(found, ctx)));
  });

  add('DELETE', '/subjects/:subject', async (ctx, context) => {
    answer(ctx, await service.deleteSubject(subject(ctx, context), flag(ctx, 'permanent')));
  });

  add('GET', '/subjects/:subject/metadata', (ctx, context) => {
    const name = subject(ctx, context);
    const [keys, values] = [ctx.query.getAll('key'), ctx.query.getAll('value')];
    if (keys.length !== values.length) throw new RegistryError(400, '"key" and "value" must come in pairs.');
    const versions = state.versions(service.resolveAlias(name), flag(ctx, 'deleted')).reverse();
    if (versions.length === 0) throw errors.subjectNotFound(name);
    const found = versions.find(({ metadata }) => {
      const properties = (metadata as { properties?: Record<string, string> } | undefined)?.properties ?? {};
      return keys.every((key, index) => properties[key] === values[index]);
    });
    if (found === undefined) throw errors.schemaNotFound();
    answer(ctx, schemaBody(found, textIn(found, ctx)));
  });

  add('GET', '/subjects/:subject/versions', (ctx, context) => {
    const name = subject(ctx, context);
    const isDeletedOnly = flag(ctx, 'deletedOnly');
    const asNegative = flag(ctx, 'deletedAsNegative');
    const all = state.versions(service.resolveAlias(name), isDeletedOnly || asNegative || flag(ctx, 'deleted'));
    const versions = isDeletedOnly ? all.filter(({ isDeleted }) => isDeleted) : all;
    if (versions.length === 0) throw errors.subjectNotFound(name);
    answer(
      ctx,
      page(
        ctx,
        versions.map(({ isDeleted, version }) => (asNegative && isDeleted ? -version : version)),
      ),
    );
  });

  add('POST', '/subjects/:subject/versions', async (ctx, context) => {
    const submitted = await readSchema(ctx);
    const registered = await service.register(subject(ctx, context), submitted, flag(ctx, 'normalize'));
    answer(ctx, schemaBody(registered, textIn(registered, ctx)));
  });

  add('GET', '/subjects/:subject/versions/:version', (ctx, context) => {
    const found = version(ctx, context);
    answer(ctx, schemaBody(found, textIn(found, ctx)));
  });

  add('GET', '/subjects/:subject/versions/:version/schema', (ctx, context) => {
    ctx.send(200, textIn(version(ctx, context), ctx), { 'content-type': 'application/json' });
  });

  add('GET', '/subjects/:subject/versions/:version/referencedby', (ctx, context) => {
    const found = version(ctx, context);
    const ids = state.referrers(found.subject, found.version, flag(ctx, 'deleted')).map(({ id }) => id);
    answer(
      ctx,
      page(
        ctx,
        [...new Set(ids)].sort((a, b) => a - b),
      ),
    );
  });

  add('DELETE', '/subjects/:subject/versions/:version', async (ctx, context) => {
    const wanted = versionOf(ctx.params['version']!);
    answer(ctx, await service.deleteVersion(subject(ctx, context), wanted, flag(ctx, 'permanent')));
  });

  const compatibility = (wantedOf: (ctx: HttpContext) => number | 'all') => {
    return async (ctx: HttpContext, context: string | undefined): Promise<void> => {
      const name = subject(ctx, context);
      const submitted = await readSchema(ctx);
      const { conflict, level } = service.checkCompatibility(name, submitted, flag(ctx, 'normalize'), wantedOf(ctx));
      if (!flag(ctx, 'verbose')) return answer(ctx, { is_compatible: conflict === null });
      const earlier =
        conflict === null ? undefined : state.version(service.resolveAlias(name), conflict.earlier.version);
      const messages = conflict === null || earlier === undefined ? [] : conflictMessages(conflict, earlier, level);
      answer(ctx, { is_compatible: conflict === null, messages });
    };
  };
  add(
    'POST',
    '/compatibility/subjects/:subject/versions',
    compatibility(() => 'all'),
  );
  add(
    'POST',
    '/compatibility/subjects/:subject/versions/:version',
    compatibility((ctx) => versionOf(ctx.params['version']!)),
  );

  function subject(ctx: HttpContext, context: string | undefined): string {
    return subjectOf(ctx.params['subject']!, context);
  }

  function version(ctx: HttpContext, context: string | undefined): RegisteredSchema {
    return service.version(subject(ctx, context), versionOf(ctx.params['version']!), flag(ctx, 'deleted'));
  }

  function textIn(schema: RegisteredSchema, ctx: HttpContext): string {
    const format = ctx.query.get('format') ?? '';
    return format === '' ? schema.schema : (service.parsed(schema).formatted(format) ?? schema.schema);
  }
}
