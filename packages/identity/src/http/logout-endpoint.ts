import type { Handler, HttpContext } from '@headwater/http';
import type { Provider } from 'oidc-provider';
import type { IdentityParts } from '../identity-parts.ts';
import { authenticatedClient } from './client-authentication.ts';
import { formBody } from './form-body.ts';
import type { Routes } from './route-table.ts';
import { cors, maxBodyBytes, noStore, preflight, refuseClient } from './token-endpoints.ts';

/**
 * `logout`: with a refresh token it is Keycloak's call from one program to another, which ends the session that the token is of; else it is
 * RP-initiated logout in a browser, which is oidc-provider's, and there by GET only.
 */
export function serveLogout(
  routes: Routes,
  parts: IdentityParts,
  provider: () => Promise<Provider>,
  passOn: Handler,
): void {
  const path = `${parts.basePath}/protocol/openid-connect/logout`;
  const post: Handler = async (ctx) => {
    const form = await formBody(ctx);
    if (form.has('refresh_token')) return await logoutByRefreshToken(ctx, parts, provider, form);
    const { req } = ctx;
    req.method = 'GET';
    req.url = `${path}?${new URLSearchParams([...form])}`;
    delete req.headers['content-type'];
    delete req.headers['content-length'];
    delete req.headers['transfer-encoding'];
    await passOn(ctx);
  };
  routes.route('GET', path, passOn);
  routes.route('POST', path, post, { maxBodyBytes });
  routes.route('OPTIONS', path, (ctx) => preflight(ctx));
}

async function logoutByRefreshToken(
  ctx: HttpContext,
  parts: IdentityParts,
  provider: () => Promise<Provider>,
  form: ReadonlyMap<string, string>,
): Promise<void> {
  const client = authenticatedClient(parts, ctx.req, form);
  if (!client) return refuseClient(ctx, parts);
  const headers = { ...noStore, ...cors(ctx, client) };
  const about = { event: 'LOGOUT', client: client.clientId, address: parts.addressOf(ctx.req) } as const;
  const token = await (await provider()).RefreshToken.find(form.get('refresh_token')!, { ignoreSessionBinding: true });
  if (!token?.grantId || token.clientId !== client.clientId) {
    parts.audit.record({ ...about, outcome: 'failure', reason: 'invalid_token' });
    return ctx.sendJson(400, { error: 'invalid_grant', error_description: 'Invalid refresh token' }, headers);
  }
  parts.granted.revokeGrant(token.grantId);
  // A login in a browser serves other clients too: their tokens end with it.
  if (token.sessionUid) parts.granted.revokeSession(token.sessionUid);
  const user = parts.realm.user(token.accountId ?? '');
  parts.audit.record({ ...about, outcome: 'success', user: user?.username ?? null });
  ctx.send(204, undefined, headers);
}
