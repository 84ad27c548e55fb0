import { isIP } from 'node:net';
import { join } from 'node:path';
import { createHttpServer, type HttpContext, type HttpError, type HttpTlsOptions, isLoopback } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import type { AuditSink } from './audit/audit-log.ts';
import { IdentityError } from './identity-error.ts';
import type { IdentityService, ServiceClient } from './identity-service.ts';
import { checkKeptPasswords, checkKeptSecrets } from './realm/check-kept-secrets.ts';
import { checkRealm, readRealmFile } from './realm/check-realm.ts';
import { defaultRealm } from './realm/default-realm.ts';
import { Realm } from './realm/realm.ts';
import type { RealmRepresentation } from './realm/realm-representation.ts';
import { realmWarnings } from './realm/realm-warnings.ts';
import { JournalStore } from './store/journal-store.ts';
import { MemoryStore } from './store/memory-store.ts';

export interface IdentityOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8180; 0: the system chooses. */
  port?: number;
  /** The issuer as clients know it, when it is not the listener's address: behind a proxy, or by a name. */
  issuer?: string;
  /** The realm of a first start: as Keycloak exports it, or a file with that. Default: the one everybody knows, on loopback only. */
  realm?: RealmRepresentation | string;
  /** Where users, clients, keys and sessions are kept. Default: in memory. */
  dataDir?: string;
  /** Kafka, for `headwater-audit`: `127.0.0.1:9092`. */
  bootstrap?: string;
  /** Clients of services, made or given their secret at each start. */
  serviceClients?: readonly ServiceClient[];
  /** Refuses what is only good on a developer's machine: secrets and passwords that everybody knows. Default: true off loopback. */
  secure?: boolean;
  tls?: HttpTlsOptions;
  /** Addresses of proxies whose `X-Forwarded-For` says who calls. Default: none. */
  trustedProxies?: readonly string[];
  /** Names besides loopback and IP addresses that browsers may know the server by. */
  allowedHosts?: readonly string[];
  /** A new key signs after so many days. Default 90; 0: only on demand. */
  keyRotationDays?: number;
  /** Where the audit goes, instead of Kafka. */
  auditSink?: AuditSink;
  logger?: Logger;
}

export interface Identity {
  /** Where it listens. */
  url: string;
  issuer: string;
  /** A new key signs from now on; the one before stays published until its last token is over. Returns the new key's id. */
  rotateKeys(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts an OpenID provider with Keycloak's addresses and claims. What costs time and memory is loaded with the first request.
 *
 * @example
 * const identity = await startIdentity({ port: 0 });
 * console.log(identity.issuer); // http://127.0.0.1:38211/realms/headwater
 * await identity.close();
 *
 * @throws IdentityError HW_IDENTITY_REALM, HW_IDENTITY_DEFAULT_SECRET, HW_IDENTITY_STORE, HW_IDENTITY_LOCKED, HW_IDENTITY_OPTIONS; errors of
 * the port
 */
export async function startIdentity(options: IdentityOptions = {}): Promise<Identity> {
  const { host = '127.0.0.1', port = 8180, logger = silentLogger } = options;
  const isSecure = options.secure ?? !isLoopback(host);
  const seed = typeof options.realm === 'string' ? readRealmFile(options.realm) : (options.realm ?? defaultRealm);
  const name = seed.realm;
  const store =
    options.dataDir === undefined ? new MemoryStore() : new JournalStore(join(options.dataDir, name), logger);
  try {
    return await start();
  } catch (error) {
    await store.close();
    throw error;
  }

  async function start(): Promise<Identity> {
    const realm = new Realm(name, store, isSecure);
    if (realm.isEmpty) {
      checkRealm(seed, isSecure);
      if (isSecure) await checkKeptPasswords(seed.users ?? [], store, logger);
    } else if (isSecure) await checkKeptSecrets(realm, store, logger);
    const warnings = realm.isEmpty ? realmWarnings(seed) : realm.warnings;
    for (const { message, ...about } of warnings)
      logger.warn({ ...about }, `part of the realm has no effect: ${message}`);
    let issuerHost = options.issuer === undefined ? undefined : checkedIssuer(options.issuer, name).hostname;
    if (issuerHost !== undefined && isIP(issuerHost) !== 0) issuerHost = undefined;
    const server = createHttpServer({
      name: 'identity',
      host,
      port,
      allowedHosts: [...(options.allowedHosts ?? []), ...(issuerHost === undefined ? [] : [issuerHost])],
      // Pages of other origins call the protocol's endpoints: what they may read is the client's web origins' matter. Our own pages are ours.
      allowedOrigins: (_, req) => isProtocolPath(req.url ?? '', name),
      maxBodyBytes: 1024 * 1024,
      headers: { 'x-content-type-options': 'nosniff' },
      metrics: { part: 'identity' },
      onNotFound: async (ctx) => (await service()).serve(ctx),
      onError: (error, ctx) => answerError(error, ctx, name),
      logger,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
    });
    server.route('GET', '/health', (ctx) => ctx.sendJson(200, { status: 'UP' }));
    const address = await server.listen();
    const issuer = options.issuer ?? `${address.url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1')}/realms/${name}`;

    let loading: Promise<IdentityService> | undefined;
    const service = (): Promise<IdentityService> => {
      if (loading === undefined) {
        loading = import('./identity-service.ts').then((module) =>
          module.IdentityService.start({
            issuer,
            realm,
            store,
            seed,
            serviceClients: options.serviceClients ?? [],
            trustedProxies: options.trustedProxies ?? [],
            isOpen: !isSecure && isLoopback(host),
            keyRotationDays: options.keyRotationDays ?? 90,
            ...(options.auditSink === undefined ? {} : { auditSink: options.auditSink }),
            ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
            logger,
          }),
        );
        loading.catch(() => (loading = undefined));
      }
      return loading;
    };

    let closed: Promise<void> | undefined;
    return {
      url: address.url,
      issuer,
      rotateKeys: async () => (await service()).rotateKeys(),
      close() {
        closed ??= (async () => {
          await server.close();
          await (await loading?.catch(() => undefined))?.close();
          await store.close();
        })();
        return closed;
      },
    };
  }
}

function checkedIssuer(issuer: string, realm: string): URL {
  const parsed = URL.parse(issuer);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.search || parsed.hash || parsed.username) {
    throw new IdentityError(
      'HW_IDENTITY_OPTIONS',
      `the issuer must be an http or https address without a query: ${issuer}`,
    );
  }
  if (!parsed.pathname.endsWith(`/realms/${realm}`)) {
    throw new IdentityError('HW_IDENTITY_OPTIONS', `the issuer must end in /realms/${realm}: ${issuer}`);
  }
  return parsed;
}

function isProtocolPath(url: string, realm: string): boolean {
  return url.startsWith(`/realms/${realm}/protocol/openid-connect/`) || url.startsWith(`/realms/${realm}/.well-known/`);
}

/** OAuth's shape on its endpoints. */
function answerError(error: HttpError, ctx: HttpContext, realm: string): void {
  if (!isProtocolPath(ctx.req.url ?? '', realm)) {
    ctx.sendJson(error.status, { error: { code: error.code, message: error.message } });
    return;
  }
  const code = error.status >= 500 ? 'server_error' : 'invalid_request';
  ctx.sendJson(error.status, { error: code, error_description: error.message }, { 'cache-control': 'no-store' });
}
