import { hashPassword } from '../password/password-hash.ts';
import type { Realm } from './realm.ts';
import type { RealmRepresentation, UserRepresentation } from './realm-representation.ts';

/** Takes a realm (checked before) as Keycloak's import does: what is there already under the same name is replaced. */
export async function importRealm(realm: Realm, given: RealmRepresentation): Promise<void> {
  const { users = [], clients = [], roles = {}, ...settings } = given;
  for (const role of roles.realm ?? []) realm.putRole(role);
  for (const given of clients) {
    const before = realm.client(given.clientId);
    realm.putClient(before ? { ...given, id: before.id } : given);
  }
  for (const [clientId, clientRoles] of Object.entries(roles.client ?? {})) {
    for (const role of clientRoles) realm.putRole(role, clientId);
  }
  for (const user of users) {
    const before = realm.userByName(user.username);
    const credentials = await hashedCredentials(user);
    realm.putUser({ ...user, ...(before ? { id: before.id } : {}), credentials });
  }
  // Last, because a realm with settings counts as there: a start that was cut short begins again.
  realm.settings = { ...settings, realm: realm.name };
}

async function hashedCredentials(user: UserRepresentation): Promise<NonNullable<UserRepresentation['credentials']>> {
  const hashed: NonNullable<UserRepresentation['credentials']> = [];
  for (const credential of user.credentials ?? []) {
    hashed.push(
      credential.value === undefined ? credential : await hashPassword(credential.value, credential.temporary ?? false),
    );
  }
  return hashed;
}
