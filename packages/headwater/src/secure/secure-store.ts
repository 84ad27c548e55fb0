import { createHash, randomBytes, timingSafeEqual, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createDevelopmentCa, type DevelopmentCa, openDevelopmentCa } from '@headwater/broker/tls';
import type { HttpTlsOptions } from '@headwater/http';
import { HeadwaterError } from '../headwater-error.ts';

const passwordBytes = 24;
/** A certificate is made anew when it has less than this left. */
const renewBeforeMs = 30 * 86_400_000;

/**
 * What a system that runs with `--secure` keeps in its data directory, below `secure/`, for its owner's eyes only: an authority of its own,
 * the certificate of its listeners, and one password for each part and service, made when it is first asked for.
 */
export class SecureStore {
  /** PEM: what clients are to trust. */
  readonly caFile: string;
  readonly ca: string;
  readonly tls: HttpTlsOptions;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly credentialsFile: string;
  readonly #passwords: Map<string, string>;
  readonly #digests = new Map<string, Buffer>();

  /**
   * @param hosts names and addresses of the listeners, besides this machine's own
   * @throws HeadwaterError HW_SECURE_PERMISSIONS, HW_SECURE_FILE
   */
  constructor(dataDir: string, hosts: readonly string[] = []) {
    const dir = join(dataDir, 'secure');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    refuseIfOthersRead(dir);
    this.caFile = join(dir, 'ca.pem');
    this.credentialsFile = join(dir, 'credentials.json');
    const ca = openCa(this.caFile, join(dir, 'ca-key.pem'));
    this.ca = ca.certificate;
    this.certificateFile = join(dir, 'server.pem');
    this.keyFile = join(dir, 'server-key.pem');
    this.tls = openCertificate(ca, this.certificateFile, this.keyFile, hosts);
    this.#passwords = readPasswords(this.credentialsFile);
  }

  /** The password of a part or service: the same one at each start. */
  password(name: string): string {
    const known = this.#passwords.get(name);
    if (known !== undefined) return known;
    const made = randomBytes(passwordBytes).toString('base64url');
    this.#passwords.set(name, made);
    writeWhole(this.credentialsFile, `${JSON.stringify(Object.fromEntries(this.#passwords), null, 2)}\n`);
    return made;
  }

  /** Whether it is the password of that name; takes as long for every wrong one. */
  isPassword(name: string, password: string): boolean {
    const known = this.#passwords.get(name);
    let digest = this.#digests.get(name);
    if (known !== undefined && digest === undefined) {
      digest = digestOf(known);
      this.#digests.set(name, digest);
    }
    return timingSafeEqual(digestOf(password), digest ?? digestOf(this.ca)) && known !== undefined;
  }
}

/** Passwords of 192 random bits cannot be guessed from their digest: no slow hash is needed, which every request would wait for. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function openCa(caFile: string, keyFile: string): DevelopmentCa {
  if (existsSync(caFile) && existsSync(keyFile)) {
    refuseIfOthersRead(keyFile);
    try {
      return openDevelopmentCa({ certificate: readFileSync(caFile, 'utf8'), key: readFileSync(keyFile, 'utf8') });
    } catch (error) {
      throw fileError(caFile, error);
    }
  }
  const ca = createDevelopmentCa('Headwater local authority');
  writeWhole(keyFile, ca.key);
  writeWhole(caFile, ca.certificate);
  return ca;
}

function openCertificate(ca: DevelopmentCa, file: string, keyFile: string, wanted: readonly string[]): HttpTlsOptions {
  const open = ['0.0.0.0', '::', ''];
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...wanted])].filter(
    (host) => !open.includes(host),
  );
  if (existsSync(file) && existsSync(keyFile)) {
    refuseIfOthersRead(keyFile);
    const [certificate, key] = [readFileSync(file, 'utf8'), readFileSync(keyFile, 'utf8')];
    try {
      if (isGood(new X509Certificate(certificate), ca, hosts)) return { certificate, key };
    } catch (error) {
      throw fileError(file, error);
    }
  }
  const made = ca.issue({ commonName: hosts[0]!, hosts });
  writeWhole(keyFile, made.key);
  writeWhole(file, made.certificate);
  return made;
}

function isGood(certificate: X509Certificate, ca: DevelopmentCa, hosts: readonly string[]): boolean {
  if (!certificate.verify(new X509Certificate(ca.certificate).publicKey)) return false;
  if (Date.parse(certificate.validTo) - Date.now() < renewBeforeMs) return false;
  return hosts.every(
    (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
  );
}

function readPasswords(file: string): Map<string, string> {
  if (!existsSync(file)) return new Map();
  refuseIfOthersRead(file);
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const entries = Object.entries(value);
    const wrong = entries.find(([, password]) => typeof password !== 'string' || password.length < 16);
    if (wrong !== undefined)
      throw new Error(`the password of "${wrong[0]}" has fewer than 16 characters: remove the line for a new one`);
    return new Map(entries as [string, string][]);
  } catch (error) {
    throw fileError(file, error);
  }
}

function refuseIfOthersRead(path: string): void {
  if (process.platform === 'win32' || (statSync(path).mode & 0o077) === 0) return;
  throw new HeadwaterError(
    'HW_SECURE_PERMISSIONS',
    `${path} can be read by other users of this machine: take it from them with "chmod go= ${path}", and have new secrets made if they may have read it (remove ${path})`,
  );
}

function fileError(file: string, cause: unknown): HeadwaterError {
  return new HeadwaterError(
    'HW_SECURE_FILE',
    `${file} cannot be used: ${(cause as Error).message}. Mend it, or remove it to have a new one made`,
    cause,
  );
}

/** At once and whole, and never readable by others. */
function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}
