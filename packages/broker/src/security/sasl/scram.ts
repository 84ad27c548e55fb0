import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type SaslExchange, SaslFailure, type SaslMechanism, type SaslStep, toldFailure } from './sasl-exchange.ts';

/** The SCRAM mechanisms (RFC 5802, 7677) with their numbers in requests and their least iterations, as in Kafka. */
export const scramMechanisms = [
  { name: 'SCRAM-SHA-256', type: 1, digest: 'sha256', keyBytes: 32, minIterations: 4096 },
  { name: 'SCRAM-SHA-512', type: 2, digest: 'sha512', keyBytes: 64, minIterations: 4096 },
] as const;
export type ScramMechanism = (typeof scramMechanisms)[number];

/** What is kept of a password: enough to check it, not enough to log in with. */
export interface ScramCredential {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
}

const deriveKey = promisify(pbkdf2);

/** Off the main thread: it takes milliseconds. */
export async function credentialOf(
  mechanism: ScramMechanism,
  password: string,
  iterations: number = mechanism.minIterations,
): Promise<ScramCredential> {
  const salt = randomBytes(24);
  const salted = await deriveKey(password.normalize('NFKC'), salt, iterations, mechanism.keyBytes, mechanism.digest);
  return credentialOfSalted(mechanism, salted, salt, iterations);
}

/** From what AlterUserScramCredentials brings, and as RFC 5802, 3 says. */
export function credentialOfSalted(
  { digest }: ScramMechanism,
  saltedPassword: Buffer,
  salt: Buffer,
  iterations: number,
): ScramCredential {
  const clientKey = createHmac(digest, saltedPassword).update('Client Key').digest();
  return {
    salt,
    iterations,
    storedKey: createHash(digest).update(clientKey).digest(),
    serverKey: createHmac(digest, saltedPassword).update('Server Key').digest(),
  };
}

/** Undefined: there is no such user. */
export type ScramLookup = (name: string) => Promise<ScramCredential | undefined> | ScramCredential | undefined;

export function scramMechanism(mechanism: ScramMechanism, lookup: ScramLookup): SaslMechanism {
  return { name: mechanism.name, begin: () => new ScramExchange(mechanism, lookup) };
}

/** So that asking twice for a user who does not exist gives the same salt, as it would for one who does. */
const strangerSecret = randomBytes(32);

const clientFirst = /^([ny]),(?:a=([^,]*))?,((?:m=[^,]*,)?n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)((?:,[A-Za-z]+=[^,]+)*))$/;
const clientFinal = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]+=[^,]+)*),p=([A-Za-z0-9+/=]+)$/;

interface Begun {
  readonly name: string;
  readonly isKnown: boolean;
  readonly credential: ScramCredential;
  /** Of the channel binding there is none of, base64. */
  readonly header: string;
  readonly clientNonce: string;
  /** The client's and the server's. */
  readonly nonce: string;
  /** The client's first message and the answer. */
  readonly soFar: string;
}

/**
 * The server's side of SCRAM without channel binding. Of a user who does not exist the client learns at the end, as of a wrong password;
 * Kafka tells at once.
 */
class ScramExchange implements SaslExchange {
  readonly #mechanism: ScramMechanism;
  readonly #lookup: ScramLookup;
  #state: Begun | null = null;

  constructor(mechanism: ScramMechanism, lookup: ScramLookup) {
    this.#mechanism = mechanism;
    this.#lookup = lookup;
  }

  async step(bytes: Buffer): Promise<SaslStep> {
    return this.#state === null ? this.#first(bytes.toString('utf8')) : this.#final(bytes.toString('utf8'));
  }

  async #first(message: string): Promise<SaslStep> {
    const match = clientFirst.exec(message);
    if (match === null) throw new SaslFailure('the first SCRAM message makes no sense');
    const [, flag, authorizationId = '', bare, saslName, clientNonce, extensions] = match;
    const name = unescaped(saslName!);
    if (authorizationId !== '' && unescaped(authorizationId) !== name) {
      throw toldFailure('Authentication failed: Client requested an authorization id that is different from username');
    }
    if (/,tokenauth=true\b/.test(extensions!)) throw new SaslFailure('delegation tokens are not served');
    const known = await this.#lookup(name);
    const credential = known ?? this.#stranger(name);
    const nonce = clientNonce + randomBytes(24).toString('base64url');
    const answer = `r=${nonce},s=${credential.salt.toString('base64')},i=${credential.iterations}`;
    const header = Buffer.from(`${flag},${authorizationId === '' ? '' : `a=${match[2]}`},`).toString('base64');
    const soFar = `${bare},${answer}`;
    this.#state = { name, isKnown: known !== undefined, credential, header, clientNonce: clientNonce!, nonce, soFar };
    return { challenge: Buffer.from(answer), identity: null };
  }

  #final(message: string): SaslStep {
    const { clientNonce, credential, header, isKnown, name, nonce, soFar } = this.#state!;
    const { digest, keyBytes } = this.#mechanism;
    const match = clientFinal.exec(message);
    if (match === null) throw new SaslFailure('the last SCRAM message makes no sense');
    const [, withoutProof, channel, saidNonce, proofText] = match;
    // Older librdkafka puts its own nonce in front once more, and today's Kafka refuses it. The server's is in it, which is the point.
    const isOurs = saidNonce === nonce || saidNonce === clientNonce + nonce;
    if (!isOurs || channel !== header) throw new SaslFailure('the last SCRAM message belongs to another exchange');
    const authMessage = `${soFar},${withoutProof}`;
    const proof = Buffer.from(proofText!, 'base64');
    if (proof.length !== keyBytes) throw new SaslFailure('the SCRAM proof is of a wrong length');
    const clientKey = createHmac(digest, credential.storedKey).update(authMessage).digest();
    for (let index = 0; index < clientKey.length; index++) clientKey[index]! ^= proof[index]!;
    const isRight = timingSafeEqual(createHash(digest).update(clientKey).digest(), credential.storedKey);
    if (!isRight || !isKnown)
      throw new SaslFailure(isKnown ? `wrong password for ${name}` : `there is no user ${name}`);
    const signature = createHmac(digest, credential.serverKey).update(authMessage).digest('base64');
    return { challenge: Buffer.from(`v=${signature}`), identity: { name, expiresAtMs: null } };
  }

  #stranger(name: string): ScramCredential {
    const { digest, keyBytes, minIterations } = this.#mechanism;
    const salt = createHmac('sha256', strangerSecret).update(`${digest} ${name}`).digest().subarray(0, 24);
    return { salt, iterations: minIterations, storedKey: randomBytes(keyBytes), serverKey: randomBytes(keyBytes) };
  }
}

/** @throws SaslFailure */
function unescaped(saslName: string): string {
  if (/=(?!2C|3D)/.test(saslName) || saslName.includes('\0')) throw new SaslFailure('the user name makes no sense');
  return saslName.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
