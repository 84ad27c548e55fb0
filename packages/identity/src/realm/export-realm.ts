import type { Realm } from './realm.ts';
import type { RealmRepresentation } from './realm-representation.ts';

/**
 * The realm as Keycloak imports it, secrets and password hashes included: who has this file has the realm. Refresh tokens are said to be
 * used once, as they are here, and built-in objects of Keycloak's own are left for it to make.
 */
export function exportRealm(realm: Realm): RealmRepresentation {
  const clients = [...realm.clients()];
  const clientRoles: Record<string, ReturnType<typeof withoutContainer>[]> = {};
  for (const { clientId } of clients) {
    const roles = [...realm.clientRoles(clientId)].map(withoutContainer);
    if (roles.length > 0) clientRoles[clientId] = roles;
  }
  return {
    enabled: true,
    sslRequired: 'external',
    bruteForceProtected: true,
    ...realm.settings,
    realm: realm.name,
    revokeRefreshToken: true,
    refreshTokenMaxReuse: 0,
    roles: {
      realm: [...realm.roles()].map(withoutContainer),
      ...(Object.keys(clientRoles).length > 0 ? { client: clientRoles } : {}),
    },
    clients,
    users: [...realm.users()],
  };
}

function withoutContainer(role: { id?: string; name: string; description?: string }) {
  const { id, name, description } = role;
  return {
    ...(id === undefined ? {} : { id }),
    name,
    ...(description === undefined ? {} : { description }),
  };
}
