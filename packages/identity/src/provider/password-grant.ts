import { errors, type KoaContext, type Provider } from 'oidc-provider';
import type { IdentityParts } from '../identity-parts.ts';
import { authenticateUser } from '../login/authenticate-user.ts';
import { resource } from './token-claims.ts';

/**
 * The resource owner password grant (RFC 6749, 4.3), which OAuth 2.1 leaves out: for tests and old tools, and only for clients that the
 * realm allows it to.
 */
export function servePasswordGrant(provider: Provider, parts: IdentityParts): void {
  provider.registerGrantType('password', (ctx) => passwordGrant(provider, ctx, parts), [
    'username',
    'password',
    'scope',
  ]);
}

async function passwordGrant(provider: Provider, ctx: KoaContext, parts: IdentityParts): Promise<void> {
  const { client, params } = ctx.oidc;
  const { username, password } = params;
  if (!username || !password)
    throw new errors.InvalidRequest("missing required parameter(s) 'username' and 'password'");
  const outcome = await authenticateUser(
    { username, password, address: parts.addressOf(ctx.req), clientId: client.clientId },
    parts,
  );
  if (!('user' in outcome)) {
    const error = new errors.CustomOIDCProviderError('invalid_grant', 'Invalid user credentials');
    if (outcome.reason === 'wait') {
      ctx.set('Retry-After', String(outcome.waitSeconds));
      error.status = error.statusCode = 429;
      error.error_description = `Too many failed attempts: try again in ${outcome.waitSeconds} s`;
    }
    throw error;
  }
  const { user } = outcome;
  if (user.requiredActions?.length || user.credentials.some(({ temporary }) => temporary)) {
    throw new errors.CustomOIDCProviderError('invalid_grant', 'Account is not fully set up');
  }
  const scope = parts.grantScope(client.clientId, ctx.oidc.requestParamScopes);
  const info = parts.resourceServer(client.clientId, ctx.oidc.requestParamScopes);
  const grant = new provider.Grant({
    accountId: user.id,
    clientId: client.clientId,
    expiresIn: parts.grantSeconds(scope),
  });
  grant.addOIDCScope(scope);
  grant.addResourceScope(resource, scope);
  const grantId = await grant.save();
  ctx.oidc.entity('Grant', grant);
  const authTime = Math.floor(Date.now() / 1_000);
  const common = { accountId: user.id, client, grantId, gty: 'password', scope };
  const accessToken = new provider.AccessToken(common);
  accessToken.resourceServer = new provider.ResourceServer(resource, info);
  ctx.oidc.entity('AccessToken', accessToken);
  const body: Record<string, unknown> = {
    access_token: await accessToken.save(),
    expires_in: accessToken.expiration,
    token_type: 'Bearer',
    scope,
  };
  if (client.grantTypeAllowed('refresh_token')) {
    const refreshToken = new provider.RefreshToken({ ...common, resource, rotations: 0, authTime, acr: '1' });
    ctx.oidc.entity('RefreshToken', refreshToken);
    body['refresh_token'] = await refreshToken.save();
  }
  if (ctx.oidc.requestParamScopes.has('openid')) {
    const idToken = new provider.IdToken(
      { ...parts.idTokenClaims(user, client.clientId, grantId, scope), acr: '1', auth_time: authTime },
      { ctx },
    );
    idToken.scope = scope;
    body['id_token'] = await idToken.issue({ use: 'idtoken' });
  }
  ctx.body = body;
}
