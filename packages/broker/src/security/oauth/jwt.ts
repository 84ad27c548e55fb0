import { type KeyObject, verify } from 'node:crypto';
import { SaslFailure } from '../sasl/sasl-exchange.ts';

export interface JwtHeader {
  readonly alg: string;
  readonly kid: string | null;
}

/** A token taken apart; nothing in it is to be believed before `isSignedBy`. */
export interface Jwt {
  readonly header: JwtHeader;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signedBytes: Buffer;
  readonly signature: Buffer;
}

interface Algorithm {
  readonly keyType: 'rsa' | 'ec' | 'okp';
  readonly digest: string | null;
  readonly curve?: string;
  readonly isPss?: boolean;
}

/** Public key algorithms of RFC 7518 and 8037: without a signature, or with a shared secret, nobody gets in. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { keyType: 'rsa', digest: 'sha256' },
  RS384: { keyType: 'rsa', digest: 'sha384' },
  RS512: { keyType: 'rsa', digest: 'sha512' },
  PS256: { keyType: 'rsa', digest: 'sha256', isPss: true },
  PS384: { keyType: 'rsa', digest: 'sha384', isPss: true },
  PS512: { keyType: 'rsa', digest: 'sha512', isPss: true },
  ES256: { keyType: 'ec', digest: 'sha256', curve: 'prime256v1' },
  ES384: { keyType: 'ec', digest: 'sha384', curve: 'secp384r1' },
  ES512: { keyType: 'ec', digest: 'sha512', curve: 'secp521r1' },
  EdDSA: { keyType: 'okp', digest: null },
};

const tokenLengthMax = 64 * 1024;
const rsaBitsMin = 2_048;

/** @throws SaslFailure when it is no token that could be verified */
export function parseJwt(token: string): Jwt {
  const parts = token.split('.');
  if (parts.length !== 3 || token.length > tokenLengthMax || parts[2] === '') {
    throw new SaslFailure('the token is no signed JWT');
  }
  const [head, body, signature] = parts as [string, string, string];
  const header = jsonObject(head);
  const { alg, crit, kid } = header;
  if (typeof alg !== 'string' || !Object.hasOwn(algorithms, alg)) {
    const known = Object.keys(algorithms).join(', ');
    throw new SaslFailure(`the token is signed with ${String(alg).slice(0, 20)}; allowed are ${known}`);
  }
  if (crit !== undefined) throw new SaslFailure('the token has critical headers that are not known');
  return {
    header: { alg, kid: typeof kid === 'string' ? kid : null },
    claims: jsonObject(body),
    signedBytes: Buffer.from(`${head}.${body}`, 'latin1'),
    signature: Buffer.from(signature, 'base64url'),
  };
}

/** Whether a key is of the kind that the algorithm wants. */
export function isKeyFor(alg: string, key: KeyObject): boolean {
  const { curve, keyType } = algorithms[alg]!;
  const { asymmetricKeyDetails: details, asymmetricKeyType: type } = key;
  if (keyType === 'rsa') return type === 'rsa' && (details?.modulusLength ?? 0) >= rsaBitsMin;
  if (keyType === 'ec') return type === 'ec' && details?.namedCurve === curve;
  return type === 'ed25519' || type === 'ed448';
}

export function isSignedBy({ header, signature, signedBytes }: Jwt, key: KeyObject): boolean {
  const { digest, isPss, keyType } = algorithms[header.alg]!;
  // 6 is RSA_PKCS1_PSS_PADDING; -1 a salt as long as the digest.
  const padding = isPss ? { padding: 6, saltLength: -1 } : {};
  const encoding = keyType === 'ec' ? { dsaEncoding: 'ieee-p1363' as const } : {};
  try {
    return verify(digest, signedBytes, { key, ...padding, ...encoding }, signature);
  } catch {
    return false;
  }
}

function jsonObject(part: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    // Told below.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SaslFailure('the token is no signed JWT');
}
