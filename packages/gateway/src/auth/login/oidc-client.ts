import { issuerFetch, principalOf } from '@headwater/auth';
import { HttpError } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import * as oidc from 'openid-client';
import type { Caller } from '../../stages/call.ts';
import type { AuthOptions, LoginOptions } from '../auth-options.ts';
import type { TokenCheck } from '../token-check.ts';

/** What the provider gave, and for whom. */
export interface TokenSet {
  accessToken: string;
  refreshToken: string | undefined;
  idToken: string | undefined;
  accessEndsAtMs: number;
  providerSessionId: string | undefined;
  caller: Caller;
}

export interface LoginChecks {
  state: string;
  nonce: string;
  codeVerifier: string;
}

const retryMs = 1_000;

/**
 * The gateway as a client of an OpenID provider, by `openid-client`: authorization code with PKCE (S256), state, nonce, the `iss` of the answer (RFC
 * 9207), the ID token's signature, refresh, and logout.
 */
export class OidcClient {
  readonly #issuer: string;
  readonly #login: LoginOptions;
  readonly #options: AuthOptions;
  readonly #tokens: TokenCheck;
  readonly #logger: Logger;
  readonly #now: () => number;
  #configuration: Promise<oidc.Configuration> | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    options: AuthOptions & { issuer: string; login: LoginOptions },
    tokens: TokenCheck,
    logger: Logger,
    now: () => number,
  ) {
    this.#issuer = options.issuer;
    this.#login = options.login;
    this.#options = options;
    this.#tokens = tokens;
    this.#logger = logger;
    this.#now = now;
  }

  newChecks(): LoginChecks {
    return { state: oidc.randomState(), nonce: oidc.randomNonce(), codeVerifier: oidc.randomPKCECodeVerifier() };
  }

  /** Where the browser is sent. */
  async authorizationUrl(checks: LoginChecks, redirectUri: string): Promise<URL> {
    const { scope = 'openid profile email', resource } = this.#login;
    return oidc.buildAuthorizationUrl(await this.#ready(), {
      redirect_uri: redirectUri,
      scope,
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.codeVerifier),
      code_challenge_method: 'S256',
      ...(resource === undefined ? {} : { resource }),
    });
  }

  /** Exchanges the code of the answer at `callback` (the redirect URI with the provider's parameters). Throws HttpError 400 or 503. */
  async exchange(callback: URL, checks: LoginChecks): Promise<TokenSet> {
    const configuration = await this.#ready();
    const asked = await this.#ask(() =>
      oidc.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: checks.codeVerifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
      }),
    );
    return await this.#tokenSet(asked);
  }

  /** Throws HttpError 400 when the provider refuses, 503 when it cannot be asked. */
  async refresh(refreshToken: string): Promise<TokenSet> {
    const configuration = await this.#ready();
    return await this.#tokenSet(await this.#ask(() => oidc.refreshTokenGrant(configuration, refreshToken)));
  }

  /** Where the browser logs out at the provider; undefined when it has no such page. */
  async endSessionUrl(idToken: string | undefined, returnTo: string): Promise<URL | undefined> {
    const configuration = await this.#ready();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    return oidc.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: returnTo,
      ...(idToken === undefined ? {} : { id_token_hint: idToken }),
    });
  }

  async #ready(): Promise<oidc.Configuration> {
    if (this.#configuration === undefined && this.#now() - this.#failedAtMs < retryMs)
      throw this.#away('asked a moment ago');
    this.#configuration ??= this.#discover().catch((error: Error) => {
      this.#configuration = undefined;
      this.#failedAtMs = this.#now();
      this.#logger.warn({ issuer: this.#issuer, error: error.message }, 'the provider of logins cannot be asked');
      throw this.#away(error.message, error);
    });
    return await this.#configuration;
  }

  async #discover(): Promise<oidc.Configuration> {
    const { clientId, clientSecret } = this.#login;
    const fetcher = issuerFetch(this.#options.ca);
    const configuration = await oidc.discovery(
      new URL(this.#issuer),
      clientId,
      clientSecret,
      clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret),
      {
        // Plain HTTP is for an issuer on loopback: the configuration names it so.
        execute: this.#issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
        timeout: 5,
        [oidc.customFetch]: (url, init) =>
          fetcher(url, { ...init, body: init.body as string | URLSearchParams | null | undefined }),
      },
    );
    // The connection to the token endpoint is not the only proof of who signed an ID token.
    oidc.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  async #ask(request: () => Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>) {
    try {
      return await request();
    } catch (error) {
      const { code, error: said, status } = error as { code?: unknown; error?: unknown; status?: unknown };
      // An answer that says no; anything else is no answer.
      const isRefusal =
        error instanceof oidc.AuthorizationResponseError ||
        (error instanceof oidc.ResponseBodyError && Number(status) < 500) ||
        (typeof code === 'string' && code.startsWith('OAUTH_') && code !== 'OAUTH_TIMEOUT' && code !== 'OAUTH_ABORT');
      if (!isRefusal) throw this.#away((error as Error).message, error);
      throw new HttpError(
        400,
        'HW_GATEWAY_LOGIN_REFUSED',
        `the provider's answer is not taken (${printable(said ?? code)}): begin the login again`,
        {},
        error,
      );
    }
  }

  async #tokenSet(answer: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers): Promise<TokenSet> {
    const claims = answer.claims();
    const expiresIn = answer.expiresIn() ?? 60;
    const accessEndsAtMs = this.#now() + expiresIn * 1_000;
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token,
      idToken: answer.id_token,
      accessEndsAtMs,
      providerSessionId: typeof claims?.['sid'] === 'string' ? claims['sid'] : undefined,
      caller: await this.#callerOf(answer.access_token, claims, accessEndsAtMs),
    };
  }

  /** Roles are in the access token, where it can be read; the ID token says who it is in any case. */
  async #callerOf(accessToken: string, claims: oidc.IDToken | undefined, endsAtMs: number): Promise<Caller> {
    try {
      return await (await this.#tokens.verifier()).verify(accessToken);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'HW_AUTH_MALFORMED' || claims === undefined) throw error;
      return { ...principalOf({ ...claims }, this.#options.roleClaims), expiresAtMs: endsAtMs };
    }
  }

  #away(reason: string, cause?: unknown): HttpError {
    return new HttpError(
      503,
      'HW_GATEWAY_LOGIN_DOWN',
      `the provider of logins, ${this.#issuer}, cannot be asked (${reason}): try again`,
      {},
      cause,
      { 'retry-after': '1' },
    );
  }
}

function printable(value: unknown): string {
  return String(value)
    .slice(0, 60)
    .replace(/[^\w .:-]/g, '?');
}
