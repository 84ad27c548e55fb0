import { RegistryError } from '../registry-error.ts';
import type { RegistryService } from '../service/registry-service.ts';
import { answer } from './answer.ts';
import { flag, readSchema, versionOf } from './request.ts';
import { type AddRoute, type Call, subjectOfCall } from './routes.ts';

/** `/compatibility/…`: may this schema follow? */
export function addCompatibilityRoutes(add: AddRoute, service: RegistryService): void {
  add('POST', '/compatibility/subjects/:subject/versions', (call) => check(call, 'all'));
  add('POST', '/compatibility/subjects/:subject/versions/:version', (call) =>
    check(call, versionOf(call.ctx.params['version']!)),
  );

  function check(call: Call, version: number | 'all'): void {
    const { body, ctx } = call;
    const isVerbose = flag(ctx, 'verbose');
    const subject = service.settings.resolveAlias(subjectOfCall(call));
    const submitted = readSchema(body);
    let messages: string[];
    try {
      messages = service.checkCompatibility(subject, submitted, flag(ctx, 'normalize'), version);
    } catch (error) {
      // A schema that cannot be understood does not fit either.
      if (!(error instanceof RegistryError) || error.errorCode !== 42201 || !isVerbose) throw error;
      messages = [error.message];
    }
    const isCompatible = messages.length === 0;
    answer(ctx, isVerbose ? { is_compatible: isCompatible, messages } : { is_compatible: isCompatible });
  }
}
