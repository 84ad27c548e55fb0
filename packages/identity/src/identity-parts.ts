import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Logger } from '@headwater/logger';
import type { AuditLog } from './audit/audit-log.ts';
import { IdentityError } from './identity-error.ts';
import type { SigningKeys } from './keys/signing-keys.ts';
import type { LoginThrottle } from './login/login-throttle.ts';
import { GrantedState, sidOf } from './provider/granted-state.ts';
import { addMappedClaims, audiencesOf } from './provider/protocol-mappers.ts';
import { allScopes, refusedScopes, userClaims } from './provider/token-claims.ts';
import type { Client, Realm, User } from './realm/realm.ts';
import type { Store } from './store/store.ts';

/** What the endpoints, pages and the provider share. */
export class IdentityParts {
  readonly issuer: string;
  readonly realm: Realm;
  readonly store: Store;
  readonly keys: SigningKeys;
  readonly granted: GrantedState;
  readonly throttle: LoginThrottle;
  readonly audit: AuditLog;
  readonly logger: Logger;
  readonly #trustedProxies: ReadonlySet<string>;

  constructor(parts: {
    issuer: string;
    realm: Realm;
    store: Store;
    keys: SigningKeys;
    throttle: LoginThrottle;
    audit: AuditLog;
    logger: Logger;
    trustedProxies: readonly string[];
  }) {
    this.issuer = parts.issuer;
    this.realm = parts.realm;
    this.store = parts.store;
    this.keys = parts.keys;
    this.granted = new GrantedState(parts.store);
    this.throttle = parts.throttle;
    this.audit = parts.audit;
    this.logger = parts.logger;
    this.#trustedProxies = new Set(parts.trustedProxies);
  }

  /** The path below which the realm is served. */
  get basePath(): string {
    return new URL(this.issuer).pathname.replace(/\/$/, '');
  }

  /** Who calls: the caller of the connection, or the last one that trusted proxies name. */
  addressOf(req: IncomingMessage): string {
    const direct = plainAddress(req.socket.remoteAddress ?? 'unknown');
    const forwarded = req.headers['x-forwarded-for'];
    if (forwarded === undefined || !this.#trustedProxies.has(direct)) return direct;
    const hops = [forwarded].flat().join(',').split(',').map(plainAddress);
    return hops.findLast((hop) => isIP(hop) !== 0 && !this.#trustedProxies.has(hop)) ?? direct;
  }

  client(clientId: string): Client {
    const client = this.realm.client(clientId);
    if (!client) throw new IdentityError('HW_IDENTITY_UNKNOWN', `there is no client ${clientId}`);
    return client;
  }

  /** Scopes of a grant: what was asked for, and what its client always has. */
  grantScope(clientId: string, requested: ReadonlySet<string>): string {
    const defaults = this.client(clientId).defaultClientScopes ?? ['profile', 'email'];
    const known = [...requested].filter((scope) => allScopes.includes(scope));
    return [...new Set([...known, ...defaults.filter((scope) => allScopes.includes(scope))])].join(' ');
  }

  /** What oidc-provider is told about the realm as a resource server. Throws for scopes that the client may not have. */
  resourceServer(clientId: string, requested: Iterable<string>): Record<string, unknown> {
    const client = this.client(clientId);
    const refused = refusedScopes(client, requested);
    if (refused.length > 0) throw new RefusedScopes(refused);
    return {
      audience: [audiencesOf(client)].flat()[0],
      scope: allScopes.join(' '),
      accessTokenFormat: 'jwt',
      accessTokenTTL: this.accessTokenSeconds(client),
      jwt: { sign: { alg: 'RS256' } },
    };
  }

  accessTokenSeconds(client: Client): number {
    const own = Number(client.attributes?.['access.token.lifespan']);
    return own > 0 ? own : this.realm.lifetimes.accessTokenSeconds;
  }

  /** The longest that a token may live which a key signs: what an old key stays published for. */
  get longestTokenSeconds(): number {
    return Math.max(3_600, ...[...this.realm.clients()].map((client) => this.accessTokenSeconds(client)));
  }

  grantSeconds(scope: string): number {
    const { sessionMaxSeconds } = this.realm.lifetimes;
    return scope.split(' ').includes('offline_access') ? 365 * 24 * 3_600 : sessionMaxSeconds;
  }

  idTokenClaims(user: User, clientId: string, grantId: string | undefined, scope: string): Record<string, unknown> {
    const claims = {
      sub: user.id,
      typ: 'ID',
      azp: clientId,
      ...(grantId === undefined ? {} : { sid: sidOf(grantId) }),
      ...userClaims(user, new Set(scope.split(' '))),
    };
    return addMappedClaims(claims, this.client(clientId), user, 'id.token.claim');
  }

  /** Ends a user's sessions and tokens. */
  endSessions(user: User, reason: string): void {
    const grants = this.granted.revokeUser(user.id);
    if (grants > 0) {
      this.audit.record({ event: 'LOGOUT', outcome: 'success', user: user.username, reason, details: { grants } });
    }
  }
}

function plainAddress(address: string): string {
  return address.trim().replace(/^::ffff:/, '');
}

/** Scopes that a client may not have; becomes `invalid_scope`. */
export class RefusedScopes extends Error {
  readonly scopes: readonly string[];

  constructor(scopes: readonly string[]) {
    super(`Invalid scopes: ${scopes.join(' ')}`);
    this.name = 'RefusedScopes';
    this.scopes = scopes;
  }
}
