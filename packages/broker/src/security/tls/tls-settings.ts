import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { BrokerError } from '../../broker-error.ts';
import type { ListenerConfig } from '../../config/listener-config.ts';
import { listItems } from '../../storage/config-value.ts';
import { pkcs12Certificates } from './pkcs12.ts';

type TlsVersion = NonNullable<SecureContextOptions['minVersion']>;

/**
 * The key and certificates of a listener from its `ssl.*` settings, tried.
 *
 * @throws BrokerError HW_BROKER_CONFIG with what is wrong and what to write instead
 */
export function readTlsMaterial(config: ListenerConfig, isSasl: boolean): SecureContextOptions {
  const versions = listItems(config.text('ssl.enabled.protocols')).sort() as TlsVersion[];
  const suites = listItems(config.text('ssl.cipher.suites'));
  const material: SecureContextOptions = {
    ...keyMaterial(config),
    ...trustMaterial(config, clientAuth(config, isSasl) !== 'none'),
    minVersion: versions[0] ?? 'TLSv1.2',
    maxVersion: versions.at(-1) ?? 'TLSv1.3',
    ...(suites.length > 0 ? { ciphers: suites.join(':') } : {}),
    honorCipherOrder: true,
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`The key and certificates of ssl.keystore and ssl.truststore cannot be used: ${why}`, cause);
  }
  return material;
}

/** The files that `readSecureContext` reads, as one text that changes when one of them does. */
export function tlsFilesVersion(config: ListenerConfig): string {
  return [config.text('ssl.keystore.location'), config.text('ssl.truststore.location')]
    .filter((path) => path !== '')
    .map((path) => {
      try {
        const { mtimeMs, size, ino } = statSync(path);
        return `${path} ${mtimeMs} ${size} ${ino}`;
      } catch {
        return `${path} missing`;
      }
    })
    .join('\n');
}

/** As in Kafka, clients of SASL listeners are asked for certificates only when the setting names that listener. */
export function clientAuth(config: ListenerConfig, isSasl: boolean): string {
  return isSasl ? (config.own('ssl.client.auth') ?? 'none') : config.text('ssl.client.auth');
}

function keyMaterial(config: ListenerConfig): SecureContextOptions {
  const password = config.text('ssl.key.password');
  const passphrase = password === '' ? {} : { passphrase: password };
  const location = config.text('ssl.keystore.location');
  if (config.text('ssl.keystore.type') === 'PKCS12') {
    if (location === '') throw invalid('ssl.keystore.type is PKCS12: ssl.keystore.location must name the file.');
    const pfx = readMaterial('ssl.keystore.location', location);
    return { pfx, passphrase: config.text('ssl.keystore.password') || password };
  }
  const chain = config.text('ssl.keystore.certificate.chain');
  const key = config.text('ssl.keystore.key');
  if (chain !== '' && key !== '') return { cert: pemText(chain), key: pemText(key), ...passphrase };
  if (location === '') {
    throw invalid(
      'A TLS listener needs a key and a certificate: set ssl.keystore.location (a PEM file with both), or ' +
        'ssl.keystore.certificate.chain and ssl.keystore.key, or start the broker with tls: true for a development certificate.',
    );
  }
  const pem = readMaterial('ssl.keystore.location', location).toString('utf8');
  return { cert: pem, key: pem, ...passphrase };
}

function trustMaterial(config: ListenerConfig, isAsking: boolean): SecureContextOptions {
  const location = config.text('ssl.truststore.location');
  if (config.text('ssl.truststore.type') === 'PKCS12') {
    if (location === '') throw invalid('ssl.truststore.type is PKCS12: ssl.truststore.location must name the file.');
    const file = readMaterial('ssl.truststore.location', location);
    try {
      return { ca: pkcs12Certificates(file, config.text('ssl.truststore.password')).map(certificatePem) };
    } catch (cause) {
      throw invalid(`The trust store ${location} cannot be read: ${(cause as Error).message}.`, cause);
    }
  }
  const certificates = config.text('ssl.truststore.certificates');
  if (certificates !== '') return { ca: pemText(certificates) };
  if (location !== '') return { ca: readMaterial('ssl.truststore.location', location).toString('utf8') };
  // Without one, Node would trust all public authorities: nobody's client certificates come from those.
  if (!isAsking) return {};
  throw invalid(
    'ssl.client.auth asks for certificates: set ssl.truststore.location or ssl.truststore.certificates to their authority.',
  );
}

function readMaterial(setting: string, path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw invalid(`${setting}: ${(cause as Error).message}`, cause);
  }
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfeedfeed) {
    throw invalid(
      `${setting}: ${path} is a JKS key store, which only Java reads. Convert it: ` +
        `keytool -importkeystore -srckeystore ${path} -destkeystore kafka.p12 -deststoretype PKCS12, and set the type to PKCS12.`,
    );
  }
  return bytes;
}

/** In a properties file a PEM text is one line, in which line ends may be written as \n or be blanks. */
function pemText(text: string): string {
  return text
    .replaceAll('\\n', '\n')
    .replace(
      /-----BEGIN ([A-Z0-9 ]+)-----\s*([\s\S]*?)\s*-----END \1-----\s*/g,
      (whole, label: string, body: string) =>
        body.includes('\n') || body.includes(':')
          ? whole
          : `-----BEGIN ${label}-----\n${body.replace(/\s+/g, '\n')}\n-----END ${label}-----\n`,
    );
}

function certificatePem(bytes: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

function invalid(message: string, cause?: unknown): BrokerError {
  return new BrokerError('HW_BROKER_CONFIG', message, { cause });
}
