/** The part of oidc-provider that is used here; the package has no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface OidcClient {
    clientId: string;
    clientName?: string;
    redirectUris: string[];
    grantTypeAllowed(type: string): boolean;
  }

  export interface OidcSession {
    uid: string;
    accountId?: string;
    state?: { secret: string; state?: string; clientId?: string; postLogoutRedirectUri?: string } | undefined;
    authorizations?: Record<string, { grantId?: string; persistsLogout?: boolean }>;
    grantIdFor(clientId: string): string | undefined;
    authorizationFor(clientId: string): { persistsLogout?: boolean };
    destroy(): Promise<void>;
  }

  export interface OidcParams extends Record<string, string | undefined> {}

  export interface OidcContext {
    route: string;
    client: OidcClient;
    session: OidcSession;
    params: OidcParams;
    result?: { consent?: { grantId?: string }; login?: { accountId: string } };
    account?: unknown;
    entities: Record<string, OidcToken | undefined>;
    provider: Provider;
    issuer: string;
    requestParamScopes: Set<string>;
    entity(name: string, value: unknown): void;
    urlFor(name: string): string;
  }

  export interface KoaContext {
    req: IncomingMessage;
    res: ServerResponse;
    oidc: OidcContext;
    method: string;
    path: string;
    status: number;
    type: string;
    body: unknown;
    cookies: { get(name: string): string | undefined; set(name: string, value: string | null, options?: object): void };
    get(header: string): string;
    set(name: string, value: string): void;
    redirect(url: string): void;
    accepts(...types: string[]): string | false;
  }

  export interface OidcToken {
    kind: string;
    jti: string;
    iat: number;
    exp: number;
    expiration: number;
    accountId?: string;
    clientId: string;
    client?: OidcClient;
    grantId?: string;
    sessionUid?: string;
    gty?: string;
    scope?: string;
    scopes: Set<string>;
    consumed?: unknown;
    isValid: boolean;
    authTime?: number;
    readonly remainingTTL: number;
    totalLifetime(): number;
    resourceServer: unknown;
    save(): Promise<string>;
    destroy(): Promise<void>;
  }

  export interface OidcGrant {
    jti: string;
    accountId: string;
    clientId: string;
    exp: number;
    isExpired: boolean;
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    getOIDCScope(): string;
    save(): Promise<string>;
  }

  export interface OidcInteraction {
    uid: string;
    jti: string;
    returnTo: string;
    prompt: { name: string; reasons: string[]; details: Record<string, unknown> };
    params: Record<string, string | undefined>;
    session?: { accountId?: string; uid?: string };
    grantId?: string;
    deviceCode?: string;
    lastSubmission?: Record<string, unknown>;
    result?: Record<string, unknown>;
    exp: number;
    save(ttl: number): Promise<string>;
  }

  interface TokenClass {
    new (properties: Record<string, unknown>): OidcToken;
    find(
      value: string,
      options?: { ignoreExpiration?: boolean; ignoreSessionBinding?: boolean },
    ): Promise<OidcToken | undefined>;
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    proxy: boolean;
    silent: boolean;
    readonly issuer: string;
    callback(): (req: IncomingMessage, res: ServerResponse) => Promise<void>;
    use(middleware: (ctx: KoaContext, next: () => Promise<void>) => Promise<void>): this;
    on(event: string, listener: (...args: never[]) => void): this;
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<OidcInteraction>;
    interactionResult(
      req: IncomingMessage,
      res: ServerResponse,
      result: Record<string, unknown>,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<string>;
    registerGrantType(
      name: string,
      handler: (ctx: KoaContext, next: () => Promise<void>) => Promise<void>,
      parameters: string[],
    ): void;
    cookieName(type: 'session' | 'interaction' | 'resume'): string;
    pathFor(name: string): string;
    static readonly ctx: KoaContext | undefined;
    readonly AccessToken: TokenClass;
    readonly RefreshToken: TokenClass;
    readonly Grant: {
      new (properties: Record<string, unknown>): OidcGrant;
      find(id: string, options?: { ignoreExpiration?: boolean }): Promise<OidcGrant | undefined>;
    };
    readonly IdToken: new (
      claims: Record<string, unknown>,
      options: { ctx: KoaContext },
    ) => { scope: string; set(name: string, value: unknown): void; issue(options: { use: string }): Promise<string> };
    readonly ResourceServer: new (
      identifier: string,
      info: Record<string, unknown>,
    ) => unknown;
    readonly Client: {
      prototype: {
        redirectUriAllowed(this: OidcClient, uri: string): boolean;
        postLogoutRedirectUriAllowed(this: OidcClient, uri: string): boolean;
      };
      find(id: string): Promise<OidcClient | undefined>;
    };
    readonly Session: {
      get(ctx: unknown): Promise<OidcSession>;
    };
    createContext(req: IncomingMessage, res: ServerResponse): KoaContext;
  }

  class OIDCProviderError extends Error {
    status: number;
    statusCode: number;
    error: string;
    error_description?: string;
  }

  export const errors: {
    OIDCProviderError: typeof OIDCProviderError;
    InvalidRequest: new (description: string) => OIDCProviderError;
    InvalidScope: new (description: string, scope?: string) => OIDCProviderError;
    InvalidClient: new (description: string) => OIDCProviderError;
    CustomOIDCProviderError: new (error: string, description: string) => OIDCProviderError;
  };
}
