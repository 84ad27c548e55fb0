import { ConfigError } from '../config-error.ts';
import type { OriginValue } from '../resolve/environment.ts';
import { createTextEncryptor, type RsaOptions, type TextEncryptor } from './text-encryptor.ts';

export interface CipherOptions {
  /** A passphrase, or an RSA private key (PEM), as Spring's `encrypt.key` is. */
  encryptKey?: string;
  /** Further keys by alias, for values that name one: `{cipher}{key:alias}…`. */
  encryptKeys?: Readonly<Record<string, string>>;
  /** Hexadecimal. Default `deadbeef`, as Spring's is. */
  encryptSalt?: string;
  encryptRsa?: RsaOptions;
  /** False sends `{cipher}` values as they are, for clients that decrypt themselves. Default true. */
  isDecryptEnabled?: boolean;
}

/** The keys of a server, and what texts that are encrypted with them say of themselves. */
export class CipherKeys {
  readonly #main: TextEncryptor | undefined;
  readonly #named = new Map<string, TextEncryptor>();
  readonly #isEnabled: boolean;

  constructor(options: CipherOptions) {
    const more = {
      ...(options.encryptSalt === undefined ? {} : { salt: options.encryptSalt }),
      ...(options.encryptRsa === undefined ? {} : { rsa: options.encryptRsa }),
    };
    if (options.encryptKey) this.#main = createTextEncryptor(options.encryptKey, more);
    for (const [alias, key] of Object.entries(options.encryptKeys ?? {})) {
      this.#named.set(alias, createTextEncryptor(key, more));
    }
    this.#isEnabled = options.isDecryptEnabled ?? true;
  }

  /** The key that a text names by `{key:alias}`, else the main one; undefined when there is none. With one key only, all names mean it. */
  locate(text: string): TextEncryptor | undefined {
    const alias = prefixesOf(text).get('key');
    if (alias === undefined || this.#named.size === 0) return this.#main;
    return this.#named.get(alias);
  }

  /**
   * The properties of a source with `{cipher}` values decrypted. One that cannot be is `invalid.KEY` with `<n/a>`. As on the real server
   * such keys come last, and have no origin.
   */
  decryptSource(source: ReadonlyMap<string, OriginValue>): ReadonlyMap<string, OriginValue> {
    if (!this.#isEnabled) return source;
    let result: Map<string, OriginValue> | undefined;
    for (const [key, { value }] of source) {
      if (typeof value !== 'string' || !value.startsWith('{cipher}')) continue;
      result ??= new Map(source);
      result.delete(key);
      try {
        result.set(key, { value: this.decrypt(value.slice('{cipher}'.length)), origin: null });
      } catch {
        result.set(`invalid.${key}`, { value: '<n/a>', origin: null });
      }
    }
    return result ?? source;
  }

  /** Decrypts a text without `{cipher}`. Throws HW_CONFIG_CIPHER. */
  decrypt(text: string): string {
    const encryptor = this.locate(text);
    if (encryptor === undefined) throw new ConfigError('HW_CONFIG_CIPHER', 'there is no key for this text');
    return encryptor.decrypt(withoutPrefixes(text));
  }

  /** Encrypts a text; what it says of its key (`{key:alias}`) stands before the result. Undefined when there is no key. */
  encrypt(text: string): string | undefined {
    const encryptor = this.locate(text);
    if (encryptor === undefined) return undefined;
    let prefix = '';
    for (const [name, value] of prefixesOf(text))
      if (name !== 'name' && name !== 'profiles') prefix += `{${name}:${value}}`;
    return prefix + encryptor.encrypt(withoutPrefixes(text));
  }
}

/** `{key:alias}{secret:x}` before a text; `{plain}` ends them, so that a text may begin with a brace. */
function prefixesOf(text: string): Map<string, string> {
  const head = text.includes('{plain}') ? text.slice(0, text.indexOf('{plain}')) : text;
  const result = new Map<string, string>();
  for (const [, name, value] of /^(?:\{[^{}:]*:[^{}]*\})+/.exec(head)?.[0].matchAll(/\{([^{}:]*):([^{}]*)\}/g) ?? []) {
    result.set(name!, value!);
  }
  return result;
}

function withoutPrefixes(text: string): string {
  const plain = text.indexOf('{plain}');
  return plain === -1 ? text.replace(/^(?:\{[^{}:]*:[^{}]*\})+/, '') : text.slice(plain + '{plain}'.length);
}
