import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { ApiKey, type ResponseOf } from '@headwater/protocol';
import type { RawClient } from './raw-client.ts';

export type SaslAnswer = ResponseOf[typeof ApiKey.SaslAuthenticate];

export function plainMessage(user: string, password: string, authorizationId = ''): Buffer {
  return Buffer.from(`${authorizationId}\0${user}\0${password}`);
}

/** SCRAM as a client does it, written from RFC 5802 and apart from the broker's half. */
export class ScramClient {
  readonly #digest: 'sha256' | 'sha512';
  readonly #password: string;
  readonly #bare: string;
  #serverSignature = '';

  constructor(mechanism: string, user: string, password: string) {
    this.#digest = mechanism.endsWith('512') ? 'sha512' : 'sha256';
    this.#password = password;
    const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#bare = `n=${name},r=${randomBytes(18).toString('base64url')}`;
  }

  first(): Buffer {
    return Buffer.from(`n,,${this.#bare}`);
  }

  final(serverFirst: Buffer): Buffer {
    const text = serverFirst.toString();
    const fields = Object.fromEntries(text.split(',').map((field) => [field[0], field.slice(2)]));
    const keyBytes = this.#digest === 'sha256' ? 32 : 64;
    const salted = pbkdf2Sync(
      this.#password,
      Buffer.from(fields['s']!, 'base64'),
      Number(fields['i']),
      keyBytes,
      this.#digest,
    );
    const hmac = (key: Buffer, data: string) => createHmac(this.#digest, key).update(data).digest();
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=biws,r=${fields['r']}`;
    const authMessage = `${this.#bare},${text},${withoutProof}`;
    const signature = hmac(createHash(this.#digest).update(clientKey).digest(), authMessage);
    const proof = clientKey.map((byte, index) => byte ^ signature[index]!);
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64');
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`);
  }

  /** Whether the server knows the password too. */
  isServerRight(serverFinal: Buffer): boolean {
    return serverFinal.toString() === `v=${this.#serverSignature}`;
  }
}

export async function handshake(client: RawClient, mechanism: string, version = 1): Promise<void> {
  const { errorCode } = await client.call(ApiKey.SaslHandshake, version, { mechanism });
  if (errorCode !== 0) throw new Error(`the handshake for ${mechanism} got error ${errorCode}`);
}

/** Logs in; the last answer, which may be an error. */
export async function login(
  client: RawClient,
  mechanism: string,
  user: string,
  password: string,
  version = 2,
): Promise<SaslAnswer> {
  await handshake(client, mechanism);
  const send = (authBytes: Buffer) => client.call(ApiKey.SaslAuthenticate, version, { authBytes });
  if (mechanism === 'PLAIN') return send(plainMessage(user, password));
  const scram = new ScramClient(mechanism, user, password);
  const first = await send(scram.first());
  if (first.errorCode !== 0) return first;
  const last = await send(scram.final(first.authBytes));
  if (last.errorCode === 0 && !scram.isServerRight(last.authBytes))
    throw new Error('the server does not know the password');
  return last;
}
