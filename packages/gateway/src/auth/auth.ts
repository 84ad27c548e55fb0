import type { TLSSocket } from 'node:tls';
import { HttpError, isLoopback } from '@headwater/http';
import { GatewayError } from '../errors.ts';
import type { AuditTrail } from '../observe/audit-trail.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import type { FilterKind } from '../routes/filters/filter.ts';
import type { Call } from '../stages/call.ts';
import type { Endpoint, GatewayHost, GatewayModule } from '../stages/module.ts';
import type { Stage } from '../stages/stage.ts';
import { AccessRules } from './access-rules.ts';
import type { AuthOptions, LoginOptions } from './auth-options.ts';
import { Authenticator } from './authenticator.ts';
import { Authorisation, isExempt } from './authorisation.ts';
import { LoginEndpoints, meEndpoint } from './login/login-endpoints.ts';
import type { OidcClient } from './login/oidc-client.ts';
import { MemoryStore } from './sessions/memory-store.ts';
import { RedisStore } from './sessions/redis-store.ts';
import { Sessions } from './sessions/sessions.ts';
import { StreamLeases } from './stream-leases.ts';
import { TokenCheck } from './token-check.ts';

export interface AuthContext {
  host: GatewayHost;
  /** The address that the gateway listens on. */
  listenHost: string;
  redis: RedisLink | undefined;
  isTrustedProxy: (address: string) => boolean;
  isAllowedOrigin: (origin: string) => boolean;
  audit: AuditTrail;
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number;
}

/**
 * Who calls, and may it: tokens, logins with a browser, access rules. Filters `JwtAuthentication`, `RequireRoles`, `RequireScopes`, `Authorize`,
 * `TokenRelay`, `SaveSession`; endpoints below `/oauth/`. Without options nobody is asked, and calls on loopback are the developer's.
 */
export function createAuth(options: AuthOptions | undefined, context: AuthContext): GatewayModule {
  const { host, now = Date.now } = context;
  const { issuer, login } = options ?? {};
  if (login !== undefined && issuer === undefined)
    throw new GatewayError('HW_GATEWAY_BAD_AUTH', 'auth.login needs auth.issuer: the URL of the provider');
  if (issuer !== undefined && !/^https?:\/\/[^\s]+$/.test(issuer))
    throw new GatewayError('HW_GATEWAY_BAD_AUTH', `auth.issuer "${issuer}" is not the URL of an issuer`);
  const tokens = issuer === undefined ? undefined : new TokenCheck({ ...options, issuer }, host.logger);
  const leases = new StreamLeases();
  const { audit } = context;
  const isSecure = (call: Call): boolean => protocolOf(call, context) === 'https';

  let client: Promise<OidcClient> | undefined;
  const clientOf = (): Promise<OidcClient> =>
    (client ??= import('./login/oidc-client.ts').then(
      (module) => new module.OidcClient({ ...options, issuer: issuer!, login: login! }, tokens!, host.logger, now),
    ));
  const sessions = login === undefined ? undefined : sessionsOf(login, context, clientOf, now);
  const authenticator = new Authenticator({
    tokens,
    sessions,
    leases,
    isDeveloperTaken: options?.developer ?? isLoopback(context.listenHost),
    identityHeaders: options?.identityHeaders ?? false,
    relayToParts: options?.relayToParts ?? false,
    toleranceMs: (options?.clockToleranceSeconds ?? 5) * 1_000,
    isSecure,
    isAllowedOrigin: context.isAllowedOrigin,
    onRefused: (call, error) => audit.record(call, { event: 'TOKEN_REFUSED', outcome: 'failure', reason: error.code }),
    now,
  });
  const authorisation = new Authorisation({
    authenticator,
    rules: options === undefined ? undefined : new AccessRules(options.rules),
    loginPath: login === undefined ? undefined : '/oauth/login',
    hasIssuer: issuer !== undefined,
    onDenied: (call, access) => {
      // Whoever has not said who it is yet is asked, not denied.
      if (call.caller !== undefined) audit.record(call, { event: 'ACCESS_DENIED', outcome: 'failure', reason: access });
    },
  });
  const authenticate: Stage = {
    phase: 'authenticate',
    begin: (call) => (isExempt(call) ? undefined : authenticator.authenticate(call)),
  };
  const endpoints: Endpoint[] = [meEndpoint(authenticator, login !== undefined)];
  if (login !== undefined && sessions !== undefined && tokens !== undefined)
    endpoints.push(
      ...new LoginEndpoints({
        sessions,
        client: clientOf,
        clientId: login.clientId,
        tokens,
        authenticator,
        redirectUri: login.redirectUri,
        maxMs: (login.maxSeconds ?? 28_800) * 1_000,
        isSecure,
        originOf: (call) => originOf(call, context),
        isAllowedOrigin: context.isAllowedOrigin,
        audit,
        now,
      }).endpoints,
    );
  const { stage } = authorisation;
  return {
    name: 'auth',
    filters: [...authorisation.filters, ...relayFilters(authenticator, login)],
    stages: stage === undefined ? [authenticate] : [authenticate, stage],
    observers: [leases.observer],
    endpoints,
    metrics(out) {
      const { size } = sessions?.store ?? {};
      if (size === undefined) return;
      out
        .metric('headwater_gateway_sessions', 'gauge', 'Sessions of browsers in memory.')
        .sample('headwater_gateway_sessions', {}, size);
    },
    close() {
      leases.close();
      tokens?.close();
    },
  };
}

function sessionsOf(
  login: LoginOptions,
  context: AuthContext,
  client: () => Promise<OidcClient>,
  now: () => number,
): Sessions {
  const { idleSeconds = 1_800, maxSeconds = 28_800, maxSessions = 10_000 } = login;
  const store = context.redis === undefined ? new MemoryStore({ maxSessions, now }) : new RedisStore(context.redis);
  const { logger } = context.host;
  return new Sessions({ store, client, idleMs: idleSeconds * 1_000, maxMs: maxSeconds * 1_000, logger, now });
}

/** Spring's filters about its OAuth 2 client. */
function relayFilters(authenticator: Authenticator, login: LoginOptions | undefined): FilterKind[] {
  return [
    {
      name: 'TokenRelay',
      shape: { fields: ['clientRegistrationId'] },
      create: () => ({ request: (draft) => authenticator.relay(draft.headers, draft.call) }),
    },
    {
      // Sessions are written as soon as they change: there is nothing left to save before a request is forwarded.
      name: 'SaveSession',
      shape: { fields: [] },
      create(args) {
        if (login === undefined) args.fail('there are no sessions without a login (gateway.auth.login)');
        return {};
      },
    },
  ];
}

/** By which protocol the caller came: a trusted proxy in front may have ended TLS. */
function protocolOf(call: Call, { isTrustedProxy }: AuthContext): string {
  if (isTrustedProxy(call.clientAddress)) {
    const said = call.req.headers['x-forwarded-proto'];
    if (typeof said === 'string') return said.split(',')[0]!.trim();
  }
  return (call.req.socket as TLSSocket).encrypted === true ? 'https' : 'http';
}

function originOf(call: Call, context: AuthContext): string {
  const { headers } = call.req;
  const said = context.isTrustedProxy(call.clientAddress) ? headers['x-forwarded-host'] : undefined;
  const host = typeof said === 'string' ? said.split(',')[0]!.trim() : headers.host;
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host))
    throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'the request names no host');
  return `${protocolOf(call, context)}://${host}`;
}
