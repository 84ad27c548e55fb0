import { randomBytes } from 'node:crypto';
import { errors, type KoaContext, type OidcGrant, type OidcToken, Provider } from 'oidc-provider';
import { type IdentityParts, RefusedScopes } from '../identity-parts.ts';
import { isAllowedWebOrigin, isRegisteredUri } from '../realm/uri-pattern.ts';
import { clientMetadata, isPkceRequired, postLogoutPatterns } from './client-metadata.ts';
import { type Payload, sidOf } from './granted-state.ts';
import { servePasswordGrant } from './password-grant.ts';
import { addMappedClaims, audiencesOf, mappedNames } from './protocol-mappers.ts';
import { deviceSources, logoutSources, renderError } from './provider-pages.ts';
import { allScopes, resource, roleClaims, subjectOf, tokenScope, userClaims } from './token-claims.ts';

const protocolPath = '/protocol/openid-connect';

/** oidc-provider over the realm: its state in the store, its pages ours, its tokens as Keycloak's. */
export async function createProvider(parts: IdentityParts): Promise<Provider> {
  const { realm } = parts;
  const keys = await parts.keys.privateKeys();
  const lifetimes = () => realm.lifetimes;
  // They have to be known when the provider is made; one that comes later is in access tokens at once.
  const namesOfMappers = new Set([...realm.clients()].flatMap(mappedNames));
  const provider: Provider = new Provider(parts.issuer, {
    adapter: (name: string) => adapter(name, parts),
    jwks: { keys },
    clientDefaults: { grant_types: [], response_types: [] },
    cookies: {
      keys: [cookieKey(parts)],
      names: { session: 'HW_IDENTITY', interaction: 'HW_IDENTITY_LOGIN', resume: 'HW_IDENTITY_RESUME' },
      long: { httpOnly: true, sameSite: 'lax', path: parts.basePath, signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    scopes: allScopes,
    responseTypes: ['code'],
    claims: {
      openid: ['sub', 'typ', 'azp', 'sid', 'acr', 'auth_time', ...claimNames, ...namesOfMappers],
    },
    conformIdTokenClaims: false,
    allowOmittingSingleRegisteredRedirectUri: false,
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    pkce: { required: (_: KoaContext, client: { clientId: string }) => isPkceRequired(parts.client(client.clientId)) },
    clientBasedCORS: (_: KoaContext, origin: string, client: { clientId: string }) => {
      const { webOrigins = [], redirectUris = [] } = parts.client(client.clientId);
      return isAllowedWebOrigin(origin, webOrigins, redirectUris);
    },
    routes: {
      authorization: `${protocolPath}/auth`,
      token: `${protocolPath}/token`,
      jwks: `${protocolPath}/certs`,
      end_session: `${protocolPath}/logout`,
      device_authorization: `${protocolPath}/auth/device`,
      code_verification: '/device',
    },
    discovery: {
      userinfo_endpoint: `${parts.issuer}${protocolPath}/userinfo`,
      introspection_endpoint: `${parts.issuer}${protocolPath}/token/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_endpoint: `${parts.issuer}${protocolPath}/revoke`,
      revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    },
    interactions: {
      url: (_: KoaContext, interaction: { uid: string }) =>
        `${parts.basePath}/login-actions/authenticate/${interaction.uid}`,
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      dPoP: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx: KoaContext, indicator: string, client: { clientId: string }) =>
          resourceServerInfo(parts, ctx, indicator, client.clientId),
      },
      rpInitiatedLogout: { enabled: true, ...logoutSources(parts) },
      deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****', ...deviceSources(parts) },
    },
    findAccount: (ctx: KoaContext, id: string) => {
      const user = realm.user(id);
      if (!user || user.enabled === false) return undefined;
      return {
        accountId: user.id,
        claims: (_use: string, scope: string) => {
          const clientId = ctx.oidc.client.clientId;
          const grantId = ctx.oidc.entities['Grant']?.jti ?? ctx.oidc.session?.grantIdFor(clientId);
          return parts.idTokenClaims(user, clientId, grantId, parts.grantScope(clientId, new Set(scope.split(' '))));
        },
      };
    },
    loadExistingGrant: (ctx: KoaContext) => loadGrant(provider, ctx, parts),
    issueRefreshToken: (_: KoaContext, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: (_: KoaContext, source: OidcToken) => !source.scopes.has('offline_access'),
    ttl: {
      AccessToken: (_: KoaContext, token: OidcToken) => parts.accessTokenSeconds(parts.client(token.clientId)),
      ClientCredentials: (_: KoaContext, token: OidcToken) => parts.accessTokenSeconds(parts.client(token.clientId)),
      IdToken: (_: KoaContext, __: OidcToken, client: { clientId: string }) =>
        parts.accessTokenSeconds(parts.client(client.clientId)),
      AuthorizationCode: () => lifetimes().codeSeconds,
      DeviceCode: () => lifetimes().deviceCodeSeconds,
      Interaction: () => lifetimes().loginSeconds,
      Session: () => lifetimes().sessionMaxSeconds,
      Grant: () => lifetimes().sessionMaxSeconds,
      RefreshToken: (_: KoaContext, token: OidcToken) => {
        if (token.scopes.has('offline_access')) return lifetimes().offlineIdleSeconds;
        const { sessionIdleSeconds, sessionMaxSeconds } = lifetimes();
        return Math.max(1, Math.min(sessionIdleSeconds, sessionMaxSeconds - token.totalLifetime()));
      },
    },
    formats: {
      customizers: {
        jwt: (
          _: KoaContext,
          token: OidcToken,
          jwt: { header: Record<string, unknown> | undefined; payload: Record<string, unknown> },
        ) => {
          jwt.header = { typ: 'JWT' };
          jwt.payload = accessTokenPayload(parts, token, jwt.payload);
        },
      },
    },
    renderError: renderError(parts),
  });
  provider.proxy = true;
  provider.silent = true;
  provider.Client.prototype.redirectUriAllowed = function (uri) {
    const { redirectUris = [], rootUrl } = parts.client(this.clientId);
    return isRegisteredUri(uri, redirectUris, rootUrl);
  };
  provider.Client.prototype.postLogoutRedirectUriAllowed = function (uri) {
    const client = parts.client(this.clientId);
    return isRegisteredUri(uri, postLogoutPatterns(client), client.rootUrl);
  };
  servePasswordGrant(provider, parts);
  provider.use((ctx, next) => finishTokenAnswer(ctx, next, parts));
  provider.on('grant.error', (ctx: KoaContext, error: GrantError) => auditRefusal(ctx, error, parts));
  provider.on('server_error', (_: KoaContext, error: Error) =>
    parts.logger.error({ error: String(error.stack ?? error) }, 'identity request failed'),
  );
  return provider;
}

const claimNames = [
  'name',
  'given_name',
  'family_name',
  'preferred_username',
  'email',
  'email_verified',
  'auth_time',
  'nonce',
];

function cookieKey(parts: IdentityParts): string {
  let key = parts.store.get('Secret', 'cookies') as string | undefined;
  if (key === undefined) {
    key = randomBytes(32).toString('base64url');
    parts.store.put('Secret', 'cookies', key);
  }
  return key;
}

function resourceServerInfo(parts: IdentityParts, ctx: KoaContext, indicator: string, clientId: string) {
  if (indicator !== resource)
    throw new errors.CustomOIDCProviderError('invalid_target', 'resource indicators are not served');
  try {
    return parts.resourceServer(clientId, ctx.oidc.params['scope']?.split(' ').filter(Boolean) ?? []);
  } catch (error) {
    if (error instanceof RefusedScopes) throw new errors.InvalidScope(error.message, error.scopes.join(' '));
    throw error;
  }
}

/**
 * What a user let a client have. Clients that need no consent get what they ask for; others what the user agreed to before, and the
 * consent page shows what is missing.
 */
async function loadGrant(provider: Provider, ctx: KoaContext, parts: IdentityParts): Promise<OidcGrant | undefined> {
  const { client, session, result } = ctx.oidc;
  const { accountId } = session;
  if (accountId === undefined) return undefined;
  const own = parts.client(client.clientId);
  const wanted = parts.grantScope(client.clientId, ctx.oidc.requestParamScopes);
  const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  let grant = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  if (grant && (grant.accountId !== accountId || grant.clientId !== client.clientId)) grant = undefined;
  const agreed = parts.store.get('Consent', `${accountId} ${client.clientId}`) as string[] | undefined;
  const isAgreed = !own.consentRequired || wanted.split(' ').every((scope) => agreed?.includes(scope));
  if (!isAgreed) return grant;
  const expiresIn = parts.grantSeconds(wanted);
  const nowSeconds = Math.floor(Date.now() / 1_000);
  if (grant && has(grant, wanted) && grant.exp - nowSeconds > expiresIn / 2) return grant;
  grant ??= new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(wanted);
  grant.addResourceScope(resource, wanted);
  grant.exp = nowSeconds + expiresIn;
  await grant.save();
  return grant;
}

function has(grant: OidcGrant, scope: string): boolean {
  const have = new Set(grant.getOIDCScope().split(' '));
  return scope.split(' ').every((one) => have.has(one));
}

/** An access token with Keycloak's claims. */
function accessTokenPayload(
  parts: IdentityParts,
  token: OidcToken,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const client = parts.client(token.clientId);
  const user = subjectOf(parts.realm, token.accountId, token.clientId);
  const scope = tokenScope(client, token.scopes);
  const { webOrigins } = client;
  const claims = {
    exp: given['exp'],
    iat: given['iat'],
    jti: given['jti'],
    iss: parts.issuer,
    aud: audiencesOf(client),
    sub: user?.id ?? token.clientId,
    typ: 'Bearer',
    azp: token.clientId,
    ...(token.grantId === undefined ? {} : { sid: sidOf(token.grantId) }),
    acr: '1',
    ...(webOrigins?.length ? { 'allowed-origins': webOrigins } : {}),
    ...(user ? roleClaims(user) : {}),
    scope,
    ...(user ? userClaims(user, new Set(scope.split(' '))) : {}),
  };
  return user ? addMappedClaims(claims, client, user, 'access.token.claim') : claims;
}

/** Members of Keycloak's token answer that oidc-provider does not know, and the audit of what was issued. */
async function finishTokenAnswer(ctx: KoaContext, next: () => Promise<void>, parts: IdentityParts): Promise<void> {
  await next();
  if (ctx.oidc?.route !== 'token') return;
  const { oidc, body } = ctx;
  const grantType = oidc.params?.['grant_type'] ?? null;
  const about = { client: oidc.client?.clientId ?? null, address: parts.addressOf(ctx.req), details: { grantType } };
  const answer = body as Record<string, unknown> | undefined;
  if (typeof answer?.['access_token'] !== 'string') return;
  const token = oidc.entities['AccessToken'] ?? oidc.entities['ClientCredentials'];
  const refresh = oidc.entities['RefreshToken'];
  answer['scope'] = tokenScope(parts.client(oidc.client.clientId), token?.scopes ?? new Set());
  answer['refresh_expires_in'] = refresh && answer['refresh_token'] ? refresh.remainingTTL : 0;
  answer['not-before-policy'] = 0;
  if (token?.grantId) answer['session_state'] = sidOf(token.grantId);
  const user = subjectOf(parts.realm, token?.accountId, oidc.client.clientId);
  parts.audit.record({ event: 'TOKEN', outcome: 'success', user: user?.username ?? null, ...about });
}

interface GrantError extends Error {
  error: string;
  error_detail?: string;
}

/** Second uses of what is for one use have names of their own: somebody else may have had it. */
const reuses: Record<string, string> = {
  'refresh token already used': 'REFRESH_TOKEN_REUSED',
  'authorization code already consumed': 'CODE_REUSED',
};

function auditRefusal(ctx: KoaContext, { error, error_detail: detail = '' }: GrantError, parts: IdentityParts): void {
  const grantType = ctx.oidc.params?.['grant_type'] ?? null;
  // A login says more itself, and a device asks every few seconds.
  if (grantType === 'password' || error === 'authorization_pending') return;
  const accountId = ctx.oidc.entities['RefreshToken']?.accountId;
  parts.audit.record({
    event: reuses[detail] ?? 'TOKEN',
    outcome: 'failure',
    reason: error,
    user: (accountId && parts.realm.user(accountId)?.username) || null,
    client: ctx.oidc.client?.clientId ?? null,
    address: parts.addressOf(ctx.req),
    details: { grantType },
  });
}

/** The store, for one of oidc-provider's kinds of objects; clients come from the realm. */
function adapter(kind: string, parts: IdentityParts) {
  const { granted, realm } = parts;
  return {
    async upsert(id: string, payload: Payload, expiresIn: number): Promise<void> {
      granted.put(kind, id, payload, expiresIn);
    },
    async find(id: string): Promise<Payload | undefined> {
      if (kind !== 'Client') return granted.find(kind, id);
      const client = realm.client(id);
      return client && clientMetadata(client);
    },
    async findByUserCode(userCode: string): Promise<Payload | undefined> {
      return granted.findByUserCode(userCode);
    },
    async findByUid(uid: string): Promise<Payload | undefined> {
      return granted.findSessionByUid(uid);
    },
    async consume(id: string): Promise<void> {
      granted.consume(kind, id);
    },
    async destroy(id: string): Promise<void> {
      granted.destroy(kind, id);
    },
    async revokeByGrantId(grantId: string): Promise<void> {
      granted.revokeByGrantId(kind, grantId);
    },
  };
}
