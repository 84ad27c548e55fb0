import type { AccessRule } from './access-rules.ts';

/** `gateway.auth` of the configuration. */
export interface AuthOptions {
  /** URL of the OpenID issuer whose tokens are taken. Absent: no tokens are taken, and `Authorization` passes as it is. */
  issuer?: string;
  /** One of them must be in a token's `aud`. Default `headwater`. */
  audience?: string | readonly string[];
  /** Default: what the issuer's metadata says. */
  jwksUrl?: string;
  /** Where roles are looked for in a token. Default `realm_access.roles`, `resource_access`, `roles`. */
  roleClaims?: readonly string[];
  clockToleranceSeconds?: number;
  /** PEM of further authorities. Default: the file that HEADWATER_CA_FILE names. */
  ca?: string;
  /**
   * Whether callers from loopback without credentials are the user `developer`, who may do everything. Default: when the gateway listens on
   * loopback.
   */
  developer?: boolean;
  /** What callers must be, by path and method; the first that fits counts. Default: `authenticated` everywhere. */
  rules?: readonly AccessRule[];
  /** Tells upstreams who calls: `X-User` (name), `X-User-Id` (subject), `X-User-Roles`. Default false: they have the token. */
  identityHeaders?: boolean;
  /** Gives the token of a logged-in browser to the parts (`/api/KEY/**`) too, as `TokenRelay` does on a route. Default false. */
  relayToParts?: boolean;
  /** Lets people log in with a browser. Absent: tokens only. */
  login?: LoginOptions;
}

export interface LoginOptions {
  /** The client that the issuer knows the gateway by. */
  clientId: string;
  /** Absent for a public client. PKCE is used in both cases. */
  clientSecret?: string;
  /** Default `openid profile email`. */
  scope?: string;
  /** Asked for as `resource` (RFC 8707), where an issuer gives its tokens by it. */
  resource?: string;
  /** Default: `/oauth/callback` at the address that the browser uses. */
  redirectUri?: string;
  /** Without a request a session ends after so long. Default 1,800 s. */
  idleSeconds?: number;
  /** A session ends after so long in any case. Default 28,800 s. */
  maxSeconds?: number;
  /** Most sessions in memory; the one used longest ago goes. Default 10,000. */
  maxSessions?: number;
}
