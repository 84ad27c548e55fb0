import type { Principal, TokenVerifier } from '@headwater/auth';
import { HttpError } from '@headwater/http';
import type { RouteOptions } from './route-definition.ts';

export interface RouteAuthOptions {
  /** Whose tokens are taken; absent: no token can be checked. */
  issuer?: string | undefined;
  audience?: string | readonly string[] | undefined;
  ca?: string | undefined;
  /** Who calls without credentials is the user `developer`, who may do everything: for loopback. */
  isDeveloperAllowed: boolean;
  /** A token is asked for by routes too that do not say whom they serve; not by those with `isAuthenticated: false`. */
  isEverybodyAsked?: boolean;
}

/** Who works on a laptop without logging in: passes every role and scope. */
export const developer: Principal = Object.freeze({
  subject: 'developer',
  name: 'developer',
  clientId: '',
  roles: [],
  scopes: [],
  claims: {},
  expiresAtMs: Number.POSITIVE_INFINITY,
});

/** Whether it is the developer on their own loopback, who may do everything: no token makes anybody this one. */
export function isDeveloper(principal: Principal | undefined): boolean {
  return principal === developer;
}

/** Who may call the routes of a service. The verifier is loaded when the first token comes. */
export class RouteAuth {
  readonly #options: RouteAuthOptions;
  #verifier: Promise<TokenVerifier> | undefined;

  constructor(options: RouteAuthOptions) {
    this.#options = options;
  }

  /**
   * Who calls. A token that does not hold is refused everywhere, also where none is asked for.
   * @throws HttpError 401, 403 or 503, with the challenge of RFC 6750
   */
  async check(
    authorization: string | undefined,
    wanted: Pick<RouteOptions, 'roles' | 'scopes' | 'isAuthenticated'>,
  ): Promise<Principal | undefined> {
    const isAsked =
      (wanted.isAuthenticated ?? this.#options.isEverybodyAsked === true) ||
      (wanted.roles?.length ?? 0) > 0 ||
      (wanted.scopes?.length ?? 0) > 0;
    if (authorization === undefined) {
      if (this.#options.isDeveloperAllowed) return developer;
      if (!isAsked) return undefined;
      throw refused(
        401,
        'HW_SERVICE_UNAUTHORIZED',
        'this needs a token: send Authorization: Bearer TOKEN',
        'Bearer realm="headwater"',
      );
    }
    if (this.#options.issuer === undefined) {
      if (!isAsked) return undefined;
      throw refused(
        401,
        'HW_SERVICE_UNAUTHORIZED',
        'tokens cannot be checked: tell the service its issuer by HEADWATER_IDENTITY_URL',
        'Bearer realm="headwater"',
      );
    }
    const principal = await this.#verify(authorization);
    const { roles = [], scopes = [] } = wanted;
    if (roles.length > 0 && !roles.some((role) => principal.roles.includes(role)))
      throw refused(
        403,
        'HW_SERVICE_FORBIDDEN',
        `this needs one of the roles ${roles.join(', ')}`,
        'Bearer realm="headwater", error="insufficient_scope"',
      );
    const missing = scopes.filter((scope) => !principal.scopes.includes(scope));
    if (missing.length > 0) {
      const challenge = `Bearer realm="headwater", error="insufficient_scope", scope="${scopes.join(' ')}"`;
      throw refused(403, 'HW_SERVICE_FORBIDDEN', `this needs the scope ${missing.join(', ')}`, challenge);
    }
    return principal;
  }

  close(): void {
    this.#verifier?.then((verifier) => verifier.close()).catch(() => {});
  }

  async #verify(authorization: string): Promise<Principal> {
    const { bearerToken, createTokenVerifier, TokenError } = await import('@headwater/auth');
    try {
      const token = bearerToken(authorization);
      const { issuer, audience, ca } = this.#options;
      this.#verifier ??= Promise.resolve(
        createTokenVerifier({ issuer: issuer!, ...(audience && { audience }), ...(ca && { ca }) }),
      );
      return await (await this.#verifier).verify(token!);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      throw refused(error.status, error.code, error.message, error.wwwAuthenticate);
    }
  }
}

function refused(status: number, code: string, message: string, challenge: string): HttpError {
  return new HttpError(
    status,
    code,
    message,
    {},
    undefined,
    challenge === '' ? { 'retry-after': '1' } : { 'www-authenticate': challenge },
  );
}
