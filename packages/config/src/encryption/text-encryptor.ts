import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  pbkdf2Sync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { ConfigError } from '../config-error.ts';

/** Encrypts texts and decrypts them again. */
export interface TextEncryptor {
  encrypt(text: string): string;
  /** Throws HW_CONFIG_CIPHER for what was not encrypted with this key. */
  decrypt(cipher: string): string;
  /** In the form of OpenSSH, of an RSA key. */
  readonly publicKey?: string;
}

export interface RsaOptions {
  /** `DEFAULT` is PKCS #1 1.5, as Spring's default is. */
  algorithm?: 'DEFAULT' | 'OAEP';
  /** AES-GCM instead of CBC for the text. Default false. */
  isStrong?: boolean;
}

const defaultSalt = 'deadbeef';

/** A passphrase, or an RSA private key as PEM, as Spring's `encrypt.key` is. Throws HW_CONFIG_OPTION. */
export function createTextEncryptor(key: string, options: { salt?: string; rsa?: RsaOptions } = {}): TextEncryptor {
  const salt = options.salt ?? defaultSalt;
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(salt)) throw optionError('encryptSalt must be hexadecimal');
  if (/-----BEGIN (?:RSA )?PRIVATE KEY-----/.test(key)) return rsaEncryptor(key, salt, options.rsa ?? {});
  if (/-----BEGIN |^ssh-rsa /.test(key)) {
    throw optionError('encryptKey must be a passphrase or an unencrypted RSA private key (PEM)');
  }
  const cipher = aes(key, salt, false);
  return {
    encrypt: (text) => cipher.encrypt(Buffer.from(text, 'utf8')).toString('hex'),
    decrypt(text) {
      if (!/^(?:[0-9a-fA-F]{2})+$/.test(text)) throw notOurs();
      return cipher.decrypt(Buffer.from(text, 'hex')).toString('utf8');
    },
  };
}

interface Aes {
  encrypt(bytes: Buffer): Buffer;
  decrypt(bytes: Buffer): Buffer;
}

/** Spring's `Encryptors.standard` (CBC) and `.stronger` (GCM): 256-bit key by PBKDF2-HMAC-SHA1, 1,024 rounds, 16 random bytes in front. */
function aes(password: string, salt: string, isGcm: boolean): Aes {
  const key = pbkdf2Sync(password, Buffer.from(salt, 'hex'), 1024, 32, 'sha1');
  if (isGcm) {
    return {
      encrypt(bytes) {
        const iv = randomBytes(16);
        const cipher = createCipheriv('aes-256-gcm', key, iv);
        return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
      },
      decrypt(bytes) {
        if (bytes.length < 32) throw notOurs();
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 16), { authTagLength: 16 });
        decipher.setAuthTag(bytes.subarray(-16));
        return guarded(() => Buffer.concat([decipher.update(bytes.subarray(16, -16)), decipher.final()]));
      },
    };
  }
  return {
    encrypt(bytes) {
      const iv = randomBytes(16);
      const cipher = createCipheriv('aes-256-cbc', key, iv);
      return Buffer.concat([iv, cipher.update(bytes), cipher.final()]);
    },
    decrypt(bytes) {
      if (bytes.length < 32 || bytes.length % 16 !== 0) throw notOurs();
      const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, 16));
      return guarded(() => Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]));
    },
  };
}

/** Spring's `RsaSecretEncryptor`: a random secret, wrapped by RSA behind its length in two bytes, then the text by AES; base64. */
function rsaEncryptor(pem: string, salt: string, { algorithm, isStrong = false }: RsaOptions): TextEncryptor {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem.replaceAll('\\n', '\n'));
  } catch (cause) {
    throw new ConfigError('HW_CONFIG_OPTION', 'encryptKey cannot be read as an RSA private key (PEM)', {}, cause);
  }
  if (privateKey.asymmetricKeyType !== 'rsa') throw optionError('encryptKey must be an RSA key');
  const publicKey = createPublicKey(privateKey);
  const padding = algorithm === 'OAEP' ? constants.RSA_PKCS1_OAEP_PADDING : constants.RSA_PKCS1_PADDING;
  return {
    publicKey: `${openSsh(publicKey)} application`,
    encrypt(text) {
      const secret = randomBytes(16);
      const wrapped = publicEncrypt({ key: publicKey, padding }, secret);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(wrapped.length);
      const sealed = aes(secret.toString('hex'), salt, isStrong).encrypt(Buffer.from(text, 'utf8'));
      return Buffer.concat([length, wrapped, sealed]).toString('base64');
    },
    decrypt(text) {
      const bytes = Buffer.from(text, 'base64');
      if (bytes.length < 2) throw notOurs();
      const end = 2 + bytes.readUInt16BE(0);
      if (end >= bytes.length) throw notOurs();
      const secret = guarded(() => privateDecrypt({ key: privateKey, padding }, bytes.subarray(2, end)));
      return aes(secret.toString('hex'), salt, isStrong).decrypt(bytes.subarray(end)).toString('utf8');
    },
  };
}

function openSsh(key: KeyObject): string {
  const { n, e } = key.export({ format: 'jwk' });
  const field = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  // A leading bit would make the number negative.
  const number = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'base64url');
    return bytes[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  };
  const body = Buffer.concat([field(Buffer.from('ssh-rsa')), field(number(e!)), field(number(n!))]);
  return `ssh-rsa ${body.toString('base64')}`;
}

function guarded<Result>(run: () => Result): Result {
  try {
    return run();
  } catch {
    throw notOurs();
  }
}

function notOurs(): ConfigError {
  return new ConfigError('HW_CONFIG_CIPHER', 'the text was not encrypted with this key');
}

function optionError(message: string): ConfigError {
  return new ConfigError('HW_CONFIG_OPTION', message);
}
