import { createHash } from 'node:crypto';
import type { Logger } from '@headwater/logger';
import { IdentityError } from '../identity-error.ts';
import { isPasswordOf } from '../password/password-hash.ts';
import type { Store } from '../store/store.ts';
import { checkRealm } from './check-realm.ts';
import { knownSecrets } from './default-realm.ts';
import type { Realm } from './realm.ts';
import type { CredentialRepresentation, UserRepresentation } from './realm-representation.ts';

/** Users whose hashes are compared at one start: each takes about 0.2 s, once. */
const usersAtOnce = 100;

/**
 * A realm that grew up on a developer's machine keeps the secrets that everybody knows: it is not started where strangers may come. A hash
 * that was compared is remembered; users beyond the first 100 of a start are compared at the next ones, and a login with a known password
 * is refused to everybody anyway.
 *
 * @throws IdentityError HW_IDENTITY_DEFAULT_SECRET
 */
export async function checkKeptSecrets(realm: Realm, store: Store, logger: Logger): Promise<void> {
  checkRealm({ realm: realm.name, clients: [...realm.clients()] }, true);
  await checkKeptPasswords([...realm.users()], store, logger);
}

/** The same of users whose passwords are hashes, such as those of a realm that is to be imported. */
export async function checkKeptPasswords(
  users: readonly UserRepresentation[],
  store: Store,
  logger: Logger,
): Promise<void> {
  const unchecked = users.filter((user) => hashesOf(user).some(({ digest }) => !isChecked(store, digest)));
  for (const user of unchecked.slice(0, usersAtOnce)) {
    for (const { credential, digest } of hashesOf(user)) {
      for (const known of knownSecrets) {
        if (!(await isPasswordOf(known, credential))) continue;
        throw new IdentityError(
          'HW_IDENTITY_DEFAULT_SECRET',
          `user ${user.username} has a password that everybody knows: start once without "secure" on 127.0.0.1 and set another or remove the user; or begin with another dataDir or realm file`,
        );
      }
      store.put('CheckedPassword', digest, 1);
    }
  }
  const rest = unchecked.length - usersAtOnce;
  if (rest > 0) {
    logger.warn(
      { users: rest },
      'passwords of these users are compared with those that everybody knows at a later start',
    );
  }
}

function isChecked(store: Store, digest: string): boolean {
  return store.get('CheckedPassword', digest) !== undefined;
}

/** A user's hashed passwords; the digest is another one when the known secrets are others. */
function hashesOf({
  credentials = [],
}: UserRepresentation): { credential: CredentialRepresentation; digest: string }[] {
  return credentials
    .filter(({ type, secretData }) => type === 'password' && secretData !== undefined)
    .map((credential) => {
      const digest = createHash('sha256').update([...knownSecrets, credential.secretData].join('\n'));
      return { credential, digest: digest.digest('base64url') };
    });
}
