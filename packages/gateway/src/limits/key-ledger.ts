import { type Bucket, capacityOf, type Limit, type LimitDecision } from './limit.ts';

/** What this gateway knows of one key of one limit. */
export interface KeyEntry extends Bucket {
  readonly limit: Limit;
  readonly key: string;
  allowed: number;
  refused: number;
  /** The last decision. */
  last: LimitDecision | undefined;
  lastAtMs: number;
}

/**
 * The keys that limits have seen, bounded: the one seen longest ago goes. One whose bucket has filled up again loses nothing by that; when
 * another has to go it is counted, since its caller begins anew.
 */
export class KeyLedger {
  readonly #entries = new Map<string, KeyEntry>();
  readonly #maxKeys: number;
  /** Keys that had to go before their bucket was full again. */
  forgotten = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry of a key, made with a full bucket when it is new. */
  entry(limit: Limit, key: string, nowMs: number, share: number): KeyEntry {
    const name = `${limit.id}\n${key}`;
    let entry = this.#entries.get(name);
    if (entry !== undefined) this.#entries.delete(name);
    if (entry === undefined) {
      const tokens = capacityOf(limit, share);
      entry = { limit, key, tokens, atMs: nowMs, allowed: 0, refused: 0, last: undefined, lastAtMs: nowMs };
      if (this.#entries.size >= this.#maxKeys) this.#forgetOldest(nowMs);
    }
    this.#entries.set(name, entry);
    entry.lastAtMs = nowMs;
    return entry;
  }

  /** Those seen last come first. */
  *recent(): Iterable<KeyEntry> {
    yield* [...this.#entries.values()].reverse();
  }

  /** Takes away those of a route, of a key, or all. */
  remove(route: string | undefined, key: string | undefined): KeyEntry[] {
    const removed: KeyEntry[] = [];
    for (const [name, entry] of this.#entries) {
      if ((route !== undefined && entry.limit.route !== route) || (key !== undefined && entry.key !== key)) continue;
      this.#entries.delete(name);
      removed.push(entry);
    }
    return removed;
  }

  #forgetOldest(nowMs: number): void {
    const [name, oldest] = this.#entries.entries().next().value!;
    this.#entries.delete(name);
    const { fullAfterMs = 0 } = oldest.last ?? {};
    if (nowMs - oldest.lastAtMs < fullAfterMs) this.forgotten++;
  }
}
