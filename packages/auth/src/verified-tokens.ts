import { hash } from 'node:crypto';
import type { Principal } from './principal.ts';

/**
 * Tokens whose signature has been checked, by hash, so that no token stays in memory for it. Bounded: the one used longest ago goes
 * first. Only tokens that are good come in, so strangers cannot fill it.
 */
export class VerifiedTokens {
  readonly #byHash = new Map<string, Principal>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** Undefined when it is not known, or has ended by then. */
  get(token: string, endedBeforeMs: number): Principal | undefined {
    const key = hash('sha256', token, 'base64');
    const principal = this.#byHash.get(key);
    if (principal === undefined) return undefined;
    this.#byHash.delete(key);
    if (principal.expiresAtMs <= endedBeforeMs) return undefined;
    this.#byHash.set(key, principal);
    return principal;
  }

  set(token: string, principal: Principal): void {
    if (this.#maxEntries === 0) return;
    const key = hash('sha256', token, 'base64');
    this.#byHash.delete(key);
    if (this.#byHash.size >= this.#maxEntries) this.#byHash.delete(this.#byHash.keys().next().value!);
    this.#byHash.set(key, principal);
  }

  clear(): void {
    this.#byHash.clear();
  }
}
