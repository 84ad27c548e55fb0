import type { HttpContext } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { Provider } from 'oidc-provider';
import { serveAdmin } from './admin/admin-api.ts';
import { AuditLog, type AuditSink } from './audit/audit-log.ts';
import { kafkaAudit } from './audit/kafka-audit.ts';
import { serveLoginActions } from './http/login-actions.ts';
import { serveProvider } from './http/provider-routes.ts';
import { RouteTable } from './http/route-table.ts';
import { serveTokenEndpoints } from './http/token-endpoints.ts';
import { IdentityParts } from './identity-parts.ts';
import { SigningKeys } from './keys/signing-keys.ts';
import { LoginThrottle } from './login/login-throttle.ts';
import { createProvider } from './provider/create-provider.ts';
import { importRealm } from './realm/import-realm.ts';
import type { Realm } from './realm/realm.ts';
import type { RealmRepresentation } from './realm/realm-representation.ts';
import type { Store } from './store/store.ts';

/** A client of a service that is told its secret by whoever starts the system. */
export interface ServiceClient {
  clientId: string;
  secret: string;
  /** Realm roles of its service account. Default: operator. */
  roles?: readonly string[];
}

export interface IdentityServiceOptions {
  issuer: string;
  realm: Realm;
  store: Store;
  /** What an empty realm begins with. */
  seed: RealmRepresentation;
  serviceClients: readonly ServiceClient[];
  keyRotationDays: number;
  trustedProxies: readonly string[];
  /** A developer's loopback: who says nothing administers. */
  isOpen: boolean;
  auditSink?: AuditSink;
  bootstrap?: string;
  logger: Logger;
}

/** All of identity but the listener. */
export class IdentityService {
  readonly #parts: IdentityParts;
  readonly #routes = new RouteTable();
  readonly #rotation: NodeJS.Timeout;
  #provider: Promise<Provider> | undefined;

  /** The realm of a first start is taken; the clients of services are as they are told. */
  static async start(options: IdentityServiceOptions): Promise<IdentityService> {
    const { realm, seed, serviceClients, store } = options;
    if (realm.isEmpty) {
      await importRealm(realm, seed);
      await store.flush();
    }
    for (const client of serviceClients) putServiceClient(realm, client);
    return new IdentityService(options);
  }

  private constructor(options: IdentityServiceOptions) {
    const { issuer, realm, store, logger, keyRotationDays } = options;
    const parts = new IdentityParts({
      issuer,
      realm,
      store,
      logger,
      keys: new SigningKeys(store),
      trustedProxies: options.trustedProxies,
      throttle: new LoginThrottle(),
      audit: new AuditLog(options.auditSink ?? auditOnLog(options)),
    });
    this.#parts = parts;
    const provider = (): Promise<Provider> => {
      if (this.#provider === undefined) {
        this.#provider = createProvider(parts);
        this.#provider.catch(() => (this.#provider = undefined));
      }
      return this.#provider;
    };
    serveProvider(this.#routes, parts, provider);
    serveTokenEndpoints(this.#routes, parts, provider);
    serveLoginActions(this.#routes, parts, provider);
    serveAdmin(this.#routes, parts, { isOpen: options.isOpen, rotateKeys: () => this.rotateKeys() });
    this.#rotation = setInterval(() => this.#rotateWhenDue(keyRotationDays * 24 * 3_600_000), 60_000);
    this.#rotation.unref();
  }

  serve(ctx: HttpContext): Promise<void> {
    return this.#routes.serve(ctx);
  }

  async rotateKeys(): Promise<string> {
    const { keys, audit, longestTokenSeconds } = this.#parts;
    const kid = await keys.rotate(longestTokenSeconds);
    // oidc-provider takes its keys once; requests under way end with the one before.
    this.#provider = undefined;
    audit.record({ event: 'ROTATE_KEYS', outcome: 'success', details: { kid } });
    return kid;
  }

  #rotateWhenDue(everyMs: number): void {
    const { keys, logger } = this.#parts;
    const { ageMs } = keys;
    if (everyMs === 0 || ageMs === undefined || ageMs < everyMs) return;
    this.rotateKeys().catch((error: unknown) => logger.error({ error: String(error) }, 'the key could not be rotated'));
  }

  async close(): Promise<void> {
    clearInterval(this.#rotation);
    await this.#provider?.catch(() => {});
    await this.#parts.audit.close();
  }
}

function auditOnLog({ bootstrap, logger }: IdentityServiceOptions): AuditSink | undefined {
  return bootstrap === undefined ? undefined : kafkaAudit(bootstrap, logger);
}

function putServiceClient(realm: Realm, { clientId, secret, roles = ['operator'] }: ServiceClient): void {
  const before = realm.client(clientId);
  if (before?.secret !== secret || !before.serviceAccountsEnabled) {
    realm.putClient({
      name: `Service ${clientId}`,
      standardFlowEnabled: false,
      protocolMappers: [
        {
          name: 'audience',
          protocol: 'openid-connect',
          protocolMapper: 'oidc-audience-mapper',
          config: { 'included.custom.audience': realm.name, 'access.token.claim': 'true' },
        },
      ],
      ...before,
      clientId,
      secret,
      publicClient: false,
      serviceAccountsEnabled: true,
    });
  }
  const account = realm.serviceAccount(clientId);
  if (before || !account) return;
  for (const role of roles) if (!realm.role(role)) realm.putRole({ name: role });
  realm.putUser({ ...account, realmRoles: [...roles] });
}
