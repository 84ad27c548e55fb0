import type { HttpContext } from '@headwater/http';
import { ConfigError } from '../config-error.ts';
import type { EnvironmentRequest } from '../service/config-service.ts';
import type { WatchHub } from '../watch/watch-hub.ts';
import { isUnsafe, withSlashes } from './spring-paths.ts';

/** `GET /api/watch?application=orders&profile=dev&label=main` as server-sent events. */
export async function watch(ctx: HttpContext, hub: WatchHub, request: EnvironmentRequest): Promise<void> {
  const join = await hub.prepare(request);
  const last = ctx.req.headers['last-event-id'] ?? ctx.query.get('lastEventId') ?? undefined;
  if (ctx.res.destroyed) return;
  join(ctx.sse(), typeof last === 'string' && last !== '' ? last : undefined);
}

/** Reads `application`, `profile` (or `profiles`) and `label`. Throws HW_CONFIG_BAD_REQUEST. */
export function requestOfQuery(ctx: HttpContext): EnvironmentRequest {
  const application = ctx.query.get('application') ?? ctx.query.get('name') ?? '';
  const profiles = ctx.query.get('profiles') ?? ctx.query.get('profile') ?? 'default';
  const label = ctx.query.get('label');
  return checkedRequest(application, profiles === '' ? 'default' : profiles, label === '' ? null : label);
}

export function checkedRequest(application: string, profiles: string, label: string | null): EnvironmentRequest {
  if (application === '') throw new ConfigError('HW_CONFIG_BAD_REQUEST', 'say which application: ?application=orders');
  if ([application, profiles, label ?? ''].some(isUnsafe)) {
    throw new ConfigError('HW_CONFIG_BAD_REQUEST', 'the name, profile or label leads out of the repository');
  }
  return { application: withSlashes(application), profiles, label: label === null ? null : withSlashes(label) };
}
