import { createHash } from 'node:crypto';
import type { RedisLink } from '../redis/redis-link.ts';
import { decisionOf, type Limit, type LimitDecision } from './limit.ts';

/**
 * One token bucket as one hash. Redis runs a script as a whole, so that gateways cannot take the same token; its own clock counts, so that
 * theirs need not agree. Thousandths of tokens are kept as text; a bucket that is full again is the same as none, and expires.
 */
const script = `
local rate, capacity, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local held = redis.call('HMGET', KEYS[1], 't', 'a')
local tokens, at = tonumber(held[1]) or capacity, tonumber(held[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * rate / 1000)
local allowed = 0
if tokens + 0.000001 >= cost then
  tokens = math.max(0, tokens - cost)
  allowed = 1
end
redis.call('HSET', KEYS[1], 't', string.format('%.6f', tokens), 'a', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) * 1000 / rate) + 1000)
return { allowed, string.format('%.6f', tokens) }
`;
const sha = createHash('sha1').update(script).digest('hex');

/** Says that this gateway is there, and counts those that have said so within 15 s. */
const aliveScript = `
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - 15)
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('ZCARD', KEYS[1])
`;

const prefix = 'headwater:limit:';
const gatewaysKey = 'headwater:limit-gateways';

/** The buckets that all gateways of one Redis share. */
export class RedisBuckets {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** Rejects when Redis cannot be asked. */
  async take(limit: Limit, key: string): Promise<LimitDecision> {
    const args = [
      redisKey(limit.id, key),
      String(limit.replenishRate),
      String(limit.burstCapacity),
      String(limit.requestedTokens),
    ];
    let answer: unknown;
    try {
      answer = await this.#link.send('EVALSHA', sha, '1', ...args);
    } catch (error) {
      // A Redis that was started anew does not know the script.
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      answer = await this.#link.send('EVAL', script, '1', ...args);
    }
    const [allowed, tokens] = answer as [unknown, unknown];
    return decisionOf(limit, Number(tokens), Number(allowed) === 1, 1, 'redis');
  }

  async gateways(id: string): Promise<number> {
    return Number(await this.#link.send('EVAL', aliveScript, '1', gatewaysKey, id));
  }

  async leave(id: string): Promise<void> {
    await this.#link.send('ZREM', gatewaysKey, id);
  }

  /** Makes buckets full again, those of keys that only other gateways have seen too. */
  async reset(route?: string, key?: string): Promise<void> {
    const pattern = `${prefix}{${route === undefined ? '*' : `${escapeGlob(route)} *`}:${key === undefined ? '*' : escapeGlob(key)}}`;
    let cursor = '0';
    do {
      const [next, keys] = (await this.#link.send('SCAN', cursor, 'MATCH', pattern, 'COUNT', '500')) as [
        string,
        string[],
      ];
      for (const each of keys) await this.#link.send('UNLINK', each);
      cursor = String(next);
    } while (cursor !== '0');
  }
}

/** In braces what decides on the node of a cluster. */
function redisKey(limitId: string, key: string): string {
  return `${prefix}{${limitId}:${key}}`;
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^-]/g, '\\$&');
}
