import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createTokenVerifier, type TokenVerifier } from '@headwater/auth';
import type { HttpSecurity } from '@headwater/http';
import type { PartKey } from '../part-table.ts';
import { partGate } from './part-gate.ts';
import { secureRealm } from './secure-realm.ts';
import { SecureStore } from './secure-store.ts';
import type { Security } from './security.ts';

export interface LockedOptions {
  dataDir: string;
  /** Names and addresses of the listeners. */
  hosts: readonly string[];
  /** Who logs in at the event store, besides the parts. */
  services: readonly string[];
  /** Parts that run elsewhere, by URL: their addresses hold what they ask for. */
  external: ReadonlySet<PartKey>;
}

export interface LockedSecurity extends Security {
  readonly store: SecureStore;
}

/** Who administers the event store: no rule binds them. */
export const kafkaAdministrators = ['headwater', 'admin'];
const parts: readonly PartKey[] = [
  'registry',
  'rest',
  'sql',
  'search',
  'postgres',
  'gateway',
  'discovery',
  'config',
  'identity',
  'zipkin',
  'otlp',
  'logs',
  'prometheus',
  'monitor',
];

/** TLS on every listener, and a login for each part and service. */
export function lockedSecurity(options: LockedOptions): LockedSecurity {
  const store = new SecureStore(options.dataDir, options.hosts);
  const untrusted = getCACertificates('default');
  setDefaultCACertificates([...untrusted, store.ca]);
  let verifier: TokenVerifier | undefined;
  const gate = (key: PartKey): HttpSecurity => ({
    // Lines and Beats have no login: their senders show a certificate.
    tls: key === 'logs' ? { ...store.tls, clientCa: store.ca } : store.tls,
    authenticate: partGate({
      key,
      isPassword: (name, password) => store.isPassword(name, password),
      verify: async (token) => {
        if (verifier === undefined)
          throw Object.assign(new Error('no identity part runs, so no token is taken'), { status: 401 });
        return await verifier.verify(token);
      },
    }),
  });
  return {
    gateway: () => ({ tls: store.tls }),
    scheme: 'https',
    store,
    http: gate,
    kafka() {
      const names = [...new Set([...kafkaAdministrators, ...parts, ...options.services])];
      return {
        tls: { certificate: store.tls.certificate, key: store.tls.key },
        users: Object.fromEntries(names.map((name) => [name, store.password(name)])),
        adminSecurity: gate('kafka'),
        config: {
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'super.users': kafkaAdministrators.map((name) => `User:${name}`).join(';'),
          // Topics that no rule names are for everybody who has a login; the parts' own topics have rules.
          'allow.everyone.if.no.acl.found': true,
        },
      };
    },
    postgres() {
      const names = new Set([...kafkaAdministrators, ...parts, ...options.services]);
      return { tls: store.tls, passwordOf: (user) => (names.has(user) ? store.password(user) : undefined) };
    },
    identity: () => ({
      tls: store.tls,
      secure: true,
      realm: secureRealm(store.password('admin'), options.hosts),
      serviceClients: [...new Set([...parts, ...options.services])].map((clientId) => ({
        clientId,
        secret: store.password(clientId),
      })),
    }),
    addressFor(caller, key, address) {
      if (options.external.has(key)) return address;
      const user = `${encodeURIComponent(caller)}:${encodeURIComponent(store.password(caller))}@`;
      if (key === 'kafka') return `kafka+ssl://${user}${address}`;
      if (key === 'postgres') return `${address.replace(/\/\/[^@/]*@/, `//${user}`)}?sslmode=verify-full`;
      // An issuer's address is its name: it stays as tokens have it.
      return key === 'identity' ? address : address.replace('://', `://${user}`);
    },
    environment: (service) => ({
      HEADWATER_SECURE: 'true',
      HEADWATER_CA_FILE: store.caFile,
      HEADWATER_TLS_CERTIFICATE_FILE: store.certificateFile,
      HEADWATER_TLS_KEY_FILE: store.keyFile,
      NODE_EXTRA_CA_CERTS: store.caFile,
      HEADWATER_CLIENT_ID: service,
      HEADWATER_CLIENT_SECRET: store.password(service),
    }),
    useIssuer(issuer) {
      verifier?.close();
      verifier = createTokenVerifier({ issuer, audience: 'headwater', ca: store.ca });
    },
    async close() {
      verifier?.close();
      setDefaultCACertificates(untrusted);
    },
  };
}
