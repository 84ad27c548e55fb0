import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ConfigInput } from '../../config/broker-config.ts';
import { createDevelopmentCa, type DevelopmentCa, openDevelopmentCa } from './development-ca.ts';

/** What `tls: true` makes: an authority for this broker, and a certificate from it. */
export interface DevelopmentTls {
  readonly ca: DevelopmentCa;
  /** Where clients find the authority, PEM. */
  readonly caFile: string;
  readonly config: ConfigInput;
  /** Removes the files that were made for this run only. */
  remove(): void;
}

/**
 * With a data directory the authority stays in its `tls` folder, so that clients need to be told of it once; without one it is in a
 * temporary folder and gone with the broker. Clients prove themselves to the same authority when they are asked to.
 */
export function developmentTls(dataDir: string | undefined, hosts: readonly string[]): DevelopmentTls {
  const dir = dataDir === undefined ? mkdtempSync(join(tmpdir(), 'headwater-tls-')) : join(resolve(dataDir), 'tls');
  mkdirSync(dir, { recursive: true });
  const caFile = join(dir, 'ca.pem');
  const keyFile = join(dir, 'ca-key.pem');
  const ca = existsSync(keyFile) && existsSync(caFile) ? readCa(caFile, keyFile) : createDevelopmentCa();
  writeFileSync(keyFile, ca.key, { mode: 0o600 });
  chmodSync(keyFile, 0o600);
  writeFileSync(caFile, ca.certificate);
  const names = new Set(['localhost', '127.0.0.1', '::1', hostname(), ...hosts]);
  const own = ca.issue({
    commonName: 'localhost',
    hosts: [...names].filter((name) => name !== '0.0.0.0' && name !== '::'),
  });
  return {
    ca,
    caFile,
    config: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': own.certificate,
      'ssl.keystore.key': own.key,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': ca.certificate,
    },
    remove: () => {
      if (dataDir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function readCa(caFile: string, keyFile: string): DevelopmentCa {
  return openDevelopmentCa({ certificate: readFileSync(caFile, 'utf8'), key: readFileSync(keyFile, 'utf8') });
}
