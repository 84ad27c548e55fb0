import type { HttpContext, HttpServer } from '@headwater/http';
import { DiscoveryError } from '../discovery-error.ts';
import { isStatus } from '../registry/instance.ts';
import type { Caller } from '../registry/registry.ts';
import { readInstance, unreadable } from '../wire/read-instance.ts';
import { callerOf } from './caller.ts';
import type { EurekaRoom } from './eureka-routes.ts';

const batchBytesMax = 10 * 1024 * 1024;
const batchItemsMax = 10_000;

interface Item {
  appName?: unknown;
  id?: unknown;
  lastDirtyTimestamp?: unknown;
  overriddenStatus?: unknown;
  status?: unknown;
  instanceInfo?: unknown;
  action?: unknown;
}

interface ItemAnswer {
  statusCode: number;
  responseEntity?: unknown;
}

/**
 * Takes what another Eureka server was told (`/peerreplication/batch`), so that a real one can name this one as its peer while services move.
 * Nothing is sent that way: discovery servers of Headwater agree by their topic.
 */
export function addPeerReplication(server: HttpServer, base: string, room: EurekaRoom): void {
  const answerOf = (item: Item, caller: Caller): ItemAnswer => {
    try {
      return apply(room, item, caller);
    } catch (error) {
      if (error instanceof DiscoveryError) return { statusCode: error.status };
      throw error;
    }
  };
  server.route(
    'POST',
    `${base}/peerreplication/batch`,
    async (ctx: HttpContext) => {
      const body = (await ctx.json()) as { replicationList?: unknown } | null | undefined;
      const list = body?.replicationList;
      if (!Array.isArray(list) || list.length > batchItemsMax) {
        throw unreadable(`the body must be {"replicationList":[…]} of at most ${batchItemsMax} entries`);
      }
      const caller: Caller = { ...callerOf(ctx), isReplica: true };
      ctx.sendJson(200, { responseList: list.map((item) => answerOf((item ?? {}) as Item, caller)) });
    },
    { maxBodyBytes: batchBytesMax },
  );
}

function apply({ registry, answers, clock }: EurekaRoom, item: Item, caller: Caller): ItemAnswer {
  const app = String(item.appName ?? '').toUpperCase();
  const id = String(item.id ?? '');
  const lastDirty = Number(item.lastDirtyTimestamp ?? Number.NaN);
  const lastDirtyTimestamp = Number.isSafeInteger(lastDirty) ? lastDirty : undefined;
  const status = String(item.status ?? '');
  switch (item.action) {
    case 'Register':
      registry.register(readInstance(item.instanceInfo, app, clock.now()), caller);
      return { statusCode: 200 };
    case 'Heartbeat': {
      const outcome = registry.renew(app, id, lastDirtyTimestamp, caller);
      if (outcome === 'renewed') return { statusCode: 200 };
      if (outcome !== 'conflict') return { statusCode: 404 };
      return { statusCode: 409, responseEntity: JSON.parse(answers.instanceJson(registry.get(app, id)!)) };
    }
    case 'Cancel':
      return { statusCode: registry.cancel(app, id, caller) ? 200 : 404 };
    case 'StatusUpdate':
      if (!isStatus(status)) return { statusCode: 500 };
      return { statusCode: registry.setStatus(app, id, status, lastDirtyTimestamp, caller) ? 200 : 404 };
    case 'DeleteStatusOverride': {
      const left = isStatus(status) ? status : 'UNKNOWN';
      return { statusCode: registry.removeOverride(app, id, left, lastDirtyTimestamp, caller) ? 200 : 404 };
    }
    default:
      return { statusCode: 500 };
  }
}
