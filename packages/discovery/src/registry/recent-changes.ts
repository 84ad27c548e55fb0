import { sizeOf } from './instance.ts';
import type { Lease } from './lease.ts';

/** As long as Eureka remembers them: a client that polls every 30 s has five more tries. */
const retentionMs = 180_000;
/** Beyond it the oldest are forgotten; clients see by the hash code that something is missing, and fetch everything. */
const changesMax = 50_000;
const charsMax = 64 * 1024 * 1024;

/** What has changed lately, the last state of each instance: the delta that clients poll. */
export class RecentChanges {
  readonly #changes = new Map<string, { lease: Lease; atMs: number; chars: number }>();
  #chars = 0;

  add(lease: Lease, nowMs: number): void {
    const chars = sizeOf(lease.instance);
    this.#delete(lease.key);
    this.#changes.set(lease.key, { lease, atMs: nowMs, chars });
    this.#chars += chars;
    while (this.#changes.size > changesMax || (this.#chars > charsMax && this.#changes.size > 1)) {
      this.#delete(this.#changes.keys().next().value!);
    }
  }

  /** Oldest first. */
  list(nowMs: number): Lease[] {
    this.#forget(nowMs);
    return Array.from(this.#changes.values(), ({ lease }) => lease);
  }

  /** When the next one is forgotten, epoch ms; Infinity: there is none. */
  get nextEndMs(): number {
    const first = this.#changes.values().next();
    return first.done ? Infinity : first.value.atMs + retentionMs;
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs }] of this.#changes) {
      if (atMs + retentionMs > nowMs) return;
      this.#delete(key);
    }
  }

  #delete(key: string): void {
    this.#chars -= this.#changes.get(key)?.chars ?? 0;
    this.#changes.delete(key);
  }
}
