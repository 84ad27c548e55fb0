import { generateKeyPair, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import type { Store } from '../store/store.ts';

const generate = promisify(generateKeyPair);

interface KeptKey {
  jwk: JsonWebKey & { kid: string };
  createdAtMs: number;
  /** When the last token that it signed is over; 0 for the one that signs. */
  retiredUntilMs: number;
}

export interface PublicKey {
  kid: string;
  createdAtMs: number;
  isSigning: boolean;
  retiredUntilMs: number;
}

/** A token's life is the longest that a realm may say; verifiers' clocks differ by minutes. */
const graceMs = 10 * 60_000;

/**
 * The RSA keys that tokens are signed with: one signs, those before it stay published until the last token that they signed is over.
 * The one that signs comes first in the key set.
 */
export class SigningKeys {
  readonly #store: Store;
  readonly #now: () => number;
  #rotating: Promise<string> | undefined;

  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** Private keys, the one that signs first. Makes the first one where there is none. */
  async privateKeys(): Promise<(JsonWebKey & { kid: string })[]> {
    if (this.#kept().length === 0) await this.rotate(0);
    return this.#kept().map(({ jwk }) => ({ ...jwk, use: 'sig', alg: 'RS256' }));
  }

  list(): PublicKey[] {
    return this.#kept().map(({ jwk, createdAtMs, retiredUntilMs }) => ({
      kid: jwk.kid,
      createdAtMs,
      isSigning: retiredUntilMs === 0,
      retiredUntilMs,
    }));
  }

  /** Age of the key that signs; undefined where there is none yet. */
  get ageMs(): number | undefined {
    const signing = this.#kept().find(({ retiredUntilMs }) => retiredUntilMs === 0);
    return signing && this.#now() - signing.createdAtMs;
  }

  /**
   * A new key signs from now on.
   *
   * @param longestTokenSeconds what the one before is still published for
   * @returns the new key's id
   */
  rotate(longestTokenSeconds: number): Promise<string> {
    this.#rotating ??= this.#rotate(longestTokenSeconds).finally(() => (this.#rotating = undefined));
    return this.#rotating;
  }

  async #rotate(longestTokenSeconds: number): Promise<string> {
    const { privateKey } = await generate('rsa', { modulusLength: 2_048 });
    const jwk = privateKey.export({ format: 'jwk' });
    const kid = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
    const nowMs = this.#now();
    const retiredUntilMs = nowMs + longestTokenSeconds * 1_000 + graceMs;
    for (const key of this.#kept()) {
      if (key.retiredUntilMs === 0) this.#store.put('Key', key.jwk.kid, { ...key, retiredUntilMs }, retiredUntilMs);
    }
    this.#store.put('Key', kid, { jwk: { ...jwk, kid }, createdAtMs: nowMs, retiredUntilMs: 0 } satisfies KeptKey);
    await this.#store.flush();
    return kid;
  }

  #kept(): KeptKey[] {
    const keys = [...this.#store.entries('Key')].map(([, key]) => key as KeptKey);
    return keys.sort(
      (a, b) => Number(a.retiredUntilMs !== 0) - Number(b.retiredUntilMs !== 0) || b.createdAtMs - a.createdAtMs,
    );
  }
}
