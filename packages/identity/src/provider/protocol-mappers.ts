import type { Client, User } from '../realm/realm.ts';

/** Where a mapper's claim is to be. */
export type MapperPlace = 'access.token.claim' | 'id.token.claim' | 'userinfo.token.claim';

type Config = Readonly<Record<string, string>>;
/** Writes what a mapper says into claims that are there already. */
type Mapper = (claims: Record<string, unknown>, config: Config, client: Client, user: User) => void;

/** Keycloak's kinds of mappers that make claims, by the names in its realm files. */
const mappers: Readonly<Record<string, Mapper>> = {
  'oidc-hardcoded-claim-mapper': (claims, config) => putClaim(claims, config, config['claim.value'] ?? ''),
  'oidc-usermodel-attribute-mapper': (claims, config, _, user) => {
    const name = config['user.attribute'] ?? '';
    const own = propertyOf(user, name);
    const values = user.attributes?.[name] ?? (typeof own === 'string' ? [own] : []);
    if (values.length > 0) putClaim(claims, config, config['multivalued'] === 'true' ? values : values[0]!);
  },
  'oidc-usermodel-property-mapper': (claims, config, _, user) => {
    const value = propertyOf(user, config['user.attribute'] ?? '');
    if (value !== undefined) putClaim(claims, config, String(value));
  },
  'oidc-full-name-mapper': (claims, _, __, user) => {
    const name = [user.firstName, user.lastName].filter(Boolean).join(' ');
    if (name) claims['name'] = name;
  },
  'oidc-usermodel-realm-role-mapper': (claims, config, client, user) =>
    putRoles(claims, config, client.clientId, user.realmRoles, config['usermodel.realmRoleMapping.rolePrefix']),
  'oidc-usermodel-client-role-mapper': (claims, config, _, user) => {
    const only = config['usermodel.clientRoleMapping.clientId'];
    for (const [clientId, roles] of Object.entries(user.clientRoles)) {
      if (only && only !== clientId) continue;
      putRoles(claims, config, clientId, roles, config['usermodel.clientRoleMapping.rolePrefix']);
    }
  },
};

/** Kinds that are served elsewhere, or whose claim is always there. */
const alwaysServed = new Set(['oidc-audience-mapper', 'oidc-sub-mapper']);

export function isKnownMapper(kind: string): boolean {
  return Object.hasOwn(mappers, kind) || alwaysServed.has(kind);
}

/** Adds to `claims` what a client's mappers say about a user; roles that are there already stay. */
export function addMappedClaims(
  claims: Record<string, unknown>,
  client: Client,
  user: User,
  place: MapperPlace,
): Record<string, unknown> {
  for (const { protocolMapper, config = {} } of client.protocolMappers ?? []) {
    if (config[place] !== 'true' || !Object.hasOwn(mappers, protocolMapper)) continue;
    mappers[protocolMapper]!(claims, config, client, user);
  }
  return claims;
}

/** Audiences of the client's mappers; Keycloak's own name where there are none. */
export function audiencesOf(client: Client): string | string[] {
  const audiences = new Set<string>();
  for (const { protocolMapper, config = {} } of client.protocolMappers ?? []) {
    if (protocolMapper !== 'oidc-audience-mapper' || config['access.token.claim'] === 'false') continue;
    const audience = config['included.client.audience'] || config['included.custom.audience'];
    if (audience) audiences.add(audience);
  }
  if (audiences.size === 0) return 'account';
  return audiences.size === 1 ? [...audiences][0]! : [...audiences];
}

/** The outermost names of the claims that a client's mappers may make. */
export function mappedNames(client: Client): string[] {
  return (client.protocolMappers ?? []).flatMap(({ config }) => claimPath(config?.['claim.name'] ?? '').slice(0, 1));
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

/** `a.b` is a claim in a claim, `a\.b` one with a dot in its name. */
function claimPath(name: string): string[] {
  const path = name.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  return name === '' || reserved.has(path[0]!) ? [] : path;
}

function putClaim(claims: Record<string, unknown>, config: Config, value: string | readonly string[]): void {
  const converted = typeof value === 'string' ? typed(value, config) : value.map((one) => typed(one, config));
  if (converted !== undefined) put(claims, claimPath(config['claim.name'] ?? ''), () => converted);
}

/** Roles are added to those that another mapper put there; `${client_id}` in the name stands for the client that they are of. */
function putRoles(
  claims: Record<string, unknown>,
  config: Config,
  clientId: string,
  roles: readonly string[],
  prefix = '',
): void {
  if (roles.length === 0) return;
  const named = roles.map((role) => prefix + role);
  const path = claimPath(config['claim.name'] ?? '').map((step) => step.replaceAll(`\${client_id}`, clientId));
  const isAccess = path.at(-1) === 'roles' && /^(realm|resource)_access$/.test(path[0]!);
  put(claims, path, (before) => {
    // As Keycloak does: one of them.
    if (config['multivalued'] !== 'true' && !isAccess) return before ?? named[0];
    return [...new Set([...(Array.isArray(before) ? before : []), ...named])];
  });
}

function put(claims: Record<string, unknown>, path: string[], value: (before: unknown) => unknown): void {
  const last = path.pop();
  if (last === undefined) return;
  let at = claims;
  for (const step of path) {
    const within = Object.hasOwn(at, step) ? at[step] : undefined;
    if (typeof within !== 'object' || within === null || Array.isArray(within)) define(at, step, {});
    at = at[step] as Record<string, unknown>;
  }
  define(at, last, value(Object.hasOwn(at, last) ? at[last] : undefined));
}

/** Also for names such as `__proto__`, which an assignment would not make a member of. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Of a user's own members those that Keycloak's user model has; secrets and roles are none of them. */
function propertyOf(user: User, name: string): string | boolean | number | undefined {
  switch (name) {
    case 'id':
    case 'username':
    case 'email':
    case 'firstName':
    case 'lastName':
    case 'createdTimestamp':
      return user[name];
    case 'emailVerified':
      return user.emailVerified ?? false;
    case 'enabled':
      return user.enabled ?? true;
    default:
      return undefined;
  }
}

/** Undefined for a text that is not of the type it is said to be: no claim is better than a wrong one. */
function typed(text: string, config: Config): unknown {
  switch (config['jsonType.label']) {
    case 'int':
    case 'long': {
      const number = Number(text);
      return text.trim() === '' || !Number.isInteger(number) ? undefined : number;
    }
    case 'boolean':
      return text.toLowerCase() === 'true';
    case 'JSON':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
    default:
      return text;
  }
}
