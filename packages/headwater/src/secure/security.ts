import type { AnalyticsOptions } from '@headwater/analytics';
import type { BrokerOptions } from '@headwater/broker';
import type { HttpSecurity } from '@headwater/http';
import type { IdentityOptions } from '@headwater/identity';
import type { PartKey } from '../part-table.ts';

/** What a system has between its parts: nothing on a developer's loopback, TLS and logins with `--secure`. */
export interface Security {
  /** What the HTTP server of a part is given. */
  http(key: PartKey): HttpSecurity;
  /** What the event store is given. */
  kafka(): Pick<BrokerOptions, 'tls' | 'users' | 'config' | 'adminSecurity'>;
  /** What the analytics store is given. */
  postgres(): Pick<AnalyticsOptions, 'tls' | 'passwordOf'>;
  /** What the identity part is given. */
  identity(): Pick<IdentityOptions, 'tls' | 'secure' | 'realm' | 'serviceClients'>;
  /** What the gateway is given: it asks who calls by itself. */
  gateway(): Pick<HttpSecurity, 'tls'>;
  readonly scheme: 'http' | 'https';
  /** The address of a part as that part or service dials it who calls: with its own name and password. */
  addressFor(caller: string, key: PartKey, address: string): string;
  /** What a service is told besides addresses. */
  environment(service: string): Readonly<Record<string, string>>;
  /** Tokens are checked with this issuer from now on. */
  useIssuer(issuer: string): void;
  close(): Promise<void>;
}

/** A developer's loopback: no TLS, and nobody is asked. */
export const openSecurity: Security = {
  http: () => ({}),
  kafka: () => ({}),
  postgres: () => ({}),
  identity: () => ({}),
  gateway: () => ({}),
  scheme: 'http',
  addressFor: (_caller, _key, address) => address,
  environment: () => ({}),
  useIssuer() {},
  async close() {},
};
