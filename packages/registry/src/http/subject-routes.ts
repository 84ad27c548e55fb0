import { errors } from '../registry-error.ts';
import type { RegistryService } from '../service/registry-service.ts';
import type { RegisteredSchema } from '../state/records.ts';
import { checkSubject } from '../state/subject.ts';
import { answer, answerText, schemaBody } from './answer.ts';
import { flag, page, readSchema, versionOf } from './request.ts';
import { type AddRoute, type Call, subjectOfCall } from './routes.ts';
import { isInPrefix } from './schema-list.ts';
import { prefixOf } from './schema-routes.ts';
import { withQualifiedReferences, withTags } from './schema-view.ts';
import type { WriteGate } from './write-gate.ts';

/** `/subjects/…`. */
export function addSubjectRoutes(add: AddRoute, service: RegistryService, gate: WriteGate): void {
  const { registration, removal, state } = service;

  add('GET', '/subjects', (call) => {
    const { ctx } = call;
    const prefix = prefixOf(call, ':*:');
    const isDeletedOnly = flag(ctx, 'deletedOnly');
    const subjects = state
      .subjects(isDeletedOnly || flag(ctx, 'deleted'))
      .filter((each) => isInPrefix(each, prefix) && (!isDeletedOnly || state.versions(each).length === 0));
    answer(ctx, page(ctx, subjects));
  });

  add('POST', '/subjects/:subject', (call) => {
    const { body, ctx } = call;
    const found = service.lookUp(subject(call), readSchema(body), flag(ctx, 'normalize'), flag(ctx, 'deleted'));
    answer(ctx, schemaBody(found, textIn(found, call)));
  });

  add('DELETE', '/subjects/:subject', async (call) => {
    const { ctx } = call;
    await gate.pass(call, async () => {
      answer(ctx, await removal.deleteSubject(subject(call), flag(ctx, 'permanent')));
    });
  });

  add('GET', '/subjects/:subject/metadata', (call) => {
    const { ctx } = call;
    const values = ctx.query.getAll('value');
    const properties = new Map(
      ctx.query
        .getAll('key')
        .slice(0, values.length)
        .map((key, index) => [key, values[index]!]),
    );
    const found = service.withMetadata(subject(call), properties, flag(ctx, 'deleted'));
    answer(ctx, schemaBody(found, textIn(found, call)));
  });

  add('GET', '/subjects/:subject/versions', (call) => {
    const { ctx } = call;
    const name = subject(call);
    const isDeletedOnly = flag(ctx, 'deletedOnly');
    const asNegative = flag(ctx, 'deletedAsNegative');
    const all = state.versions(name, true);
    const isThere = isDeletedOnly || flag(ctx, 'deleted') ? all.length > 0 : state.versions(name).length > 0;
    if (!isThere) throw errors.subjectNotFound(name);
    const versions = all.filter(({ isDeleted }) =>
      asNegative ? true : isDeletedOnly ? isDeleted : flag(ctx, 'deleted') || !isDeleted,
    );
    const numbers = versions.map(({ isDeleted, version }) => (asNegative && isDeleted ? -version : version));
    answer(ctx, page(ctx, numbers));
  });

  add('POST', '/subjects/:subject/versions', async (call) => {
    const { body, ctx } = call;
    const name = subject(call);
    const submitted = readSchema(body);
    checkSubject(name);
    const isNormalized = flag(ctx, 'normalize');
    const tell = (registered: RegisteredSchema): void => {
      const { subject: _subject, ...told } = schemaBody(registered, textIn(registered, call));
      answer(ctx, told);
    };
    const existing = registration.existing(name, submitted, isNormalized);
    if (existing !== undefined) return tell(existing);
    await gate.pass(call, async () => {
      tell(await registration.register(name, submitted, { isNormalized, isForced: flag(ctx, 'force') }));
    });
  });

  add('GET', '/subjects/:subject/versions/:version', (call) => {
    const found = version(call);
    const body = schemaBody(withQualifiedReferences(found, call.ctx), textIn(found, call));
    answer(call.ctx, { ...body, ...withTags(call.ctx, found, service) });
  });

  add('GET', '/subjects/:subject/versions/:version/schema', (call) => {
    answerText(call.ctx, textIn(version(call), call));
  });

  add('GET', '/subjects/:subject/versions/:version/referencedby', (call) => {
    const found = version(call, true);
    const referrers = state.referrers(found.subject, found.version, flag(call.ctx, 'deleted'));
    const ids = new Set(referrers.map(({ id }) => id));
    answer(
      call.ctx,
      page(
        call.ctx,
        [...ids].sort((a, b) => a - b),
      ),
    );
  });

  add('DELETE', '/subjects/:subject/versions/:version', async (call) => {
    const { ctx } = call;
    const wanted = versionOf(ctx.params['version']!);
    await gate.pass(call, async () => {
      answer(ctx, await removal.deleteVersion(subject(call), wanted, flag(ctx, 'permanent')));
    });
  });

  function subject(call: Call): string {
    return service.settings.resolveAlias(subjectOfCall(call));
  }

  function version(call: Call, withDeleted = flag(call.ctx, 'deleted')): RegisteredSchema {
    return service.version(subject(call), versionOf(call.ctx.params['version']!), withDeleted);
  }

  function textIn(schema: RegisteredSchema, { ctx }: Call): string {
    return service.textOf(schema, ctx.query.get('format') ?? '');
  }
}
