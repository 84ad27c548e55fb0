import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@headwater/logger';
import type { Clock } from '../../clock/clock.ts';

export interface JwksOptions {
  /** Where the keys are (http, https or file); empty: where the issuer's discovery document says. */
  url: string;
  issuer: string;
  /** Keys older than this are asked for again, in the background. */
  refreshMs: number;
  /** Between tries that fail: the first wait and the longest. */
  retryBackoffMs: number;
  retryBackoffMaxMs: number;
  clock: Clock;
  logger: Logger;
  fetch?: typeof globalThis.fetch;
}

export interface IssuerKey {
  readonly kid: string | null;
  readonly alg: string | null;
  readonly key: KeyObject;
}

const documentBytesMax = 1024 * 1024;
const keysMax = 100;
const fetchTimeoutMs = 10_000;
/** A token with a key id that is not known makes us look for new keys, but no more often than this. */
const lookAgainMs = 10_000;

/** The public keys of an issuer (RFC 7517): fetched when they are first needed, and again in time. All who wait share one fetch. */
export class Jwks {
  readonly #options: JwksOptions;
  readonly #closing = new AbortController();
  #keys: readonly IssuerKey[] | null = null;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #fetching: Promise<void> | null = null;
  #lastError = '';

  constructor(options: JwksOptions) {
    this.#options = options;
  }

  /** Keys that may have signed: the one with this id, or without an id all. Rejects when the issuer cannot be asked. */
  async candidates(kid: string | null): Promise<readonly IssuerKey[]> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#keys === null) {
      if (nowMs - this.#triedAtMs >= this.#backoffMs()) await this.#refresh();
      if (this.#keys === null) throw new Error(`the keys of the issuer cannot be read: ${this.#lastError}`);
    } else if (nowMs - this.#fetchedAtMs >= this.#options.refreshMs && nowMs - this.#triedAtMs >= this.#backoffMs()) {
      void this.#refresh();
    }
    const found = this.#matching(kid);
    if (found.length > 0 || nowMs - this.#triedAtMs < lookAgainMs) return found;
    await this.#refresh();
    return this.#matching(kid);
  }

  close(): void {
    this.#closing.abort();
  }

  #matching(kid: string | null): readonly IssuerKey[] {
    const keys = this.#keys ?? [];
    return kid === null ? keys : keys.filter((key) => key.kid === kid);
  }

  #backoffMs(): number {
    if (this.#failures === 0) return 0;
    const { retryBackoffMaxMs, retryBackoffMs } = this.#options;
    return Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** Math.min(30, this.#failures - 1));
  }

  #refresh(): Promise<void> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  /** Never rejects: keys that were good stay so while the issuer is away. */
  async #load(): Promise<void> {
    const { clock, logger } = this.#options;
    this.#triedAtMs = clock.monotonicMs();
    try {
      this.#keys = readKeys(await this.#document(await this.#keysUrl()));
      this.#fetchedAtMs = clock.monotonicMs();
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      this.#lastError = error instanceof Error ? withCause(error) : String(error);
      if (this.#closing.signal.aborted) return;
      const { issuer, url } = this.#options;
      logger.warn({ issuer, url, reason: this.#lastError }, 'the keys of the token issuer could not be read');
    }
  }

  /** OpenID Connect Discovery 1.0, 4. */
  async #keysUrl(): Promise<string> {
    const { issuer, url } = this.#options;
    if (url !== '') return url;
    const document = await this.#document(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { issuer: said, jwks_uri: keysUrl } = document as { issuer?: unknown; jwks_uri?: unknown };
    if (said !== issuer) throw new Error(`the discovery document is of ${String(said)}, not of ${issuer}`);
    if (typeof keysUrl !== 'string') throw new Error('the discovery document has no jwks_uri');
    return keysUrl;
  }

  async #document(url: string): Promise<unknown> {
    if (url.startsWith('file:')) return JSON.parse(await readFile(fileURLToPath(url), 'utf8'));
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(fetchTimeoutMs)]);
    const response = await (this.#options.fetch ?? fetch)(url, {
      signal,
      redirect: 'error',
      headers: { accept: 'application/json' },
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${url} answered ${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of response.body ?? []) {
      sizeBytes += chunk.length;
      if (sizeBytes > documentBytesMax) throw new Error(`${url} answered more than ${documentBytesMax} bytes`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  }
}

function readKeys(document: unknown): IssuerKey[] {
  const { keys } = (document ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('it is no JSON Web Key Set');
  return keys.slice(0, keysMax).flatMap((jwk: JsonWebKey & { kid?: unknown; alg?: unknown; use?: unknown }) => {
    // Keys to encrypt with, secrets, and kinds that are not known are no use here.
    if (jwk.use === 'enc' || !['RSA', 'EC', 'OKP'].includes(String(jwk.kty))) return [];
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const text = (value: unknown) => (typeof value === 'string' ? value : null);
      return [{ kid: text(jwk.kid), alg: text(jwk.alg), key }];
    } catch {
      return [];
    }
  });
}

/** `fetch failed` says nothing; what it caused it does. */
function withCause({ cause, message }: Error): string {
  const inner = cause instanceof Error ? cause.message || (cause as { code?: string }).code : undefined;
  return inner === undefined ? message : `${message} (${inner})`;
}
