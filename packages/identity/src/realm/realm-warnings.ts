import { isKnownMapper } from '../provider/protocol-mappers.ts';
import type { ClientRepresentation, RealmRepresentation } from './realm-representation.ts';

/** Something in a realm that is kept, and exported again, but has no effect here. */
export interface RealmWarning {
  /** `client NAME` or `client scope NAME`. */
  where: string;
  mapper: string;
  message: string;
}

/** What Keycloak puts in its own client scopes: those claims are built in here, or listed in COMPATIBILITY.md. */
const ownMappers: Readonly<Record<string, readonly string[]>> = {
  profile: [
    'family name',
    'given name',
    'middle name',
    'nickname',
    'picture',
    'website',
    'profile',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated at',
    'username',
    'full name',
  ],
  email: ['email', 'email verified'],
  address: ['address'],
  phone: ['phone number', 'phone number verified'],
  roles: ['realm roles', 'client roles', 'audience resolve'],
  'web-origins': ['allowed web origins'],
  'microprofile-jwt': ['upn', 'groups'],
  acr: ['acr loa level'],
  basic: ['auth_time', 'sub'],
  organization: ['organization'],
  service_account: ['Client ID', 'Client Host', 'Client IP Address'],
};

/** The mappers of a client that make no claim here. */
export function clientWarnings({ clientId, protocolMappers = [] }: ClientRepresentation): RealmWarning[] {
  const warnings: RealmWarning[] = [];
  for (const { name, protocolMapper, config = {} } of protocolMappers) {
    const where = `client ${clientId}`;
    if (!isKnownMapper(protocolMapper)) {
      warnings.push({
        where,
        mapper: name,
        message: `mappers of the kind ${protocolMapper} are not served, so tokens lack its claim: use another kind (COMPATIBILITY.md has them)`,
      });
    } else if (protocolMapper === 'oidc-audience-mapper' && config['id.token.claim'] === 'true') {
      warnings.push({ where, mapper: name, message: 'its audience is put in access tokens only, not in ID tokens' });
    }
  }
  return warnings;
}

/** All mappers of a realm that make no claim here: said at the start and on the console, never passed over. */
export function realmWarnings(realm: Pick<RealmRepresentation, 'clients' | 'clientScopes'>): RealmWarning[] {
  const warnings = (realm.clients ?? []).flatMap(clientWarnings);
  for (const { name, protocol = 'openid-connect', protocolMappers = [] } of realm.clientScopes ?? []) {
    if (protocol !== 'openid-connect') continue;
    for (const mapper of protocolMappers) {
      if (ownMappers[name]?.includes(mapper.name)) continue;
      warnings.push({
        where: `client scope ${name}`,
        mapper: mapper.name,
        message: 'mappers of client scopes are not served, so tokens lack its claim: give it to the clients themselves',
      });
    }
  }
  return warnings;
}
