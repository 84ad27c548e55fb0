import type { FaultRule } from './fault-rule.ts';

/** A fault as the HTTP API and `list()` show it. */
export interface FaultStatus {
  id: number;
  rule: FaultRule;
  /** Requests, operations or connections that it hit. */
  hits: number;
  /** It may still hit. */
  isActive: boolean;
}

export interface FaultOwner {
  /** Time that `forMs` goes by. */
  monotonicMs(): number;
  /** Removed, or over. */
  ended(fault: InjectedFault): void;
  removed(fault: InjectedFault): void;
}

/** A fault that was asked for: counts its hits, knows when it is over. `using` removes it at the end of a block. */
export class InjectedFault implements Disposable {
  readonly id: number;
  readonly rule: FaultRule;
  readonly #owner: FaultOwner;
  readonly #endsAtMs: number;
  #random: number;
  #fits = 0;
  #hits = 0;
  #isActive = true;
  #waiting: { hits: number; resolve: () => void }[] = [];

  constructor(id: number, rule: FaultRule, owner: FaultOwner) {
    this.id = id;
    this.rule = rule;
    this.#owner = owner;
    this.#endsAtMs = rule.forMs === undefined ? Infinity : owner.monotonicMs() + rule.forMs;
    this.#random = rule.seed ?? 1;
  }

  get hits(): number {
    return this.#hits;
  }

  get isActive(): boolean {
    if (this.#isActive && this.#owner.monotonicMs() >= this.#endsAtMs) this.end();
    return this.#isActive;
  }

  status(): FaultStatus {
    return { id: this.id, rule: this.rule, hits: this.hits, isActive: this.isActive };
  }

  /** Over at once; what it holds back goes on. */
  remove(): void {
    this.end();
    this.#owner.removed(this);
  }

  [Symbol.dispose](): void {
    this.remove();
  }

  /** Resolves when it has hit so often; at once when it already has. */
  untilHits(hits = 1): Promise<void> {
    if (this.#hits >= hits) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ hits, resolve }));
  }

  /** @internal Something fits: whether this one is hit. */
  take(): boolean {
    if (!this.isActive) return false;
    const { probability = 1, skip = 0, times = Infinity } = this.rule;
    this.#fits++;
    if (this.#fits <= skip || (probability < 1 && this.nextRandom() >= probability)) return false;
    this.#hits++;
    this.#waiting = this.#waiting.filter((waiter) => {
      if (waiter.hits > this.#hits) return true;
      waiter.resolve();
      return false;
    });
    // What is held until the end of the fault must not end it by its own hit.
    if (this.#hits >= times && this.rule.kind !== 'stall' && this.rule.kind !== 'accept') this.end();
    return true;
  }

  /** @internal A hit more would be too many; it goes on for what it holds. */
  get isSpent(): boolean {
    return this.#hits >= (this.rule.times ?? Infinity);
  }

  /** @internal 0 to 1 (mulberry32). */
  nextRandom(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), this.#random | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** @internal */
  end(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#owner.ended(this);
  }
}
