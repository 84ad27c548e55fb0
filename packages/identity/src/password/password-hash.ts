import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import type { CredentialRepresentation } from '../realm/realm-representation.ts';
import { WorkQueue } from './work-queue.ts';

const pbkdf2 = promisify(crypto.pbkdf2);

/** Argon2id as Keycloak 26 makes it (7 MiB, 5 passes, one lane), so that a hash that goes there is still good. */
const argon2 = { memory: 7_168, passes: 5, parallelism: 1, tagLength: 32 };
/** Where this Node has no argon2 (an OpenSSL before 3.2): what Keycloak calls pbkdf2-sha512. */
const pbkdf2Iterations = 210_000;

/** 7 MiB and about 30 ms each: two at once leave the other cores and threads of the pool to the rest of the process. */
const queue = new WorkQueue({ parallel: 2, waiting: 200 });

interface SecretData {
  value: string;
  salt: string;
}

interface CredentialData {
  algorithm: string;
  hashIterations: number;
  additionalParameters?: Record<string, string[]>;
}

const longestPasswordBytes = 1_024;

/**
 * A password as a credential in Keycloak's form, hashed with argon2id.
 *
 * @throws IdentityError HW_IDENTITY_BUSY when too many are being hashed
 */
export async function hashPassword(password: string, temporary = false): Promise<CredentialRepresentation> {
  const salt = crypto.randomBytes(16);
  const hasArgon2 = typeof crypto.argon2 === 'function';
  const data: CredentialData = hasArgon2
    ? {
        hashIterations: argon2.passes,
        algorithm: 'argon2',
        additionalParameters: {
          hashLength: [String(argon2.tagLength)],
          memory: [String(argon2.memory)],
          type: ['id'],
          version: ['1.3'],
          parallelism: [String(argon2.parallelism)],
        },
      }
    : { hashIterations: pbkdf2Iterations, algorithm: 'pbkdf2-sha512', additionalParameters: {} };
  const value = await derive(password, salt, data, hasArgon2 ? argon2.tagLength : 64);
  return {
    id: crypto.randomUUID(),
    type: 'password',
    createdDate: Date.now(),
    ...(temporary ? { temporary: true } : {}),
    secretData: JSON.stringify({
      value: value.toString('base64'),
      salt: salt.toString('base64'),
      additionalParameters: {},
    }),
    credentialData: JSON.stringify(data),
  };
}

/** A hash of nothing, so that a name nobody has takes as long as a wrong password. */
let decoy: Promise<CredentialRepresentation> | undefined;

/**
 * Whether a password is the one of a credential; false for none, after the same time.
 *
 * @throws IdentityError HW_IDENTITY_BUSY when too many are being checked
 */
export async function isPasswordOf(
  password: string,
  credential: CredentialRepresentation | undefined,
): Promise<boolean> {
  decoy ??= hashPassword(crypto.randomBytes(16).toString('hex'));
  const { secretData, credentialData } = credential?.secretData ? credential : await decoy;
  const secret = JSON.parse(secretData!) as SecretData;
  const expected = Buffer.from(secret.value, 'base64');
  const actual = await derive(
    password,
    Buffer.from(secret.salt, 'base64'),
    JSON.parse(credentialData!) as CredentialData,
    expected.length,
  );
  return crypto.timingSafeEqual(actual, expected) && credential?.secretData !== undefined;
}

/** Whether a credential's hash can be checked here. */
export function isKnownHash(credential: CredentialRepresentation): boolean {
  try {
    const { algorithm, additionalParameters } = JSON.parse(credential.credentialData ?? '') as CredentialData;
    const { value, salt } = JSON.parse(credential.secretData ?? '') as SecretData;
    if (typeof value !== 'string' || typeof salt !== 'string') return false;
    if (algorithm === 'argon2') {
      const memory = Number(additionalParameters?.['memory']?.[0]);
      return typeof crypto.argon2 === 'function' && memory >= 8 && memory <= 1_048_576;
    }
    return /^pbkdf2-sha(256|512)$/.test(algorithm);
  } catch {
    return false;
  }
}

function derive(password: string, salt: Buffer, data: CredentialData, length: number): Promise<Buffer> {
  // Longer ones are cut rather than hashed for long; the policy refuses them where they are set.
  const message = Buffer.from(password, 'utf8').subarray(0, longestPasswordBytes);
  return queue.run(async () => {
    if (data.algorithm !== 'argon2') {
      return await pbkdf2(message, salt, data.hashIterations, length, data.algorithm.replace('pbkdf2-', ''));
    }
    const given = (name: string, fallback: number): number =>
      Number(data.additionalParameters?.[name]?.[0] ?? fallback);
    return await new Promise<Buffer>((resolve, reject) => {
      const type = data.additionalParameters?.['type']?.[0] ?? 'id';
      crypto.argon2(
        `argon2${type}` as 'argon2id',
        {
          message,
          nonce: salt,
          parallelism: given('parallelism', argon2.parallelism),
          tagLength: length,
          memory: given('memory', argon2.memory),
          passes: data.hashIterations,
        },
        (error, key) => (error ? reject(error) : resolve(key)),
      );
    });
  });
}
