import type { HttpContext } from '@headwater/http';
import type { Provider } from 'oidc-provider';
import type { IdentityParts } from '../identity-parts.ts';
import { sidOf } from '../provider/granted-state.ts';
import { addMappedClaims } from '../provider/protocol-mappers.ts';
import { tokenScope, userClaims } from '../provider/token-claims.ts';
import type { Client } from '../realm/realm.ts';
import { isAllowedWebOrigin } from '../realm/uri-pattern.ts';
import { liveAccessToken } from './access-token.ts';
import { authenticatedClient } from './client-authentication.ts';
import { formBody } from './form-body.ts';
import type { Routes } from './route-table.ts';

export const maxBodyBytes = 56 * 1024;
export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache', 'x-content-type-options': 'nosniff' };

/** Userinfo, introspection (RFC 7662) and revocation (RFC 7009): oidc-provider's own know no tokens that are JWTs. */
export function serveTokenEndpoints(server: Routes, parts: IdentityParts, provider: () => Promise<Provider>): void {
  const path = `${parts.basePath}/protocol/openid-connect`;
  const options = { maxBodyBytes };
  server.route(['GET', 'POST'], `${path}/userinfo`, (ctx) => userinfo(ctx, parts), options);
  server.route('POST', `${path}/token/introspect`, (ctx) => introspect(ctx, parts, provider), options);
  server.route('POST', `${path}/revoke`, (ctx) => revoke(ctx, parts, provider), options);
  for (const name of ['userinfo', 'token/introspect', 'revoke']) {
    server.route('OPTIONS', `${path}/${name}`, (ctx) => preflight(ctx));
  }
}

export function preflight(ctx: HttpContext): void {
  const { origin } = ctx.req.headers;
  if (origin === undefined) ctx.send(204);
  else
    ctx.send(204, undefined, {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '3600',
      vary: 'Origin',
    });
}

/** Headers that let a page of the client's read the answer; none for other pages. */
export function cors(ctx: HttpContext, client: Client | undefined): Record<string, string> {
  const { origin } = ctx.req.headers;
  if (origin === undefined || !client) return {};
  if (!isAllowedWebOrigin(origin, client.webOrigins ?? [], client.redirectUris ?? [])) return {};
  return { 'access-control-allow-origin': origin, vary: 'Origin', 'access-control-expose-headers': 'WWW-Authenticate' };
}

async function userinfo(ctx: HttpContext, parts: IdentityParts): Promise<void> {
  const { authorization } = ctx.req.headers;
  const bearer = authorization === undefined ? undefined : /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
  const form = ctx.method === 'POST' ? await formBody(ctx) : new Map<string, string>();
  const inForm = form.get('access_token');
  if (authorization !== undefined && inForm !== undefined) {
    return refuse(ctx, 400, 'invalid_request', 'the access token must be given once');
  }
  const token = bearer ?? inForm;
  if (token === undefined) {
    return ctx.send(401, undefined, { ...noStore, 'www-authenticate': `Bearer realm="${parts.realm.name}"` });
  }
  const live = await liveAccessToken(parts, token);
  if (!live) return refuse(ctx, 401, 'invalid_token', 'Token verification failed');
  const scopes = new Set(String(live.claims['scope'] ?? '').split(' '));
  if (!scopes.has('openid')) return refuse(ctx, 403, 'insufficient_scope', 'Missing openid scope');
  const answer = { sub: live.user.id, ...userClaims(live.user, scopes) };
  addMappedClaims(answer, live.client, live.user, 'userinfo.token.claim');
  ctx.sendJson(200, answer, { ...noStore, ...cors(ctx, live.client) });

  function refuse(ctx: HttpContext, status: number, error: string, description: string): void {
    ctx.sendJson(
      status,
      { error, error_description: description },
      {
        ...noStore,
        'www-authenticate': `Bearer realm="${parts.realm.name}", error="${error}", error_description="${description}"`,
      },
    );
  }
}

export function refuseClient(ctx: HttpContext, parts: IdentityParts): void {
  const basic: Record<string, string> =
    ctx.req.headers.authorization === undefined ? {} : { 'www-authenticate': `Basic realm="${parts.realm.name}"` };
  ctx.sendJson(
    401,
    { error: 'invalid_client', error_description: 'Invalid client or Invalid client credentials' },
    { ...noStore, ...basic },
  );
}

/** Tells a token's state to the client that it was issued to, or for. */
async function introspect(ctx: HttpContext, parts: IdentityParts, provider: () => Promise<Provider>): Promise<void> {
  const form = await formBody(ctx);
  const client = authenticatedClient(parts, ctx.req, form);
  if (!client || client.publicClient) return refuseClient(ctx, parts);
  const token = form.get('token');
  if (!token) {
    return ctx.sendJson(400, { error: 'invalid_request', error_description: 'Token not provided.' }, noStore);
  }
  const headers = { ...noStore, ...cors(ctx, client) };
  const live = await liveAccessToken(parts, token);
  if (live) {
    const { claims, user } = live;
    const isTheirs = claims['azp'] === client.clientId || [claims.aud].flat().includes(client.clientId);
    if (!isTheirs) return ctx.sendJson(200, { active: false }, headers);
    const about = { client_id: live.client.clientId, username: user.username, token_type: 'Bearer', active: true };
    return ctx.sendJson(200, { ...claims, ...about }, headers);
  }
  const refresh = await (await provider()).RefreshToken.find(token);
  if (!refresh?.isValid || refresh.clientId !== client.clientId || !refresh.grantId) {
    return ctx.sendJson(200, { active: false }, headers);
  }
  const user = parts.realm.user(refresh.accountId ?? '');
  const isLive = parts.granted.find('Grant', refresh.grantId) !== undefined && user && user.enabled !== false;
  if (!isLive) return ctx.sendJson(200, { active: false }, headers);
  ctx.sendJson(
    200,
    {
      exp: refresh.exp,
      iat: refresh.iat,
      iss: parts.issuer,
      sub: user.id,
      typ: 'Refresh',
      azp: client.clientId,
      sid: sidOf(refresh.grantId),
      scope: tokenScope(client, refresh.scopes),
      client_id: client.clientId,
      username: user.username,
      active: true,
    },
    headers,
  );
}

/** Ends a token: a refresh token with its session, an access token alone. Says 200 for a token that is not there, as RFC 7009 has it. */
async function revoke(ctx: HttpContext, parts: IdentityParts, provider: () => Promise<Provider>): Promise<void> {
  const form = await formBody(ctx);
  const client = authenticatedClient(parts, ctx.req, form);
  if (!client) return refuseClient(ctx, parts);
  const token = form.get('token');
  if (!token) return ctx.sendJson(400, { error: 'invalid_request', error_description: 'Token not provided' }, noStore);
  const headers = { ...noStore, ...cors(ctx, client) };
  const about = { event: 'REVOKE', client: client.clientId, address: parts.addressOf(ctx.req) } as const;
  const live = await liveAccessToken(parts, token);
  if (live) {
    if (live.client.clientId !== client.clientId) {
      return ctx.sendJson(400, { error: 'invalid_token', error_description: 'Unmatching clients' }, headers);
    }
    parts.granted.revokeAccessToken(live.claims.jti!, (live.claims.exp ?? 0) * 1_000);
    parts.audit.record({ ...about, outcome: 'success', user: live.user.username, details: { token: 'access' } });
    return ctx.send(200, undefined, headers);
  }
  const refresh = await (await provider()).RefreshToken.find(token, { ignoreSessionBinding: true });
  if (refresh) {
    if (refresh.clientId !== client.clientId) {
      return ctx.sendJson(400, { error: 'invalid_token', error_description: 'Unmatching clients' }, headers);
    }
    if (refresh.grantId) parts.granted.revokeGrant(refresh.grantId);
    const user = parts.realm.user(refresh.accountId ?? '');
    parts.audit.record({ ...about, outcome: 'success', user: user?.username ?? null, details: { token: 'refresh' } });
  }
  ctx.send(200, undefined, headers);
}
