import type { LogStore } from '../../storage/index.ts';
import { credentialOf, type ScramCredential, type ScramMechanism, scramMechanisms } from './scram.ts';

const keyPrefix = 'scram/';

/**
 * SCRAM credentials: those that AlterUserScramCredentials made, durable, one value of the store each; and those of users whose password
 * is in the configuration, made when they are first asked for. What was altered goes before what was configured.
 */
export class ScramCredentials {
  readonly #values: LogStore['values'];
  readonly #stored = new Map<string, ScramCredential>();
  readonly #configured: ReadonlyMap<string, string>;
  readonly #made = new Map<string, Promise<ScramCredential>>();

  /** `configured` are passwords by user. */
  constructor(values: LogStore['values'], configured: ReadonlyMap<string, string>) {
    this.#values = values;
    this.#configured = configured;
    for (const [key, text] of values.entries(keyPrefix)) {
      const credential = parseCredential(text);
      if (credential !== null) this.#stored.set(key.slice(keyPrefix.length), credential);
    }
  }

  get storedCount(): number {
    return this.#stored.size;
  }

  find(mechanism: ScramMechanism, user: string): Promise<ScramCredential | undefined> | ScramCredential | undefined {
    const key = keyOf(mechanism, user);
    return this.#stored.get(key) ?? this.#ofPassword(key, mechanism, this.#configured.get(user));
  }

  /** For users whose password is in the settings of one listener only. */
  ofPassword(listener: string, mechanism: ScramMechanism, user: string, password: string): Promise<ScramCredential> {
    return this.#ofPassword(`${listener} ${keyOf(mechanism, user)}`, mechanism, password)!;
  }

  isStored(mechanism: ScramMechanism, user: string): boolean {
    return this.#stored.has(keyOf(mechanism, user));
  }

  isConfigured(user: string): boolean {
    return this.#configured.has(user);
  }

  /** Everybody, with the iterations of each mechanism. */
  users(): string[] {
    const names = new Set(this.#configured.keys());
    for (const key of this.#stored.keys()) names.add(key.slice(key.indexOf('/') + 1));
    return [...names];
  }

  describe(user: string): { mechanism: number; iterations: number }[] {
    return scramMechanisms.flatMap((mechanism) => {
      const stored = this.#stored.get(keyOf(mechanism, user));
      if (stored !== undefined) return [{ mechanism: mechanism.type, iterations: stored.iterations }];
      return this.#configured.has(user) ? [{ mechanism: mechanism.type, iterations: mechanism.minIterations }] : [];
    });
  }

  /** On the disk after `store.flushMetadata()`. @throws StorageError KAFKA_STORAGE_ERROR, with nothing changed */
  set(mechanism: ScramMechanism, user: string, credential: ScramCredential): void {
    const key = keyOf(mechanism, user);
    this.#values.set(keyPrefix + key, credentialText(credential));
    this.#stored.set(key, credential);
  }

  /** @throws StorageError KAFKA_STORAGE_ERROR, with nothing changed */
  delete(mechanism: ScramMechanism, user: string): void {
    const key = keyOf(mechanism, user);
    this.#values.set(keyPrefix + key, undefined);
    this.#stored.delete(key);
  }

  #ofPassword(key: string, mechanism: ScramMechanism, password: string | undefined) {
    if (password === undefined) return undefined;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = credentialOf(mechanism, password);
      this.#made.set(key, made);
    }
    return made;
  }
}

function keyOf({ name }: ScramMechanism, user: string): string {
  return `${name}/${user}`;
}

/** In Kafka's own text form. */
function credentialText({ salt, storedKey, serverKey, iterations }: ScramCredential): string {
  const base64 = (bytes: Buffer) => bytes.toString('base64');
  return `salt=${base64(salt)},stored_key=${base64(storedKey)},server_key=${base64(serverKey)},iterations=${iterations}`;
}

function parseCredential(text: string): ScramCredential | null {
  const match = /^salt=([^,]*),stored_key=([^,]*),server_key=([^,]*),iterations=(\d+)$/.exec(text);
  if (match === null) return null;
  const [salt, storedKey, serverKey] = match.slice(1, 4).map((part) => Buffer.from(part, 'base64'));
  return { salt: salt!, storedKey: storedKey!, serverKey: serverKey!, iterations: Number(match[4]) };
}
