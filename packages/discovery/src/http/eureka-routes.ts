import type { HttpContext, HttpServer } from '@headwater/http';
import type { Clock } from '../clock.ts';
import { DiscoveryError } from '../discovery-error.ts';
import { isStatus, type Status } from '../registry/instance.ts';
import type { Lease } from '../registry/lease.ts';
import type { Registry } from '../registry/registry.ts';
import { readInstance, unreadable } from '../wire/read-instance.ts';
import { readXmlInstance } from '../wire/read-xml.ts';
import type { Answers } from './answers.ts';
import { callerOf } from './caller.ts';
import { formatOf, mediaType, takesGzip } from './format.ts';

/** Where Spring's server has the tree, and where Netflix's has it. */
export const eurekaBases = ['/eureka', '/eureka/v2'] as const;

/** Largest description of an instance. */
const instanceBytesMax = 256 * 1024;

export interface EurekaRoom {
  registry: Registry;
  answers: Answers;
  clock: Clock;
}

/** Adds Eureka's REST operations below `base`. */
export function addEurekaRoutes(server: HttpServer, base: string, room: EurekaRoom): void {
  const { registry, answers } = room;
  const known = (ctx: HttpContext): { app: string; id: string; lease: Lease } => {
    const { app, id } = namesOf(ctx);
    const lease = registry.get(app, id);
    if (lease === undefined) throw unknownInstance(app, id);
    return { app, id, lease };
  };
  const register = async (ctx: HttpContext): Promise<void> => {
    const { app } = namesOf(ctx);
    const instance = readInstance(await readBody(ctx), app, room.clock.now());
    registry.register(instance, callerOf(ctx));
    ctx.send(204);
  };

  server.route('GET', `${base}/apps`, async (ctx) => {
    const [format, isZipped] = [formatOf(ctx), takesGzip(ctx)];
    sendFetched(ctx, await answers.all(format, isZipped), mediaType(format), isZipped);
  });
  server.route('GET', `${base}/apps/delta`, async (ctx) => {
    const [format, isZipped] = [formatOf(ctx), takesGzip(ctx)];
    sendFetched(ctx, await answers.delta(format, isZipped), mediaType(format), isZipped);
  });
  server.route('GET', `${base}/apps/:app`, (ctx) => {
    const { app } = namesOf(ctx);
    const leases = registry.apps.get(app);
    if (leases === undefined) {
      throw new DiscoveryError(404, 'HW_DISCOVERY_UNKNOWN_APP', `nobody has registered as ${app}`);
    }
    const format = formatOf(ctx);
    ctx.send(200, answers.application(app, leases.values(), format), { 'content-type': mediaType(format) });
  });
  server.route('POST', `${base}/apps/:app`, register, { maxBodyBytes: instanceBytesMax });
  server.route('GET', `${base}/apps/:app/:id`, (ctx) => {
    const format = formatOf(ctx);
    ctx.send(200, answers.instance(known(ctx).lease, format), { 'content-type': mediaType(format) });
  });
  server.route('PUT', `${base}/apps/:app/:id`, (ctx) => {
    const { app, id } = namesOf(ctx);
    const caller = callerOf(ctx);
    switch (registry.renew(app, id, lastDirtyOf(ctx), caller)) {
      case 'renewed':
        return ctx.send(200);
      case 'unknown':
        throw unknownInstance(app, id);
      case 'outdated':
        throw new DiscoveryError(
          404,
          'HW_DISCOVERY_NOT_IN_SYNC',
          `${app}/${id} has changed since it registered here: register again`,
        );
      case 'conflict': {
        const format = formatOf(ctx);
        return ctx.send(409, answers.instance(registry.get(app, id)!, format), { 'content-type': mediaType(format) });
      }
    }
  });
  server.route('DELETE', `${base}/apps/:app/:id`, (ctx) => {
    const { app, id } = known(ctx);
    registry.cancel(app, id, callerOf(ctx));
    ctx.send(200);
  });
  server.route('PUT', `${base}/apps/:app/:id/status`, (ctx) => {
    const { app, id } = known(ctx);
    registry.setStatus(app, id, statusOf(ctx.query.get('value')), lastDirtyOf(ctx), callerOf(ctx));
    ctx.send(200);
  });
  server.route('DELETE', `${base}/apps/:app/:id/status`, (ctx) => {
    const { app, id } = known(ctx);
    const value = ctx.query.get('value');
    registry.removeOverride(app, id, value === null ? 'UNKNOWN' : statusOf(value), lastDirtyOf(ctx), callerOf(ctx));
    ctx.send(200);
  });
  server.route('PUT', `${base}/apps/:app/:id/metadata`, (ctx) => {
    const { app, id } = known(ctx);
    // Of a key that is there twice the first value counts, as in Eureka.
    registry.setMetadata(app, id, [...ctx.query].reverse(), callerOf(ctx));
    ctx.send(200);
  });
  server.route('GET', `${base}/instances/:id`, (ctx) => {
    const id = ctx.params['id']!;
    const lease = registry.find(id);
    if (lease === undefined) throw unknownInstance(null, id);
    const format = formatOf(ctx);
    ctx.send(200, answers.instance(lease, format), { 'content-type': mediaType(format) });
  });
  for (const [path, field] of [
    ['vips', 'vipAddress'],
    ['svips', 'secureVipAddress'],
  ] as const) {
    server.route('GET', `${base}/${path}/:vip`, (ctx) => {
      const format = formatOf(ctx);
      ctx.send(200, answers.vip(field, ctx.params['vip']!, format), { 'content-type': mediaType(format) });
    });
  }
  server.route('GET', `${base}/serverinfo/statusoverrides`, (ctx) => {
    const overrides: [string, Status][] = [];
    for (const { id, override } of registry.leases()) if (override !== null) overrides.push([id, override.status]);
    ctx.sendJson(200, Object.fromEntries(overrides));
  });
}

/** The application in capitals, as it is kept, and the id as it is. */
function namesOf(ctx: HttpContext): { app: string; id: string } {
  return { app: ctx.params['app']!.toUpperCase(), id: ctx.params['id'] ?? '' };
}

async function readBody(ctx: HttpContext): Promise<unknown> {
  const mediaType = String(ctx.req.headers['content-type'] ?? '').toLowerCase();
  if (mediaType.includes('json')) {
    const body = (await ctx.json()) as { instance?: unknown } | null | undefined;
    if (typeof body !== 'object' || body === null) throw unreadable('the body must be {"instance":{…}}');
    return body.instance;
  }
  if (mediaType.includes('xml')) return await readXmlInstance(await ctx.body());
  throw new DiscoveryError(
    415,
    'HW_DISCOVERY_MEDIA_TYPE',
    'an instance is registered as application/json or application/xml: say which by Content-Type',
  );
}

function sendFetched(ctx: HttpContext, body: Buffer, mediaType: string, isZipped: boolean): void {
  ctx.send(200, body, {
    'content-type': mediaType,
    ...(isZipped && { 'content-encoding': 'gzip' }),
    vary: 'accept-encoding',
  });
}

function lastDirtyOf(ctx: HttpContext): number | undefined {
  const text = ctx.query.get('lastDirtyTimestamp');
  // What an instance without one passes on.
  if (text === null || text === '' || text === 'null') return undefined;
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  throw new DiscoveryError(400, 'HW_DISCOVERY_PARAMETER', 'lastDirtyTimestamp must be a number of milliseconds');
}

function statusOf(text: string | null): Status {
  const status = text?.toUpperCase() ?? '';
  if (isStatus(status)) return status;
  throw new DiscoveryError(400, 'HW_DISCOVERY_STATUS', 'value must be UP, DOWN, STARTING, OUT_OF_SERVICE or UNKNOWN');
}

export function unknownInstance(app: string | null, id: string): DiscoveryError {
  const name = app === null ? id : `${app}/${id}`;
  return new DiscoveryError(404, 'HW_DISCOVERY_UNKNOWN_INSTANCE', `${name} is not registered here: register it`);
}
