import type { Client, Realm, User } from '../realm/realm.ts';

/** The one resource server of a realm, as oidc-provider names them; tokens say the client's audiences. */
export const resource = 'urn:headwater:realm';

const defaultScopes = ['profile', 'email'];
const optionalScopes = ['address', 'phone', 'offline_access', 'microprofile-jwt'];
/** Scopes of Keycloak that change no claim here and are not told in `scope`. */
const silentScopes = ['openid', 'basic', 'acr', 'roles', 'web-origins', 'organization', 'service_account'];
const toldScopes = new Set([...defaultScopes, ...optionalScopes]);

export const allScopes = [...new Set([...silentScopes, ...defaultScopes, ...optionalScopes])];

/** What a client asked for that it may not have. */
export function refusedScopes(client: Client, requested: Iterable<string>): string[] {
  const allowed = new Set([
    ...silentScopes,
    ...(client.defaultClientScopes ?? defaultScopes),
    ...(client.optionalClientScopes ?? optionalScopes),
  ]);
  return [...requested].filter((scope) => !allowed.has(scope));
}

/** The `scope` that a token says: what was asked for, and what the client always has. */
export function tokenScope(client: Client, requested: ReadonlySet<string>): string {
  const always = (client.defaultClientScopes ?? defaultScopes).filter((scope) => toldScopes.has(scope));
  const asked = [...requested].filter((scope) => scope === 'openid' || toldScopes.has(scope));
  return [...new Set([...asked, ...always])].join(' ');
}

/** Audiences of the client's mappers; Keycloak's own name where there are none. */
export function audiencesOf(client: Client): string | string[] {
  const audiences = new Set<string>();
  for (const { protocolMapper, config = {} } of client.protocolMappers ?? []) {
    if (protocolMapper !== 'oidc-audience-mapper' || config['access.token.claim'] === 'false') continue;
    const audience = config['included.custom.audience'] || config['included.client.audience'];
    if (audience) audiences.add(audience);
  }
  if (audiences.size === 0) return 'account';
  return audiences.size === 1 ? [...audiences][0]! : [...audiences];
}

/** Claims about a user that scopes open, the same in tokens and userinfo. */
export function userClaims(user: User, scopes: ReadonlySet<string>): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  if (scopes.has('email')) {
    claims['email_verified'] = user.emailVerified ?? false;
    if (user.email) claims['email'] = user.email;
  }
  if (scopes.has('profile')) {
    const name = [user.firstName, user.lastName].filter(Boolean).join(' ');
    if (name) claims['name'] = name;
    claims['preferred_username'] = user.username;
    if (user.firstName) claims['given_name'] = user.firstName;
    if (user.lastName) claims['family_name'] = user.lastName;
  }
  return claims;
}

/** Roles of a user as `realm_access` and `resource_access`; neither where there are none. */
export function roleClaims(user: User): Record<string, unknown> {
  const perClient = Object.entries(user.clientRoles).filter(([, roles]) => roles.length > 0);
  return {
    ...(user.realmRoles.length > 0 ? { realm_access: { roles: [...user.realmRoles] } } : {}),
    ...(perClient.length > 0
      ? { resource_access: Object.fromEntries(perClient.map(([clientId, roles]) => [clientId, { roles: [...roles] }])) }
      : {}),
  };
}

/** Claims that a client's mappers add: fixed values, a user's attributes, realm roles under another name. */
export function mappedClaims(
  client: Client,
  user: User,
  where: 'access.token.claim' | 'id.token.claim' | 'userinfo.token.claim',
): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  for (const { protocolMapper, config = {} } of client.protocolMappers ?? []) {
    const name = config['claim.name'];
    if (!name || config[where] !== 'true' || reserved.has(name)) continue;
    if (protocolMapper === 'oidc-hardcoded-claim-mapper') put(claims, name, typed(config['claim.value'] ?? '', config));
    if (protocolMapper === 'oidc-usermodel-attribute-mapper') {
      const values = user.attributes?.[config['user.attribute'] ?? ''];
      if (values?.length) {
        put(claims, name, config['multivalued'] === 'true' ? [...values] : typed(values[0]!, config));
      }
    }
    if (protocolMapper === 'oidc-usermodel-realm-role-mapper') {
      put(
        claims,
        name,
        user.realmRoles.map((role) => `${config['usermodel.realmRoleMapping.rolePrefix'] ?? ''}${role}`),
      );
    }
  }
  return claims;
}

/** A mapper must not change who a token is from, for, or about. */
const reserved = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'azp',
  'typ',
  'sid',
  'scope',
  'nonce',
  'at_hash',
]);

/** `a.b` is a claim in a claim. */
function put(claims: Record<string, unknown>, name: string, value: unknown): void {
  const path = name.split('.');
  const last = path.pop()!;
  let at = claims;
  for (const step of path) {
    if (!Object.hasOwn(at, step) || typeof at[step] !== 'object') {
      Object.defineProperty(at, step, { value: {}, enumerable: true, configurable: true, writable: true });
    }
    at = at[step] as Record<string, unknown>;
  }
  Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
}

function typed(text: string, config: Record<string, string>): unknown {
  switch (config['jsonType.label']) {
    case 'int':
    case 'long':
      return Number(text);
    case 'boolean':
      return text === 'true';
    default:
      return text;
  }
}

/** The user that a token is about: a person, or a client's service account. */
export function subjectOf(realm: Realm, accountId: string | undefined, clientId: string): User | undefined {
  return accountId === undefined ? realm.serviceAccount(clientId) : realm.user(accountId);
}
