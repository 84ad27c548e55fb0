export interface SelfPreservationOptions {
  /** Default true. */
  isEnabled?: boolean;
  /** The share of instances that must stay in touch; when more fall silent, the network is suspected. Default 0.85, as in Eureka. */
  threshold?: number;
  /** Instances that were evicted within this time count as silent still. Default 60,000. */
  windowMs?: number;
  /** Where fewer are registered a silent one is believed to be gone. Default 10. */
  minimumInstances?: number;
  /** What has been silent for so long under protection is gone after all. Default 900,000. */
  maximumMs?: number;
}

export interface SelfPreservationState {
  isEnabled: boolean;
  isProtecting: boolean;
  /** Epoch ms; 0 while it does not protect. */
  sinceMs: number;
  /** When it ends whatever happens; 0 while it does not protect. */
  endsAtMs: number;
  registered: number;
  /** Leases that have run out, and those that were evicted within the window. */
  silent: number;
  /** It protects when more are silent. */
  silentMax: number;
  threshold: number;
  windowMs: number;
  minimumInstances: number;
  /** For people. */
  explanation: string;
}

/**
 * Decides whether silent instances are gone, or cannot be heard. Eureka compares the heartbeats of a minute with those that it expects at one
 * rate from all; here it is instances that are counted, so that leases of two seconds and of ninety can stand side by side, and the answer can
 * be told in one sentence.
 */
export class SelfPreservation {
  readonly #options: Required<SelfPreservationOptions>;
  /** Keys of instances that were evicted, and when. */
  readonly #evicted = new Map<string, number>();
  #sinceMs = 0;
  #silent = 0;
  #registered = 0;

  constructor(options: SelfPreservationOptions = {}) {
    this.#options = {
      isEnabled: options.isEnabled ?? true,
      threshold: options.threshold ?? 0.85,
      windowMs: options.windowMs ?? 60_000,
      minimumInstances: options.minimumInstances ?? 10,
      maximumMs: options.maximumMs ?? 900_000,
    };
  }

  get isProtecting(): boolean {
    return this.#sinceMs > 0;
  }

  /** Whether leases that have run out are to be kept. `expired` of `registered` have. */
  mustProtect(expired: number, registered: number, nowMs: number): boolean {
    const { isEnabled, windowMs, minimumInstances, maximumMs } = this.#options;
    for (const [key, atMs] of this.#evicted) {
      if (atMs > nowMs - windowMs) break;
      this.#evicted.delete(key);
    }
    this.#registered = registered;
    this.#silent = expired + this.#evicted.size;
    const isSuspicious = isEnabled && this.#base >= minimumInstances && this.#silent > this.#silentMax;
    if (!isSuspicious) this.#sinceMs = 0;
    else if (this.#sinceMs === 0) this.#sinceMs = nowMs;
    else if (nowMs >= this.#sinceMs + maximumMs) {
      this.#sinceMs = 0;
      this.#evicted.clear();
      return false;
    }
    return isSuspicious;
  }

  /** An instance was evicted: for the window's length it counts as silent. */
  evicted(key: string, nowMs: number): void {
    this.#evicted.delete(key);
    this.#evicted.set(key, nowMs);
  }

  /** An instance is in touch again. */
  heard(key: string): void {
    if (this.#evicted.size > 0) this.#evicted.delete(key);
  }

  /** How things stand, with so many registered now. */
  state(registered: number): SelfPreservationState {
    this.#registered = registered;
    const { isEnabled, threshold, windowMs, minimumInstances, maximumMs } = this.#options;
    return {
      isEnabled,
      isProtecting: this.isProtecting,
      sinceMs: this.#sinceMs,
      endsAtMs: this.isProtecting ? this.#sinceMs + maximumMs : 0,
      registered: this.#registered,
      silent: this.#silent,
      silentMax: this.#silentMax,
      threshold,
      windowMs,
      minimumInstances,
      explanation: this.#explain(),
    };
  }

  get #base(): number {
    return this.#registered + this.#evicted.size;
  }

  get #silentMax(): number {
    return Math.floor(this.#base * (1 - this.#options.threshold) + 1e-9);
  }

  #explain(): string {
    const { isEnabled, minimumInstances, maximumMs, windowMs } = this.#options;
    if (!isEnabled) return 'Self-preservation is off: whoever does not renew its lease is evicted.';
    if (this.isProtecting) {
      const until = new Date(this.#sinceMs + maximumMs).toISOString();
      return (
        `${this.#silent} of ${this.#base} instances fell silent within ${windowMs / 1000} s, more than the ${this.#silentMax} that may: ` +
        `the network is suspected, and nobody is evicted since ${new Date(this.#sinceMs).toISOString()}. ` +
        `It ends when enough of them are heard again, at the latest at ${until}; who is known to be gone can be removed by hand.`
      );
    }
    if (this.#base < minimumInstances) {
      return `With ${this.#base} instances, fewer than ${minimumInstances}, a silent one is believed to be gone: it is evicted when its lease has run out.`;
    }
    return `${this.#silent} of ${this.#base} instances are silent; when more than ${this.#silentMax} are, the network is suspected and nobody is evicted.`;
  }
}
