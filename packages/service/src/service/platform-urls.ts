import { readFileSync } from 'node:fs';
import { type HttpTlsOptions, isLoopback } from '@headwater/http';
import { ServiceError } from '../service-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the platform is, as a service is told. */
export interface PlatformUrls {
  config: string | undefined;
  discovery: string | undefined;
  /** The issuer. */
  identity: string | undefined;
  kafka: string | undefined;
  monitor: string | undefined;
  registry: string | undefined;
}

export function platformUrls(env: Environment): PlatformUrls {
  const url = (name: string): string | undefined => env[`HEADWATER_${name}_URL`]?.trim() || undefined;
  return {
    config: url('CONFIG'),
    discovery: url('DISCOVERY'),
    identity: url('IDENTITY'),
    kafka: url('KAFKA'),
    monitor: url('MONITOR'),
    registry: url('REGISTRY'),
  };
}

/** Id and secret by which the service gets tokens of its own; those of the seeded realm on a developer's loopback. */
export function clientCredentials(
  env: Environment,
  issuer: string,
): { clientId: string; clientSecret: string } | undefined {
  const clientId = env['HEADWATER_CLIENT_ID'];
  const clientSecret = env['HEADWATER_CLIENT_SECRET'];
  if (clientId && clientSecret) return { clientId, clientSecret };
  if (!isLoopback(new URL(issuer).hostname)) return undefined;
  return { clientId: 'headwater-service', clientSecret: 'headwater-service-secret' };
}

/** The certificate that a service is told of by `HEADWATER_TLS_CERTIFICATE_FILE` and `HEADWATER_TLS_KEY_FILE` (PEM), as `headwater up --secure` does. */
export function tlsOfEnvironment(env: Environment): HttpTlsOptions | undefined {
  const [certificate, key] = [env['HEADWATER_TLS_CERTIFICATE_FILE'], env['HEADWATER_TLS_KEY_FILE']];
  if (!certificate || !key) return undefined;
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
}

/** A listener that others reach needs TLS and somebody to say who calls. */
export function checkListener(options: {
  name: string;
  host: string;
  insecure?: boolean | undefined;
  tls?: HttpTlsOptions | undefined;
  issuer: string | undefined;
}): void {
  const { host, insecure, issuer, name, tls } = options;
  if (isLoopback(host) || insecure || (tls !== undefined && issuer !== undefined)) return;
  const missing = [
    ...(tls === undefined ? ['tls'] : []),
    ...(issuer === undefined ? ['an issuer (HEADWATER_IDENTITY_URL)'] : []),
  ];
  throw new ServiceError(
    'HW_SERVICE_OPTION',
    `${name} does not listen on ${host} without ${missing.join(' and ')}: give these, listen on 127.0.0.1, or say insecure: true`,
  );
}
