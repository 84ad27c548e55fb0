import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const deriveKey = promisify(pbkdf2);
/** Fewer would make it easy to guess the password from what is sent; more would keep us busy at a broker's whim. */
const iterationsMin = 4_096;
const iterationsMax = 1_000_000;

/** The client's side of SCRAM (RFC 5802, 7677), without channel binding. */
export class ScramClient {
  readonly #digest: 'sha256' | 'sha512';
  readonly #password: string;
  readonly #nonce: string;
  readonly #bare: string;
  #serverSignature: Buffer = Buffer.alloc(0);

  constructor(mechanism: string, username: string, password: string, nonce = randomBytes(24).toString('base64url')) {
    this.#digest = mechanism.endsWith('512') ? 'sha512' : 'sha256';
    this.#password = password.normalize('NFKC');
    this.#nonce = nonce;
    this.#bare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  first(): Buffer {
    return Buffer.from(`n,,${this.#bare}`);
  }

  /** Rejects when the broker's message makes no sense. */
  async final(serverFirst: Buffer): Promise<Buffer> {
    const text = serverFirst.toString('utf8');
    const match = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d+)(?:,|$)/.exec(text);
    const iterations = Number(match?.[3]);
    if (match === null || !match[1]!.startsWith(this.#nonce) || match[1] === this.#nonce) {
      throw new Error('its first SCRAM message makes no sense');
    }
    if (iterations < iterationsMin || iterations > iterationsMax)
      throw new Error(`it asks for ${iterations} iterations`);
    const salt = Buffer.from(match[2]!, 'base64');
    const keyBytes = this.#digest === 'sha256' ? 32 : 64;
    const salted = await deriveKey(this.#password, salt, iterations, keyBytes, this.#digest);
    const clientKey = this.#hmac(salted, 'Client Key');
    const withoutProof = `c=biws,r=${match[1]}`;
    const authMessage = `${this.#bare},${text},${withoutProof}`;
    const proof = this.#hmac(createHash(this.#digest).update(clientKey).digest(), authMessage);
    for (let index = 0; index < proof.length; index++) proof[index]! ^= clientKey[index]!;
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), authMessage);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /** The broker has to know the password, too. @throws Error when it does not */
  verify(serverFinal: Buffer): void {
    const match = /^v=([A-Za-z0-9+/=]+)(?:,|$)/.exec(serverFinal.toString('utf8'));
    const signature = Buffer.from(match?.[1] ?? '', 'base64');
    const isRight =
      signature.length === this.#serverSignature.length && timingSafeEqual(signature, this.#serverSignature);
    if (!isRight) throw new Error('it does not know the password: it is not the broker that it claims to be');
  }

  #hmac(key: Buffer, data: string): Buffer {
    return createHmac(this.#digest, key).update(data).digest();
  }
}
