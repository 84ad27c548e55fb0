import type { Random } from '../clock.ts';
import { checkRange } from '../resilience-error.ts';

export interface BackOffOptions {
  /** Wait before the first retry. Default 50. */
  firstMs?: number;
  /** Longest wait. Default 10 s. */
  maxMs?: number;
  /** Each wait is so many times the one before. Default 2. */
  factor?: number;
  /** `full`: anywhere between 0 and the wait; `equal`: between half of it and it; `none`. Default `full`. */
  jitter?: 'none' | 'equal' | 'full';
  random?: Random;
}

/**
 * Waits that grow, spread so that callers which failed together do not come back together.
 *
 * @returns the wait in ms before retry n, from 1 on
 * @example
 * const waitMs = createBackOff({ firstMs: 100, maxMs: 5_000 });
 * await new Promise((resolve) => setTimeout(resolve, waitMs(1)));
 */
export function createBackOff(options: BackOffOptions = {}): (retry: number) => number {
  const { firstMs = 50, maxMs = 10_000, factor = 2, jitter = 'full', random = Math.random } = options;
  checkRange('back-off: firstMs', firstMs, { min: 0 });
  checkRange('back-off: maxMs', maxMs, { min: 0 });
  checkRange('back-off: factor', factor, { min: 1 });
  return (retry) => {
    const waitMs = Math.min(maxMs, firstMs * factor ** Math.max(0, retry - 1));
    if (jitter === 'none') return waitMs;
    return jitter === 'full' ? random() * waitMs : waitMs / 2 + (random() * waitMs) / 2;
  };
}

/**
 * Milliseconds that a `Retry-After` field asks to wait (RFC 9110, section 10.2.3: seconds or a date); undefined when there is none
 * or it cannot be read, 0 for a date that has passed.
 */
export function retryAfterMs(field: string | undefined, nowMs: number): number | undefined {
  if (field === undefined) return undefined;
  const text = field.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!/^[A-Z][a-z]{2}/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
