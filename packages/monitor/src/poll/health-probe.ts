import type { ServiceStatus } from '../events/records.ts';
import { type BoundedGetter, NoAnswer } from './bounded-get.ts';
import { healthVerdict } from './health-answer.ts';

export type Look =
  | { how: 'answered'; status: ServiceStatus; reason: string; tookMs: number }
  | { how: 'refused' | 'silent'; reason: string; tookMs: number };

const healthBytesMax = 256 * 1024;
/** Where services have their health, the likeliest first. */
const usualPaths = ['/actuator/health', '/health', '/healthz', '/q/health', '/'];

/** Looks at one instance's health; finds out once which of the usual pages it has. */
export class HealthProbe {
  readonly #getter: BoundedGetter;
  readonly #candidates: readonly string[];
  #path: number | undefined;

  /**
   * @param address a whole URL with a path is asked as it is; without one the usual pages are tried
   * @param healthUrls as the instance itself says; tried first
   */
  constructor(getter: BoundedGetter, address: string, healthUrls: readonly string[] = []) {
    this.#getter = getter;
    const url = new URL(address);
    const isExact = url.pathname !== '/' || url.search !== '';
    this.#candidates = isExact
      ? [address]
      : [...new Set([...healthUrls, ...usualPaths.map((path) => String(new URL(path, url)))])];
    if (this.#candidates.length === 1) this.#path = 0;
  }

  async look(timeoutMs: number): Promise<Look> {
    try {
      if (this.#path !== undefined) return await this.#ask(this.#path, timeoutMs);
      return await this.#find(timeoutMs);
    } catch (error) {
      if (error instanceof NoAnswer) return { how: error.how, reason: error.message, tookMs: error.tookMs };
      return { how: 'silent', reason: `cannot be asked: ${(error as Error).message}`, tookMs: 0 };
    }
  }

  async #find(timeoutMs: number): Promise<Look> {
    let last: Look | undefined;
    const endMs = performance.now() + timeoutMs;
    for (let i = 0; i < this.#candidates.length; i += 1) {
      const leftMs = endMs - performance.now();
      if (leftMs < 1 && last !== undefined) break;
      const answer = await this.#getter.get(this.#candidates[i]!, {
        timeoutMs: Math.max(1, leftMs),
        bytesMax: healthBytesMax,
      });
      const isMissing = answer.status === 404 || answer.status === 405 || (answer.status >= 300 && answer.status < 400);
      const verdict = healthVerdict(answer);
      last = { how: 'answered', ...verdict, tookMs: answer.tookMs };
      if (isMissing) continue;
      this.#path = i;
      return last;
    }
    // It speaks HTTP and has no page of health: being there is all that can be said.
    return { how: 'answered', status: 'UP', reason: 'answers, and has no page of health', tookMs: last?.tookMs ?? 0 };
  }

  async #ask(path: number, timeoutMs: number): Promise<Look> {
    const answer = await this.#getter.get(this.#candidates[path]!, { timeoutMs, bytesMax: healthBytesMax });
    // It may be another program than before.
    if (answer.status === 404 && this.#candidates.length > 1) this.#path = undefined;
    return { how: 'answered', ...healthVerdict(answer), tookMs: answer.tookMs };
  }
}
