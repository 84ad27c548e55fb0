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

/** The user that a token is about: a person, or a client's service account. */
export function subjectOf(realm: Realm, accountId: string | undefined, clientId: string): User | undefined {
  return accountId === undefined ? realm.serviceAccount(clientId) : realm.user(accountId);
}
