import { readFileSync } from 'node:fs';
import { IdentityError } from '../identity-error.ts';
import { isKnownHash } from '../password/password-hash.ts';
import { parsePasswordPolicy } from '../password/password-policy.ts';
import { knownSecrets } from './default-realm.ts';
import type { RealmRepresentation } from './realm-representation.ts';

/** Reads a realm from a file. @throws IdentityError HW_IDENTITY_REALM */
export function readRealmFile(path: string): RealmRepresentation {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new IdentityError('HW_IDENTITY_REALM', `the realm file ${path} cannot be read`, cause);
  }
  try {
    return JSON.parse(text) as RealmRepresentation;
  } catch (cause) {
    throw new IdentityError('HW_IDENTITY_REALM', `${path} is not JSON: ${(cause as Error).message}`, cause);
  }
}

/**
 * Says what cannot be taken from a realm, before anything of it is.
 *
 * @throws IdentityError HW_IDENTITY_REALM; HW_IDENTITY_DEFAULT_SECRET when it has secrets that everybody knows and `isSecure`
 */
export function checkRealm(realm: RealmRepresentation, isSecure: boolean): void {
  const refuse = (message: string): never => {
    throw new IdentityError('HW_IDENTITY_REALM', message);
  };
  if (
    typeof realm !== 'object' ||
    realm === null ||
    typeof realm.realm !== 'string' ||
    !/^[\w.-]+$/.test(realm.realm)
  ) {
    refuse('a realm needs a name: { "realm": "headwater", … }');
  }
  parsePasswordPolicy(realm.passwordPolicy);
  for (const client of realm.clients ?? []) {
    if (typeof client.clientId !== 'string') refuse('a client has no clientId');
    if ((client.protocol ?? 'openid-connect') !== 'openid-connect') {
      refuse(`client ${client.clientId} speaks ${client.protocol}: only openid-connect is served`);
    }
    if (!client.publicClient && (client.clientAuthenticatorType ?? 'client-secret') !== 'client-secret') {
      refuse(`client ${client.clientId}: only client-secret is served, not ${client.clientAuthenticatorType}`);
    }
    if (isSecure && client.secret !== undefined && knownSecrets.has(client.secret)) {
      throw new IdentityError(
        'HW_IDENTITY_DEFAULT_SECRET',
        `client ${client.clientId} has a secret that everybody knows: give it one of its own in the realm file, or leave "secret" out to have one made`,
      );
    }
  }
  for (const user of realm.users ?? []) {
    if (typeof user.username !== 'string') refuse('a user has no username');
    for (const credential of user.credentials ?? []) {
      if (credential.type !== 'password')
        refuse(`user ${user.username}: only passwords are served, not ${credential.type}`);
      if (credential.value === undefined && !isKnownHash(credential)) {
        refuse(`user ${user.username}: the password's hash is not argon2, pbkdf2-sha256 or pbkdf2-sha512`);
      }
      if (isSecure && credential.value !== undefined && knownSecrets.has(credential.value)) {
        throw new IdentityError(
          'HW_IDENTITY_DEFAULT_SECRET',
          `user ${user.username} has a password that everybody knows: set another in the realm file`,
        );
      }
    }
  }
}
