import { type HttpContext, HttpError } from '@headwater/http';
import { type CircuitBreakerState, ResilienceError } from '@headwater/resilience';
import type { Changes } from '../observe/changes.ts';
import { isObject } from '../routes/definition.ts';
import type { Call } from '../stages/call.ts';
import type { Endpoint } from '../stages/module.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';
import type { Services } from './services.ts';

const states: readonly string[] = ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'FORCED_OPEN', 'METRICS_ONLY'];

/**
 * `GET /api/gateway/breakers`, `POST /api/gateway/breakers/NAME {state}`, `GET /api/gateway/instances`,
 * `POST /api/gateway/instances/SERVICE/ID {isEjected}`. Who has logged in needs the role `admin` to change something.
 */
export function callsEndpoints(breakers: CircuitBreakers, services: Services, changes: Changes): readonly Endpoint[] {
  return [
    {
      path: '/api/gateway/breakers/',
      methods: ['GET', 'POST'],
      async serve(ctx, call) {
        const [name] = namesBelow(call, '/api/gateway/breakers');
        if (name === undefined) return listOnly(ctx, call, { breakers: breakersOf(breakers) });
        const breaker = breakers.get(name);
        if (breaker === undefined)
          throw new HttpError(404, 'HW_GATEWAY_NO_BREAKER', `no route has a circuit breaker named "${name}"`);
        if (call.method === 'POST') {
          const change = await changeOf(ctx, call);
          const state = String(change['state']).toUpperCase();
          if (!states.includes(state)) throw badChange(`state must be one of ${states.join(', ')}`);
          try {
            breaker.transitionTo(state as CircuitBreakerState, byWhom(call, change));
          } catch (error) {
            if (!(error instanceof ResilienceError)) throw error;
            throw new HttpError(409, 'HW_GATEWAY_BAD_CHANGE', error.message, {}, error);
          }
        }
        ctx.sendJson(
          200,
          breakersOf(breakers).find((each) => each.name === name),
        );
      },
    },
    {
      path: '/api/gateway/instances/',
      methods: ['GET', 'POST'],
      async serve(ctx, call) {
        const [service, id] = namesBelow(call, '/api/gateway/instances');
        if (service === undefined)
          return listOnly(ctx, call, { discovery: services.discovery, instances: services.states() });
        if (call.method === 'POST') {
          const change = await changeOf(ctx, call);
          const { isEjected } = change;
          if (typeof isEjected !== 'boolean') throw badChange('isEjected must be true or false');
          if (!services.get(service)?.setEjected(id ?? '', isEjected, byWhom(call, change)))
            throw new HttpError(
              404,
              'HW_GATEWAY_UNKNOWN_INSTANCE',
              `"${service}" has no instance "${id ?? ''}": see /api/gateway/instances`,
            );
        }
        const found = services.states().filter((each) => each.service === service.toLowerCase());
        ctx.sendJson(200, { instances: id === undefined ? found : found.filter((each) => each.id === id) });
      },
    },
    {
      path: '/api/gateway/changes',
      methods: ['GET'],
      serve: (ctx) => ctx.sendJson(200, { changes: changes.recent }),
    },
  ];
}

/** The breakers as they are shown. */
export function breakersOf(breakers: CircuitBreakers) {
  return breakers.snapshots().map((snapshot) => ({ ...snapshot, calls: breakers.countsOf(snapshot.name) }));
}

/** Throws HttpError 403 for a caller who has logged in without the role `admin`. Who need not log in may. */
export function checkMayChange(call: Call): void {
  if (call.caller === undefined || call.caller.roles.includes('admin')) return;
  throw new HttpError(
    403,
    'HW_GATEWAY_FORBIDDEN',
    `${call.caller.name} may look but not change this: it needs the role "admin"`,
  );
}

function listOnly(ctx: HttpContext, call: Call, list: unknown): void {
  if (call.method === 'POST') throw badChange('which one? POST to its own path');
  ctx.sendJson(200, list);
}

async function changeOf(ctx: HttpContext, call: Call): Promise<Record<string, unknown>> {
  checkMayChange(call);
  const change = await ctx.json();
  if (!isObject(change)) throw badChange('the body must be a JSON object');
  return change;
}

function badChange(message: string): HttpError {
  return new HttpError(400, 'HW_GATEWAY_BAD_CHANGE', message);
}

function byWhom(call: Call, { reason }: Record<string, unknown>): string {
  const who = call.caller?.name ?? (call.user || 'developer');
  return typeof reason === 'string' && reason !== '' ? `${reason.slice(0, 200)} (${who})` : `by hand (${who})`;
}

function namesBelow(call: Call, path: string): string[] {
  return call.path
    .slice(path.length)
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}
