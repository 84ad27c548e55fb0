import { timingSafeEqual } from 'node:crypto';
import { type HttpContext, HttpError } from '@headwater/http';
import type { AuditTrail } from '../../observe/audit-trail.ts';
import type { Call } from '../../stages/call.ts';
import type { Endpoint } from '../../stages/module.ts';
import type { Authenticator } from '../authenticator.ts';
import { checkSameOrigin } from '../same-origin.ts';
import { cookie, readCookie } from '../sessions/cookies.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { asHttpError, type TokenCheck } from '../token-check.ts';
import { loginFailedPage } from './login-failed-page.ts';
import type { OidcClient, TokenSet } from './oidc-client.ts';
import { returnPath } from './return-to.ts';

export interface LoginEndpointsOptions {
  sessions: Sessions;
  client: () => Promise<OidcClient>;
  clientId: string;
  tokens: TokenCheck;
  authenticator: Authenticator;
  redirectUri: string | undefined;
  maxMs: number;
  /** Whether the browser's connection is protected, and by which address it came: `https://gateway.example`. */
  isSecure: (call: Call) => boolean;
  originOf: (call: Call) => string;
  isAllowedOrigin: (origin: string) => boolean;
  audit: AuditTrail;
  now: () => number;
}

const noStore = { 'cache-control': 'no-store' };

/** `/oauth/**`: login and logout with a browser, who one is, and the provider's own logout. */
export class LoginEndpoints {
  readonly #options: LoginEndpointsOptions;

  constructor(options: LoginEndpointsOptions) {
    this.#options = options;
  }

  get endpoints(): readonly Endpoint[] {
    const endpoint = (
      path: string,
      method: string,
      serve: (ctx: HttpContext, call: Call) => Promise<void>,
    ): Endpoint => ({
      path,
      methods: [method],
      isPublic: true,
      serve,
    });
    return [
      endpoint('/oauth/login', 'GET', (ctx, call) => this.#login(ctx, call)),
      endpoint('/oauth/callback', 'GET', (ctx, call) => this.#callback(ctx, call)),
      endpoint('/oauth/logout', 'POST', (ctx, call) => this.#logout(ctx, call)),
      endpoint('/oauth/backchannel-logout', 'POST', (ctx, call) => this.#backChannelLogout(ctx, call)),
    ];
  }

  async #login(ctx: HttpContext, call: Call): Promise<void> {
    const { sessions, originOf, isSecure, redirectUri = `${originOf(call)}/oauth/callback` } = this.#options;
    const client = await this.#options.client();
    const checks = client.newChecks();
    const target = await client.authorizationUrl(checks, redirectUri);
    const id = await sessions.beginLogin({ ...checks, redirectUri, returnTo: returnPath(ctx.query.get('return_to')) });
    ctx.res.appendHeader('set-cookie', cookie('headwater-login', id, isSecure(call), 600));
    ctx.send(302, undefined, { ...noStore, location: target.href });
  }

  async #callback(ctx: HttpContext, call: Call): Promise<void> {
    const { sessions, isSecure, audit } = this.#options;
    const id = readCookie(call, 'headwater-login', isSecure(call));
    ctx.res.appendHeader('set-cookie', cookie('headwater-login', '', isSecure(call), 0));
    const pending = id ? await sessions.endLogin(id) : undefined;
    try {
      if (pending === undefined)
        throw refused('this browser began no login within the last ten minutes, or it is over already');
      // Checked again with the rest; here so that a forged answer does not reach the provider.
      if (!isEqual(ctx.query.get('state') ?? '', pending.state))
        throw refused('the answer belongs to another login (state)');
      const callback = new URL(pending.redirectUri);
      callback.search = call.request.search;
      const tokens = await this.#exchange(callback, pending);
      await this.#begin(ctx, call, tokens);
      audit.record(call, { event: 'LOGIN', outcome: 'success', user: tokens.caller.name });
      ctx.send(302, undefined, { ...noStore, location: pending.returnTo });
    } catch (error) {
      const known = asHttpError(error);
      if (!(known instanceof HttpError)) throw error;
      audit.record(call, { event: 'LOGIN', outcome: 'failure', reason: known.code });
      const status = known.status === 503 ? 503 : 400;
      ctx.send(status, loginFailedPage(known.message, pending?.returnTo ?? '/'), {
        ...noStore,
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'",
      });
    }
  }

  async #exchange(callback: URL, pending: { state: string; nonce: string; codeVerifier: string }): Promise<TokenSet> {
    return await (await this.#options.client()).exchange(callback, pending);
  }

  async #begin(ctx: HttpContext, call: Call, tokens: TokenSet): Promise<void> {
    const { sessions, isSecure, maxMs, now } = this.#options;
    // A session that the browser had before is another's, or an older self.
    const before = readCookie(call, 'headwater-session', isSecure(call));
    if (before) await sessions.end(before);
    const nowMs = now();
    const session: Session = { ...tokens, createdAtMs: nowMs, seenAtMs: nowMs };
    const id = await sessions.begin(session);
    ctx.res.appendHeader('set-cookie', cookie('headwater-session', id, isSecure(call), maxMs / 1_000));
  }

  async #logout(ctx: HttpContext, call: Call): Promise<void> {
    const { sessions, isSecure, originOf, isAllowedOrigin, audit } = this.#options;
    checkSameOrigin(call, isAllowedOrigin);
    const id = readCookie(call, 'headwater-session', isSecure(call));
    const session = id ? await sessions.end(id) : undefined;
    let location = '/';
    if (session !== undefined) {
      audit.record(call, { event: 'LOGOUT', outcome: 'success', user: session.caller.name });
      // The login at the provider is to end too; when it cannot be asked, the one here has ended all the same.
      const url = await this.#options
        .client()
        .then((client) => client.endSessionUrl(session.idToken, `${originOf(call)}/`))
        .catch(() => undefined);
      location = url?.href ?? '/';
    }
    ctx.res.appendHeader('set-cookie', cookie('headwater-session', '', isSecure(call), 0));
    if (ctx.req.headers.accept?.includes('application/json')) ctx.sendJson(200, { location }, noStore);
    else ctx.send(303, undefined, { ...noStore, location });
  }

  /** OpenID Connect Back-Channel Logout 1.0: the provider itself calls, and proves it by its signature. */
  async #backChannelLogout(ctx: HttpContext, call: Call): Promise<void> {
    const { sessions, tokens, clientId, audit } = this.#options;
    const form = new URLSearchParams((await ctx.body()).toString('utf8'));
    const token = form.get('logout_token');
    if (token === null) throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'the form has no logout_token');
    try {
      const verifier = await tokens.verifier();
      const ended = await sessions.endByProvider(await verifier.verifyLogout(token, clientId));
      audit.record(call, { event: 'PROVIDER_LOGOUT', outcome: 'success', details: { sessions: ended } });
    } catch (error) {
      const known = asHttpError(error);
      // Section 2.8: 400 for a token that is not taken.
      if (!(known instanceof HttpError) || known.status === 503) throw known;
      throw new HttpError(400, known.code, known.message, {}, error);
    }
    ctx.send(200, undefined, noStore);
  }
}

/** `GET /oauth/me`: who one is here; also where nobody can log in. */
export function meEndpoint(authenticator: Authenticator, canLogIn: boolean): Endpoint {
  return {
    path: '/oauth/me',
    methods: ['GET'],
    isPublic: true,
    async serve(ctx, call) {
      await authenticator.authenticate(call);
      const { caller, answerHeaders = [] } = call;
      for (let i = 0; i < answerHeaders.length; i += 2) ctx.res.appendHeader(answerHeaders[i]!, answerHeaders[i + 1]!);
      const live = authenticator.sessionOf(call);
      ctx.sendJson(
        200,
        {
          user: call.user === '' ? null : call.user,
          subject: caller?.subject ?? null,
          roles: caller?.roles ?? [],
          scopes: caller?.scopes ?? [],
          isDeveloper: call.isDeveloper,
          isLoggedIn: live !== undefined,
          canLogIn,
        },
        noStore,
      );
    },
  };
}

function refused(reason: string): HttpError {
  return new HttpError(400, 'HW_GATEWAY_LOGIN_REFUSED', reason);
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
