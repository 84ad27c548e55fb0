import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto';
import { type DerNode, derChildren, derTag, readDer, readInteger, readOid } from './der.ts';

const oid = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  pbeSha1TripleDes: '1.2.840.113549.1.12.1.3',
} as const;

const digests: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const ciphers: Readonly<Record<string, { name: string; keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

const iterationsMax = 5_000_000;

/**
 * The certificates in a PKCS #12 file (RFC 7292) as DER: what a Java truststore holds. Node reads PKCS #12 only with a private key in
 * it. The MAC is not checked: a wrong password shows in the padding, and who can change the file can change its password too.
 *
 * @throws RangeError when it is not one that can be read; the message says why
 */
export function pkcs12Certificates(file: Buffer, password: string): Buffer[] {
  const [, authSafe] = derChildren(readDer(file));
  const safes = derChildren(readDer(octets(contentOf(authSafe))));
  return safes.flatMap((contentInfo) => {
    const [type, content] = derChildren(contentInfo);
    const kind = type === undefined ? '' : readOid(type);
    if (kind === oid.data) return bagCertificates(octets(content!.content));
    if (kind === oid.encryptedData) return bagCertificates(decrypted(content!, password));
    return [];
  });
}

function contentOf(contentInfo: DerNode | undefined): Buffer {
  const [type, content] = contentInfo === undefined ? [] : derChildren(contentInfo);
  if (type === undefined || content === undefined || readOid(type) !== oid.data) {
    throw new RangeError('it is no PKCS #12 file with a password');
  }
  return content.content;
}

function octets(bytes: Buffer): Buffer {
  const node = readDer(bytes);
  if (node.tag !== derTag.octetString) throw new RangeError('it is no PKCS #12 file');
  return node.content;
}

function bagCertificates(safeContents: Buffer): Buffer[] {
  return derChildren(readDer(safeContents)).flatMap((bag) => {
    const [type, value] = derChildren(bag);
    if (type === undefined || value === undefined || readOid(type) !== oid.certBag) return [];
    const [certType, certValue] = derChildren(readDer(value.content));
    return certType !== undefined && certValue !== undefined && readOid(certType) === oid.x509
      ? [octets(certValue.content)]
      : [];
  });
}

/** EncryptedData of RFC 5652, 8: version, then content type, algorithm and the bytes. */
function decrypted(explicit: DerNode, password: string): Buffer {
  const [, info] = derChildren(readDer(explicit.content));
  const [, algorithm, bytes] = info === undefined ? [] : derChildren(info);
  if (algorithm === undefined || bytes === undefined) throw new RangeError('it is no PKCS #12 file');
  const [type, parameters] = derChildren(algorithm);
  const scheme = readOid(type!);
  const { cipher, key, iv } =
    scheme === oid.pbes2 ? pbes2(parameters!, password) : legacyKey(scheme, parameters!, password);
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(bytes.content), decipher.final()]);
  } catch (cause) {
    throw new RangeError('the password does not open it', { cause });
  }
}

/** RFC 8018, 6.2, with PBKDF2. */
function pbes2(parameters: DerNode, password: string) {
  const [derivation, encryption] = derChildren(parameters);
  const [derivationType, derivationParameters] = derChildren(derivation!);
  const [encryptionType, iv] = derChildren(encryption!);
  if (readOid(derivationType!) !== oid.pbkdf2) throw new RangeError('its key derivation is not PBKDF2');
  const [salt, iterations, ...rest] = derChildren(derivationParameters!);
  const prf = rest.find(({ tag }) => tag === derTag.sequence);
  const digest = prf === undefined ? 'sha1' : digests[readOid(derChildren(prf)[0]!)];
  const cipher = ciphers[readOid(encryptionType!)];
  if (digest === undefined || cipher === undefined) throw new RangeError('its encryption is not AES or 3DES');
  const key = pbkdf2Sync(password, salt!.content, iterationCount(iterations!), cipher.keyBytes, digest);
  return { cipher: cipher.name, key, iv: iv!.content };
}

/** RFC 7292, appendix B: how older tools encrypt. */
function legacyKey(scheme: string, parameters: DerNode, password: string) {
  if (scheme !== oid.pbeSha1TripleDes) {
    throw new RangeError(
      `its encryption (${scheme}) is obsolete; export it anew: keytool -importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12`,
    );
  }
  const [salt, iterations] = derChildren(parameters);
  const derive = (id: number, sizeBytes: number) =>
    pkcs12Key(id, password, salt!.content, iterationCount(iterations!), sizeBytes);
  return { cipher: 'des-ede3-cbc', key: derive(1, 24), iv: derive(2, 8) };
}

function iterationCount(node: DerNode): number {
  const count = readInteger(node);
  if (count < 1 || count > iterationsMax) throw new RangeError(`it asks for ${count} iterations`);
  return count;
}

function pkcs12Key(id: number, password: string, salt: Buffer, iterations: number, sizeBytes: number): Buffer {
  const block = 64;
  const fill = (bytes: Buffer) => {
    const filled = Buffer.alloc(Math.ceil(bytes.length / block) * block);
    for (let at = 0; at < filled.length; at++) filled[at] = bytes[at % bytes.length]!;
    return filled;
  };
  const input = Buffer.concat([fill(salt), fill(Buffer.from(`${password}\0`, 'utf16le').swap16())]);
  const parts: Buffer[] = [];
  for (let size = 0; size < sizeBytes; size += 20) {
    let hash = createHash('sha1').update(Buffer.alloc(block, id)).update(input).digest();
    for (let round = 1; round < iterations; round++) hash = createHash('sha1').update(hash).digest();
    parts.push(hash);
    // Each block of the input grows by the hash and one.
    const add = fill(hash);
    for (let start = 0; start < input.length; start += block) {
      let carry = 1;
      for (let at = block - 1; at >= 0; at--) {
        carry += input[start + at]! + add[at]!;
        input[start + at] = carry & 0xff;
        carry >>= 8;
      }
    }
  }
  return Buffer.concat(parts).subarray(0, sizeBytes);
}
