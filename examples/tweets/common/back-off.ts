import { setTimeout as sleep } from 'node:timers/promises';

/** Waits between attempts: longer each time up to a bound, with some chance in it so that services do not knock in step. */
export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(options: { firstMs?: number; maxMs?: number } = {}) {
    this.#firstMs = options.firstMs ?? 100;
    this.#maxMs = options.maxMs ?? 5_000;
    this.#nextMs = this.#firstMs;
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }

  next(): number {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, this.#nextMs * 2);
    return Math.round(waitMs * (0.75 + Math.random() * 0.5));
  }
}

/** Resolves after the time, or when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}

/**
 * The promise; or undefined when the signal is aborted and `graceMs` more have passed. What the promise does after that is
 * nobody's concern.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, graceMs = 0): Promise<T | undefined> {
  promise.catch(() => {});
  if (signal.aborted && graceMs === 0) return undefined;
  const given = Promise.withResolvers<undefined>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    if (graceMs === 0) given.resolve(undefined);
    else timer = setTimeout(() => given.resolve(undefined), graceMs);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, given.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for the promise, but no longer than this; its failure does not matter. */
export async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([promise.catch(() => {}), pause(ms, enough.signal)]);
  enough.abort();
}
