import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type SaslExchange, type SaslMechanism, type SaslStep, toldFailure } from './sasl-exchange.ts';

export const plainName = 'PLAIN';

/** Users by name with their passwords. */
export type Passwords = ReadonlyMap<string, string>;

/** SASL PLAIN (RFC 4616): one message with name and password in it, which only TLS keeps from others. */
export function plainMechanism(passwords: Passwords): SaslMechanism {
  return { name: plainName, begin: () => new PlainExchange(passwords) };
}

class PlainExchange implements SaslExchange {
  readonly #passwords: Passwords;

  constructor(passwords: Passwords) {
    this.#passwords = passwords;
  }

  step(bytes: Buffer): SaslStep {
    const parts = bytes.toString('utf8').split('\0');
    if (parts.length !== 3) throw toldFailure(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`);
    const [authorizationId, name, password] = parts as [string, string, string];
    if (name === '') throw toldFailure('Authentication failed: username not specified');
    if (password === '') throw toldFailure('Authentication failed: password not specified');
    const expected = this.#passwords.get(name);
    // A name that is not known takes as long as one that is.
    const isRight = isSame(password, expected ?? '') && expected !== undefined;
    if (!isRight) throw toldFailure('Authentication failed: Invalid username or password');
    if (authorizationId !== '' && authorizationId !== name) {
      throw toldFailure('Authentication failed: Client requested an authorization id that is different from username');
    }
    return { challenge: Buffer.alloc(0), identity: { name, expiresAtMs: null } };
  }
}

const comparingKey = randomBytes(32);

/** Takes as long whatever differs, and whatever the lengths are. */
function isSame(left: string, right: string): boolean {
  const digest = (text: string) => createHmac('sha256', comparingKey).update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
