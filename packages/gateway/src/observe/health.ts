import type { HttpContext } from '@headwater/http';
import type { RedisLink } from '../redis/redis-link.ts';
import type { Endpoint } from '../stages/module.ts';

/**
 * `GET /health`, `/actuator/health`: for load balancers and orchestrators, who hold no token, and so without a word about why. `DOWN` (503) when the
 * gateway cannot do its work: Redis away with `limits.fail: closed`. Away with `local` it is `UP`, and redis `DOWN`.
 */
export function healthEndpoints(redis: RedisLink | undefined, fail: 'local' | 'closed'): readonly Endpoint[] {
  const serve = (ctx: HttpContext): void => {
    const isRedisUp = redis?.isUp !== false;
    const isUp = isRedisUp || fail === 'local';
    ctx.sendJson(
      isUp ? 200 : 503,
      {
        status: isUp ? 'UP' : 'DOWN',
        components: redis === undefined ? {} : { redis: { status: isRedisUp ? 'UP' : 'DOWN' } },
      },
      { 'cache-control': 'no-store' },
    );
  };
  return ['/health', '/actuator/health'].map((path) => ({ path, methods: ['GET'], isPublic: true, serve }));
}
