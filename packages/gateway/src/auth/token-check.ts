import type { Principal, TokenVerifier } from '@headwater/auth';
import { HttpError } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { AuthOptions } from './auth-options.ts';

/** Verifies bearer tokens; the code for it is loaded with the first one. */
export class TokenCheck {
  readonly #options: AuthOptions & { issuer: string };
  readonly #logger: Logger;
  #verifier: TokenVerifier | undefined;
  #loading: Promise<TokenVerifier> | undefined;
  #isClosed = false;

  constructor(options: AuthOptions & { issuer: string }, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** At once for a token that was verified before; rejects with HttpError 401 or 503. */
  check(token: string): Principal | Promise<Principal> {
    return this.#verifier?.peek(token) ?? this.#verify(token);
  }

  async verifier(): Promise<TokenVerifier> {
    this.#loading ??= this.#load();
    return await this.#loading;
  }

  close(): void {
    this.#isClosed = true;
    this.#verifier?.close();
  }

  async #verify(token: string): Promise<Principal> {
    const verifier = await this.verifier();
    try {
      return await verifier.verify(token);
    } catch (error) {
      throw asHttpError(error);
    }
  }

  async #load(): Promise<TokenVerifier> {
    const { createTokenVerifier } = await import('@headwater/auth');
    const { issuer, audience = 'headwater', jwksUrl, roleClaims, clockToleranceSeconds, ca } = this.#options;
    const verifier = createTokenVerifier({
      issuer,
      audience,
      logger: this.#logger,
      ...(jwksUrl === undefined ? {} : { jwksUrl }),
      ...(roleClaims === undefined ? {} : { roleClaims }),
      ...(clockToleranceSeconds === undefined ? {} : { clockToleranceSeconds }),
      ...(ca === undefined ? {} : { ca }),
    });
    if (this.#isClosed) verifier.close();
    this.#verifier = verifier;
    return verifier;
  }
}

/** A TokenError, told by what it has, as the answer. */
export function asHttpError(error: unknown): unknown {
  const { code, status, wwwAuthenticate, message } = error as {
    code?: unknown;
    status?: unknown;
    wwwAuthenticate?: unknown;
    message: string;
  };
  if (typeof code !== 'string' || !code.startsWith('HW_AUTH_') || typeof status !== 'number' || status === 0)
    return error;
  const headers: Record<string, string> = {};
  if (typeof wwwAuthenticate === 'string' && wwwAuthenticate !== '') headers['www-authenticate'] = wwwAuthenticate;
  if (status === 503) headers['retry-after'] = '1';
  return new HttpError(status, code, message, {}, error, headers);
}
