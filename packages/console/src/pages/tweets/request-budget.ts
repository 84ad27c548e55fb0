/**
 * Keeps a page within what the gateway lets a person do: so many requests a second, evenly, a few at once. Another page of the same person
 * draws on the same allowance, so that this one takes less than all of it.
 */
export class RequestBudget {
  private readonly perSecond: number;
  private readonly burst: number;
  private readonly now: () => number;
  private readonly wait: (delayMs: number, signal: AbortSignal) => Promise<void>;
  private tokens: number;
  private atMs: number;

  constructor({
    perSecond = 4,
    burst = 4,
    now = () => performance.now(),
    wait = pause,
  }: {
    perSecond?: number;
    burst?: number;
    now?: () => number;
    wait?: (delayMs: number, signal: AbortSignal) => Promise<void>;
  } = {}) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.now = now;
    this.wait = wait;
    this.tokens = burst;
    this.atMs = now();
  }

  /** Resolves when a request may be made. What is no longer wanted takes nothing from the others. */
  async take(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = this.now();
      this.tokens = Math.min(this.burst, this.tokens + ((now - this.atMs) / 1000) * this.perSecond);
      this.atMs = now;
      if (this.tokens >= 1) {
        this.tokens -= 1;
        return;
      }
      await this.wait(Math.ceil(((1 - this.tokens) / this.perSecond) * 1000), signal);
    }
  }
}

/** @throws the signal's reason when it is aborted */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}
