import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { SaslOptions, SslOptions } from '@headwater/client';
import { HeadwaterError } from '../headwater-error.ts';

/** What a file of properties says of a cluster; undefined where it says nothing. */
export interface ClientProperties {
  bootstrap?: string;
  ssl?: boolean | SslOptions;
  sasl?: SaslOptions;
}

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

/**
 * Reads the file that Kafka's own tools take as `--command-config`: `security.protocol`, `sasl.*` and `ssl.*` with PEM (KIP-651). What is
 * not about the connection is passed over.
 *
 * @throws HeadwaterError HW_CLI_PROPERTIES
 */
export function readClientProperties(file: string, cwd: string): ClientProperties {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_PROPERTIES', `${file} cannot be read: ${(cause as Error).message}`, cause);
  }
  const given = parseProperties(text);
  const wrong = (message: string): HeadwaterError => new HeadwaterError('HW_CLI_PROPERTIES', `${file}: ${message}`);
  const pem = (name: string): string => {
    try {
      return readFileSync(resolve(dirname(path), given.get(name)!), 'utf8');
    } catch (cause) {
      throw wrong(`${name} cannot be read: ${(cause as Error).message}`);
    }
  };
  const protocol = given.get('security.protocol') ?? 'PLAINTEXT';
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol)) {
    throw wrong(`security.protocol is ${protocol}: PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL are known`);
  }
  const bootstrap = given.get('bootstrap.servers');
  return {
    ...(bootstrap !== undefined && { bootstrap }),
    ...(protocol.endsWith('SSL') && { ssl: sslOf(given, pem, wrong) }),
    ...(protocol.startsWith('SASL') && { sasl: saslOf(given, wrong) }),
  };
}

/** Java's format: `name=value`, `name: value`, comments with `#` or `!`, a backslash at the end goes on in the next line. */
export function parseProperties(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.replace(/(?<!\\)((?:\\\\)*)\\\r?\n[ \t]*/g, '$1').split(/\r?\n/)) {
    const match = /^\s*([^#!\s=:][^\s=:]*)\s*[=:]?\s*(.*)$/.exec(line);
    if (match === null) continue;
    const value = match[2]!.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, letter: string) => {
      if (letter.length === 5) return String.fromCharCode(Number.parseInt(letter.slice(1), 16));
      return { n: '\n', r: '\r', t: '\t', f: '\f' }[letter] ?? letter;
    });
    found.set(match[1]!, value);
  }
  return found;
}

function sslOf(
  given: ReadonlyMap<string, string>,
  pem: (name: string) => string,
  wrong: (message: string) => Error,
): SslOptions {
  for (const store of ['truststore', 'keystore']) {
    if (!given.has(`ssl.${store}.location`) || given.get(`ssl.${store}.type`)?.toUpperCase() === 'PEM') continue;
    throw wrong(
      `ssl.${store}.type is ${given.get(`ssl.${store}.type`) ?? 'JKS'}, which only Java reads: write PEM, and name a PEM file (keytool -exportcert -rfc, or openssl pkcs12 -in STORE.p12 -nodes)`,
    );
  }
  const ca =
    given.get('ssl.truststore.certificates') ??
    (given.has('ssl.truststore.location') && pem('ssl.truststore.location'));
  const both = given.has('ssl.keystore.location') ? pem('ssl.keystore.location') : undefined;
  const cert = given.get('ssl.keystore.certificate.chain') ?? both;
  const key = given.get('ssl.keystore.key') ?? both;
  const passphrase = given.get('ssl.key.password');
  return {
    ...(ca && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    // Empty is how Java's clients are told not to look at the name.
    ...(given.get('ssl.endpoint.identification.algorithm') === '' && { checkServerIdentity: () => undefined }),
  };
}

function saslOf(given: ReadonlyMap<string, string>, wrong: (message: string) => Error): SaslOptions {
  const mechanism = given.get('sasl.mechanism') ?? 'GSSAPI';
  if (!mechanisms.includes(mechanism))
    throw wrong(`sasl.mechanism is ${mechanism}: ${mechanisms.join(', ')} are served`);
  const jaas = given.get('sasl.jaas.config') ?? '';
  const username = /\busername\s*=\s*"?([^";\s]+)/.exec(jaas)?.[1];
  const password = /\bpassword\s*=\s*(?:"([^"]*)"|([^";\s]+))/.exec(jaas);
  if (username === undefined || password === null) {
    throw wrong('sasl.jaas.config needs username="…" password="…";');
  }
  return {
    mechanism: mechanism.toLowerCase() as 'plain' | 'scram-sha-256' | 'scram-sha-512',
    username,
    password: password[1] ?? password[2]!,
  };
}
