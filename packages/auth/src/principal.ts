import { TokenError } from './token-error.ts';

/** Who a verified token speaks for. */
export interface Principal {
  /** `sub`; for a service without one its client id. */
  subject: string;
  /** For people to read: `preferred_username`, `username`, `name`, the client id, or the subject. */
  name: string;
  /** `azp` or `client_id`; empty when the token names none. */
  clientId: string;
  roles: readonly string[];
  scopes: readonly string[];
  claims: Readonly<Record<string, unknown>>;
  expiresAtMs: number;
}

/** Where roles are looked for, as paths into the claims: Keycloak's realm and client roles, and `roles`. */
export const defaultRoleClaims: readonly string[] = ['realm_access.roles', 'resource_access', 'roles'];

export function principalOf(
  claims: Readonly<Record<string, unknown>>,
  roleClaims: readonly string[] = defaultRoleClaims,
): Principal {
  const clientId = text(claims['azp']) ?? text(claims['client_id']) ?? '';
  const subject = text(claims['sub']) ?? clientId;
  if (subject === '')
    throw new TokenError('HW_AUTH_CLAIMS', 'the token names nobody: it has neither sub nor azp nor client_id');
  const name = text(claims['preferred_username']) ?? text(claims['username']) ?? text(claims['name']);
  return Object.freeze({
    subject,
    name: name ?? (clientId === '' ? subject : claims['sub'] === undefined ? clientId : subject),
    clientId,
    roles: Object.freeze([...new Set(roleClaims.flatMap((path) => rolesAt(claims, path)))]),
    scopes: Object.freeze(scopesOf(claims)),
    claims: Object.freeze(claims),
    expiresAtMs: Number(claims['exp']) * 1_000,
  });
}

/** `scope` with spaces (RFC 9068), or `scp` as some issuers have it. */
function scopesOf(claims: Readonly<Record<string, unknown>>): string[] {
  const said = claims['scope'] ?? claims['scp'];
  if (Array.isArray(said)) return said.filter((scope) => typeof scope === 'string');
  return typeof said === 'string' ? said.split(' ').filter((scope) => scope !== '') : [];
}

/** A list of names, or Keycloak's `resource_access`: client → `{roles}`, which become `client:role`. */
function rolesAt(claims: Readonly<Record<string, unknown>>, path: string): string[] {
  const value = valueAt(claims, path);
  if (typeof value === 'string') return value.split(/[ ,]+/).filter((role) => role !== '');
  if (Array.isArray(value)) return value.filter((role) => typeof role === 'string');
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([client, access]) =>
    isObject(access) && Array.isArray(access['roles']) ? access['roles'].map((role) => `${client}:${role}`) : [],
  );
}

/** A name with dots that is there as it stands (`https://example.org/roles`) goes before the path. */
function valueAt(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
