import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const iterations = 4096;
const keyBytes = 32;

/** What of a password is kept to check it by (RFC 5802): never the password. */
interface Verifier {
  salt: Buffer;
  storedKey: Buffer;
  serverKey: Buffer;
}

/** Passwords of users, as SCRAM-SHA-256 checks them. */
export class ScramUsers {
  readonly #passwordOf: (user: string) => string | undefined;
  readonly #verifiers = new Map<string, { password: string; verifier: Verifier }>();
  /** For names that nobody has: they fail as late as a wrong password. */
  readonly #nobody = randomBytes(32).toString('hex');

  constructor(passwordOf: (user: string) => string | undefined) {
    this.#passwordOf = passwordOf;
  }

  verifier(user: string): { verifier: Verifier; isKnown: boolean } {
    const known = this.#passwordOf(user);
    const password = known ?? this.#nobody + user;
    const kept = this.#verifiers.get(user);
    if (kept !== undefined && kept.password === password) return { verifier: kept.verifier, isKnown: true };
    const verifier = verifierOf(password);
    // Names come from whoever connects: only those of users are kept.
    if (known !== undefined) this.#verifiers.set(user, { password, verifier });
    return { verifier, isKnown: known !== undefined };
  }
}

function verifierOf(password: string): Verifier {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, keyBytes, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  return { salt, storedKey: createHash('sha256').update(clientKey).digest(), serverKey: hmac(salted, 'Server Key') };
}

/**
 * One login by SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding, from the server's side.
 */
export class ScramLogin {
  static readonly mechanism = 'SCRAM-SHA-256';
  readonly #users: ScramUsers;
  readonly #user: string;
  readonly #nonce = randomBytes(18).toString('base64');
  #clientFirst = '';
  #serverFirst = '';
  #gs2 = '';
  #fullNonce = '';
  #found: ReturnType<ScramUsers['verifier']> | null = null;

  /** @param user of the StartupMessage: the one in SCRAM's messages is not looked at, as in PostgreSQL */
  constructor(users: ScramUsers, user: string) {
    this.#users = users;
    this.#user = user;
  }

  /** @throws RangeError for what is not SCRAM */
  first(message: string): string {
    const [, gs2, bare] = /^((?:n|y),(?:a=[^,]*)?,)(.*)$/s.exec(message) ?? [];
    const [, clientNonce] = /(?:^|,)r=([^,]+)/.exec(bare ?? '') ?? [];
    if (gs2 === undefined || clientNonce === undefined) throw new RangeError('malformed SCRAM message');
    this.#gs2 = gs2;
    this.#clientFirst = bare!;
    this.#fullNonce = clientNonce + this.#nonce;
    this.#found = this.#users.verifier(this.#user);
    this.#serverFirst = `r=${this.#fullNonce},s=${this.#found.verifier.salt.toString('base64')},i=${iterations}`;
    return this.#serverFirst;
  }

  /** @returns the server's last message; null: the password is wrong, or nobody has the name */
  final(message: string): string | null {
    const [, withoutProof, binding, nonce, proof] =
      /^(c=([^,]+),r=([^,]+)(?:,(?!p=)[^,]*)*),p=(.+)$/.exec(message) ?? [];
    if (withoutProof === undefined || this.#found === null) throw new RangeError('malformed SCRAM message');
    if (nonce !== this.#fullNonce || Buffer.from(binding!, 'base64').toString() !== this.#gs2) {
      throw new RangeError('SCRAM nonce or channel binding does not match');
    }
    const { isKnown, verifier } = this.#found;
    const auth = `${this.#clientFirst},${this.#serverFirst},${withoutProof}`;
    const signature = hmac(verifier.storedKey, auth);
    const given = Buffer.from(proof!, 'base64');
    if (given.length !== signature.length) return null;
    const clientKey = Buffer.from(given.map((byte, i) => byte ^ signature[i]!));
    const storedKey = createHash('sha256').update(clientKey).digest();
    if (!timingSafeEqual(storedKey, verifier.storedKey) || !isKnown) return null;
    return `v=${hmac(verifier.serverKey, auth).toString('base64')}`;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
