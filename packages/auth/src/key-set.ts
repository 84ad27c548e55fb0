import type { Logger } from '@headwater/logger';
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { readMetadata } from './issuer-metadata.ts';
import { askIssuer } from './issuer-request.ts';
import { TokenError } from './token-error.ts';

export interface KeySetOptions {
  issuer: string;
  /** Where the keys are. Default: what the issuer's metadata says. */
  jwksUrl?: string | undefined;
  ca?: string | undefined;
  logger: Logger;
  now: () => number;
  /** Least time between two fetches that unknown keys, or failures, bring about. Default 10 s, 1 s. */
  coolDownMs?: number;
  retryMs?: number;
  /** Keys older than this are fetched anew, beside the use of the old ones. Default 10 minutes. */
  maxAgeMs?: number;
  /** Told when the keys are others than before. */
  onChange: () => void;
}

type FindKey = ReturnType<typeof createLocalJWKSet>;

/**
 * The keys of an issuer: fetched when first needed, again when a token names one that is not known (with a cool-down: names of keys come
 * from strangers), and by age. An issuer that is away is no reason to forget its keys.
 */
export class KeySet {
  readonly #options: KeySetOptions;
  readonly #coolDownMs: number;
  readonly #retryMs: number;
  readonly #maxAgeMs: number;
  #jwksUrl: string | undefined;
  #find: FindKey | undefined;
  #fingerprint = '';
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #askedForUnknownAtMs = Number.NEGATIVE_INFINITY;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #failure: TokenError | undefined;
  #fetching: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#coolDownMs = options.coolDownMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 1_000;
    this.#maxAgeMs = options.maxAgeMs ?? 600_000;
    this.#jwksUrl = options.jwksUrl;
  }

  /** jose's key look-up. Throws TokenError HW_AUTH_ISSUER_DOWN when the keys cannot be had, HW_AUTH_KEY for a key the issuer has not. */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (this.#find === undefined) await this.#fetch();
    this.refreshWhenOld();
    try {
      return await this.#find!(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    const now = this.#options.now();
    const mayAsk = now - this.#askedForUnknownAtMs >= this.#coolDownMs || this.#fetching !== undefined;
    if (mayAsk) {
      if (this.#fetching === undefined) this.#askedForUnknownAtMs = now;
      await this.#fetch();
    } else if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.#find!(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      throw new TokenError('HW_AUTH_KEY', 'the token is signed with a key that the issuer does not have');
    }
  }

  /** Costs two comparisons when there is nothing to do. The use of the keys goes on meanwhile. */
  refreshWhenOld(): void {
    const now = this.#options.now();
    if (now - this.#fetchedAtMs < this.#maxAgeMs || this.#find === undefined || this.#fetching !== undefined) return;
    if (now - this.#failedAtMs < this.#coolDownMs) return;
    this.#fetch().catch(() => {});
  }

  close(): void {
    this.#closing.abort();
  }

  /** One at a time; after a failure the next attempt waits, and whoever comes before gets the same failure. */
  #fetch(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    if (this.#failure !== undefined && this.#options.now() - this.#failedAtMs < this.#retryMs)
      return Promise.reject(this.#failure);
    this.#fetching = this.#fetchNow().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchNow(): Promise<void> {
    const { issuer, ca, logger, now } = this.#options;
    try {
      const asked = { ca, signal: this.#closing.signal };
      this.#jwksUrl ??= (await readMetadata(issuer, asked)).jwksUri;
      if (this.#jwksUrl === undefined)
        throw new TokenError('HW_AUTH_ISSUER_DOWN', `the issuer ${issuer} names no jwks_uri: give jwksUrl`);
      const { status, json } = await askIssuer(this.#jwksUrl, {
        ...asked,
        headers: { accept: 'application/json, application/jwk-set+json' },
      });
      if (status !== 200 || !Array.isArray(json?.['keys']))
        throw new TokenError('HW_AUTH_ISSUER_DOWN', `${this.#jwksUrl} answered ${status}, not a set of keys`);
      this.#take(json as unknown as JSONWebKeySet);
      this.#fetchedAtMs = now();
      this.#failure = undefined;
    } catch (error) {
      this.#failedAtMs = now();
      this.#failure =
        error instanceof TokenError
          ? error
          : new TokenError('HW_AUTH_ISSUER_DOWN', `the keys of ${issuer} cannot be used`, { cause: error });
      // The address may have moved with the issuer.
      this.#jwksUrl = this.#options.jwksUrl;
      const held = this.#find === undefined ? 'there are none yet' : 'those that it had go on';
      logger.warn({ issuer, error: this.#failure.message }, `cannot fetch the issuer's keys: ${held}`);
      throw this.#failure;
    }
  }

  /** Symmetric keys are dropped: published they are no secret. */
  #take(set: JSONWebKeySet): void {
    const keys = set.keys.filter((key) => key.kty !== 'oct');
    const fingerprint = JSON.stringify(keys);
    if (fingerprint === this.#fingerprint) return;
    this.#find = createLocalJWKSet({ keys });
    if (this.#fingerprint !== '') {
      this.#options.logger.info({ issuer: this.#options.issuer, keys: keys.length }, "the issuer's keys have changed");
      this.#options.onChange();
    }
    this.#fingerprint = fingerprint;
  }
}
