import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { HttpError } from '@headwater/http';
import type { RedisLink } from '../../redis/redis-link.ts';
import { hashed } from './memory-store.ts';
import type { Kind, StateStore } from './state-store.ts';

const lockMs = 10_000;
/** Deletes the lock only when it is still this gateway's. */
const unlockScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/**
 * Sessions in Redis, for all gateways of a system. A session is encrypted by a key that is made from the browser's cookie: whoever reads
 * Redis finds neither tokens nor what would open a session.
 */
export class RedisStore implements StateStore {
  readonly size = undefined;
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async get<T>(kind: Kind, id: string): Promise<T | undefined> {
    return open<T>(id, await this.#send('GET', keyOf(kind, id)));
  }

  async set(kind: Kind, id: string, value: object, ttlMs: number): Promise<void> {
    await this.#send('SET', keyOf(kind, id), seal(id, value), 'PX', String(Math.max(1, Math.ceil(ttlMs))));
  }

  async take<T>(kind: Kind, id: string): Promise<T | undefined> {
    return open<T>(id, await this.#send('GETDEL', keyOf(kind, id)));
  }

  async delete(kind: Kind, id: string): Promise<void> {
    await this.#send('UNLINK', keyOf(kind, id));
  }

  async index(name: string, id: string, ttlMs: number): Promise<void> {
    const key = `headwater:session-index:${hashed(name)}`;
    await this.#send('SADD', key, keyOf('session', id));
    await this.#send('PEXPIRE', key, String(Math.ceil(ttlMs)));
  }

  async deleteIndexed(name: string): Promise<number> {
    const key = `headwater:session-index:${hashed(name)}`;
    const sessions = [...((await this.#send('SMEMBERS', key)) as Iterable<string>)];
    let count = 0;
    for (const session of sessions) count += Number(await this.#send('UNLINK', session));
    await this.#send('UNLINK', key);
    return count;
  }

  async exclusive<T>(id: string, work: () => Promise<T>): Promise<T | undefined> {
    const key = `headwater:session-lock:${hashed(id)}`;
    const token = randomUUID();
    if ((await this.#send('SET', key, token, 'NX', 'PX', String(lockMs))) === null) return undefined;
    try {
      return await work();
    } finally {
      await this.#link.send('EVAL', unlockScript, '1', key, token).catch(() => {});
    }
  }

  /** Not to be told from a logout otherwise: the caller would be led to the login again and again. */
  async #send(...args: string[]): Promise<unknown> {
    try {
      return await this.#link.send(...args);
    } catch (error) {
      throw new HttpError(
        503,
        'HW_GATEWAY_SESSIONS_DOWN',
        'sessions cannot be read now: Redis does not answer; try again',
        {},
        error,
        { 'retry-after': '1' },
      );
    }
  }
}

function keyOf(kind: Kind, id: string): string {
  return `headwater:${kind}:${hashed(id)}`;
}

function sealingKey(id: string): Buffer {
  return Buffer.from(hkdfSync('sha256', id, '', 'headwater session', 32));
}

function seal(id: string, value: object): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(id), iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
}

function open<T>(id: string, sealed: unknown): T | undefined {
  if (typeof sealed !== 'string') return undefined;
  try {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', sealingKey(id), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    return JSON.parse(text) as T;
  } catch {
    // Changed by somebody else: no session.
    return undefined;
  }
}
