import type { HttpContext } from '@headwater/http';
import { isCompatibilityLevel } from '../compatibility/levels.ts';
import { errors } from '../registry-error.ts';
import type { RegistryService } from '../registry-service.ts';
import { isMode } from '../state/records.ts';
import { contextOf, defaultContext, subjectOf, subjectText } from '../state/subject.ts';
import { answer } from './answer.ts';
import { flag, readObject } from './request.ts';
import type { AddRoute } from './routes.ts';

/** `/config`, `/mode` and `/contexts`. */
export function addSettingsRoutes(add: AddRoute, service: RegistryService): void {
  const { state } = service;

  add('GET', '/config', (ctx, context) => answer(ctx, service.config(ofContext(context))));
  add('PUT', '/config', async (ctx, context) => {
    answer(ctx, await update(ctx, ofContext(context)));
  });
  add('DELETE', '/config', async (ctx, context) => answer(ctx, await service.deleteConfig(ofContext(context))));

  add('GET', '/config/:subject', (ctx, context) => {
    const subject = subjectOf(ctx.params['subject']!, context);
    const own = state.config(subject);
    if (own === undefined && !flag(ctx, 'defaultToGlobal')) throw errors.noSubjectCompatibility(subject);
    answer(ctx, flag(ctx, 'defaultToGlobal') ? service.config(subject) : own);
  });
  add('PUT', '/config/:subject', async (ctx, context) => {
    answer(ctx, await update(ctx, subjectOf(ctx.params['subject']!, context)));
  });
  add('DELETE', '/config/:subject', async (ctx, context) => {
    answer(ctx, await service.deleteConfig(subjectOf(ctx.params['subject']!, context)));
  });

  add('GET', '/mode', (ctx, context) => answer(ctx, { mode: service.mode(ofContext(context)) }));
  add('PUT', '/mode', (ctx, context) => setMode(ctx, ofContext(context)));
  add('DELETE', '/mode', async (ctx, context) => answer(ctx, { mode: await service.deleteMode(ofContext(context)) }));

  add('GET', '/mode/:subject', (ctx, context) => {
    const subject = subjectOf(ctx.params['subject']!, context);
    const own = state.mode(subject);
    if (own === undefined && !flag(ctx, 'defaultToGlobal')) throw errors.noSubjectMode(subject);
    answer(ctx, { mode: own ?? service.mode(subject) });
  });
  add('PUT', '/mode/:subject', (ctx, context) => setMode(ctx, subjectOf(ctx.params['subject']!, context)));
  add('DELETE', '/mode/:subject', async (ctx, context) => {
    answer(ctx, { mode: await service.deleteMode(subjectOf(ctx.params['subject']!, context)) });
  });

  /** GET says compatibilityLevel where PUT says compatibility: so it is in the system that this stands for. */
  async function update(ctx: HttpContext, subject: string | null): Promise<Record<string, unknown>> {
    const { compatibility, ...others } = await readObject(ctx);
    const changed: Record<string, unknown> = { ...others };
    if (compatibility !== undefined && compatibility !== null) {
      const level = String(compatibility).toUpperCase();
      if (!isCompatibilityLevel(level)) throw errors.invalidLevel();
      changed['compatibilityLevel'] = level;
    }
    const { compatibilityLevel, ...rest } = await service.setConfig(subject, changed);
    return { ...(compatibilityLevel === undefined ? {} : { compatibility: compatibilityLevel }), ...rest };
  }

  async function setMode(ctx: HttpContext, subject: string | null): Promise<void> {
    const { mode } = await readObject(ctx);
    const wanted = String(mode).toUpperCase();
    if (!isMode(wanted)) throw errors.invalidMode();
    await service.setMode(subject, wanted, flag(ctx, 'force'));
    answer(ctx, { mode: wanted });
  }
}

/** Settings of a context are kept as those of its subject without a name. */
function ofContext(context: string | undefined): string | null {
  return context === undefined || context === defaultContext
    ? null
    : subjectText({ context: contextOf(context), name: '' });
}
