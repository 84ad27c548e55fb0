import type { HttpContext } from '@headwater/http';
import type { Caller } from '../registry/registry.ts';

export function callerOf(ctx: HttpContext): Caller {
  const { headers, socket } = ctx.req;
  return {
    address: socket.remoteAddress?.replace(/^::ffff:/, '') ?? null,
    isReplica: headers['x-netflix-discovery-replication'] === 'true',
  };
}
