import { isIPv6 } from 'node:net';

interface Failures {
  count: number;
  lastMs: number;
  blockedUntilMs: number;
}

const pairFree = 4;
const addressFree = 30;
const userFree = 60;
const longestWaitMs = 15 * 60_000;
const forgetAfterMs = 30 * 60_000;
const trustedForMs = 30 * 24 * 3_600_000;
const maxEntries = 20_000;

/**
 * Slows down who guesses passwords: each further failure of one user from one address doubles the wait, from one second to a quarter of
 * an hour. An address that fails with many users, and a user that fails from many addresses, wait too; but an address that the user
 * logged in from lately is free of what others do to the user's name, so that no stranger locks anybody out.
 *
 * An attempt counts as failed from its beginning, so that a hundred at once are a hundred failures. Memory is bounded: the failures that
 * are the longest ago are forgotten first.
 */
export class LoginThrottle {
  readonly #now: () => number;
  readonly #pairs = new Map<string, Failures>();
  readonly #addresses = new Map<string, Failures>();
  readonly #users = new Map<string, Failures>();
  readonly #trusted = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Begins an attempt: it counts as a failure until `succeed`.
   *
   * @returns milliseconds to wait, 0 when the attempt may be made now
   */
  begin(user: string, address: string): number {
    const { pair, network, name } = keysOf(user, address);
    const now = this.#now();
    const trustedAtMs = this.#trusted.get(pair);
    const isTrusted = trustedAtMs !== undefined && trustedAtMs > now - trustedForMs;
    const waitMs = Math.max(
      this.#wait(this.#pairs, pair, now),
      this.#wait(this.#addresses, network, now),
      isTrusted ? 0 : this.#wait(this.#users, name, now),
    );
    if (waitMs > 0) return waitMs;
    this.#fail(this.#pairs, pair, pairFree, now);
    this.#fail(this.#addresses, network, addressFree, now);
    this.#fail(this.#users, name, userFree, now);
    return 0;
  }

  /** The attempt that was begun was right. */
  succeed(user: string, address: string): void {
    const { pair, network, name } = keysOf(user, address);
    this.#pairs.delete(pair);
    this.#forgive(this.#addresses, network);
    this.#forgive(this.#users, name);
    this.#trusted.delete(pair);
    this.#trusted.set(pair, this.#now());
    bound(this.#trusted);
  }

  /** The attempt that was begun was not made after all. */
  cancel(user: string, address: string): void {
    const { pair, network, name } = keysOf(user, address);
    this.#forgive(this.#pairs, pair);
    this.#forgive(this.#addresses, network);
    this.#forgive(this.#users, name);
  }

  /** What an administrator does for somebody who waits. */
  clear(user: string): void {
    const name = user.trim().toLowerCase();
    this.#users.delete(name);
    for (const pair of this.#pairs.keys()) if (pair.endsWith(`\n${name}`)) this.#pairs.delete(pair);
  }

  /** Failures of a user's name, and how long it waits. */
  status(user: string): { failures: number; waitMs: number } {
    const name = user.trim().toLowerCase();
    const now = this.#now();
    return { failures: this.#users.get(name)?.count ?? 0, waitMs: this.#wait(this.#users, name, now) };
  }

  get size(): number {
    return this.#pairs.size + this.#addresses.size + this.#users.size + this.#trusted.size;
  }

  #wait(map: Map<string, Failures>, key: string, now: number): number {
    const failures = map.get(key);
    if (failures === undefined) return 0;
    if (failures.lastMs < now - forgetAfterMs) {
      map.delete(key);
      return 0;
    }
    return Math.max(0, failures.blockedUntilMs - now);
  }

  #fail(map: Map<string, Failures>, key: string, free: number, now: number): void {
    const count = (map.get(key)?.count ?? 0) + 1;
    const waitMs = count <= free ? 0 : Math.min(longestWaitMs, 1_000 * 2 ** Math.min(20, count - free - 1));
    map.delete(key);
    map.set(key, { count, lastMs: now, blockedUntilMs: now + waitMs });
    bound(map);
  }

  #forgive(map: Map<string, Failures>, key: string): void {
    const failures = map.get(key);
    if (failures === undefined) return;
    if (failures.count <= 1) map.delete(key);
    else map.set(key, { ...failures, count: failures.count - 1, blockedUntilMs: 0 });
  }
}

/** Many at once, because a Map looks for its first entry past all that were deleted before it. */
function bound(map: Map<string, unknown>): void {
  if (map.size <= maxEntries) return;
  let surplus = maxEntries / 10;
  for (const key of map.keys()) {
    if (surplus-- <= 0) break;
    map.delete(key);
  }
}

/** One household or server has a whole /64 of IPv6. */
function keysOf(user: string, address: string): { pair: string; network: string; name: string } {
  const name = user.trim().toLowerCase().slice(0, 255);
  const plain = address.replace(/^::ffff:/, '');
  const network = isIPv6(plain) ? networkOf(plain) : plain;
  return { pair: `${network}\n${name}`, network, name };
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
