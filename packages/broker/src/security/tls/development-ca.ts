import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { der, derOid, derSequence, derTag, derUnsigned } from './der.ts';
import { subjectBytes } from './distinguished-name.ts';

/** A certificate and its private key, both PEM. */
export interface KeyAndCertificate {
  /** PEM; one, or a chain that begins with its own. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
}

export interface IssueOptions {
  commonName: string;
  /** Names and IP addresses that clients may dial. */
  hosts?: readonly string[];
  /** From now. Default 825: what browsers and Java take. */
  days?: number;
}

const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const dayMs = 86_400_000;
const organization = 'Headwater development';

/**
 * A certificate authority for development and tests: P-256 keys made on the spot, X.509 v3 written here, so that neither openssl nor
 * keytool is needed. Its key must not leave the machine; production has certificates of its own.
 *
 * @example
 * const ca = createDevelopmentCa();
 * const alice = ca.issue({ commonName: 'alice' });
 * // clients: ca = ca.certificate, cert = alice.certificate, key = alice.key
 */
export interface DevelopmentCa extends KeyAndCertificate {
  /** A certificate for a server (with `hosts`) or a client. */
  issue(options: IssueOptions): KeyAndCertificate;
}

export function createDevelopmentCa(commonName = 'Headwater development CA'): DevelopmentCa {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = distinguishedName(commonName);
  const extensions = [
    extension(oid.basicConstraints, true, derSequence(der(0x01, Buffer.of(0xff)))),
    // keyCertSign, cRLSign
    extension(oid.keyUsage, true, der(derTag.bitString, Buffer.of(1, 0x06))),
    extension(oid.subjectKeyId, false, der(derTag.octetString, keyId(publicKey))),
  ];
  const certificate = signedCertificate({ issuer: name, subject: name, publicKey, days: 3650, extensions }, privateKey);
  return openDevelopmentCa({ certificate, key: pemKey(privateKey) });
}

/** One that was made before. */
export function openDevelopmentCa(own: KeyAndCertificate): DevelopmentCa {
  const caKey = createPrivateKey(own.key);
  const caKeyId = keyId(createPublicKey(caKey));
  const caName = subjectBytes(new X509Certificate(own.certificate).raw);
  return {
    ...own,
    issue({ commonName, hosts = [], days = 825 }) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = [
        extension(oid.basicConstraints, true, derSequence()),
        // digitalSignature
        extension(oid.keyUsage, true, der(derTag.bitString, Buffer.of(7, 0x80))),
        extension(oid.extendedKeyUsage, false, derSequence(derOid(oid.serverAuth), derOid(oid.clientAuth))),
        extension(oid.authorityKeyId, false, derSequence(der(0x80, caKeyId))),
      ];
      if (hosts.length > 0)
        extensions.push(extension(oid.subjectAltName, false, derSequence(...hosts.map(generalName))));
      const subject = distinguishedName(commonName);
      const certificate = signedCertificate({ issuer: caName, subject, publicKey, days, extensions }, caKey);
      return { certificate, key: pemKey(privateKey) };
    },
  };
}

/** Whatever is the same for a key will do (RFC 5280, 4.2.1.2). */
function keyId(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

interface CertificateParts {
  issuer: Buffer;
  subject: Buffer;
  publicKey: KeyObject;
  days: number;
  extensions: Buffer[];
}

/** TBSCertificate of RFC 5280, 4.1, and its signature. */
function signedCertificate(parts: CertificateParts, issuerKey: KeyObject): string {
  const algorithm = derSequence(derOid(oid.ecdsaWithSha256));
  const serial = randomBytes(16);
  serial[0]! &= 0x7f;
  // A clock that is a little behind must not find it to be of the future.
  const notBefore = new Date(Date.now() - dayMs);
  const notAfter = new Date(Date.now() + parts.days * dayMs);
  const tbs = derSequence(
    der(0xa0, der(derTag.integer, Buffer.of(2))),
    derUnsigned(serial),
    algorithm,
    parts.issuer,
    derSequence(time(notBefore), time(notAfter)),
    parts.subject,
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, derSequence(...parts.extensions)),
  );
  const signature = sign('sha256', tbs, issuerKey);
  return pem('CERTIFICATE', derSequence(tbs, algorithm, der(derTag.bitString, Buffer.of(0), signature)));
}

function distinguishedName(commonName: string): Buffer {
  const attribute = (type: string, value: string) =>
    der(derTag.set, derSequence(derOid(type), der(derTag.utf8String, Buffer.from(value))));
  return derSequence(attribute(oid.organization, organization), attribute(oid.commonName, commonName));
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.of(0xff))] : [];
  return derSequence(derOid(id), ...critical, der(derTag.octetString, value));
}

function generalName(host: string): Buffer {
  const dnsName = 0x82;
  const ipAddress = 0x87;
  return isIP(host) === 0 ? der(dnsName, Buffer.from(host)) : der(ipAddress, ipBytes(host));
}

function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // An IPv6 literal as eight groups: what a URL makes of it has no dotted part.
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [head, tail] = [groups(left), groups(right ?? '')];
  const all = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? der(derTag.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : der(derTag.generalizedTime, Buffer.from(`${digits}Z`));
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
