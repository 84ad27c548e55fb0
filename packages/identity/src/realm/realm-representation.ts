/** The part of Keycloak's realm JSON that is understood: what is imported, exported, and taken by the admin API. */
export interface RealmRepresentation {
  realm: string;
  displayName?: string;
  enabled?: boolean;
  sslRequired?: string;
  /** Seconds an access token lives. */
  accessTokenLifespan?: number;
  /** Seconds a session lives without use: the life of a refresh token. */
  ssoSessionIdleTimeout?: number;
  /** Seconds a session lives at most. */
  ssoSessionMaxLifespan?: number;
  /** Seconds an offline refresh token lives without use. */
  offlineSessionIdleTimeout?: number;
  /** Seconds a code may wait to be exchanged. */
  accessCodeLifespan?: number;
  /** Seconds a login page may stay open. */
  accessCodeLifespanLogin?: number;
  oauth2DeviceCodeLifespan?: number;
  oauth2DevicePollingInterval?: number;
  revokeRefreshToken?: boolean;
  refreshTokenMaxReuse?: number;
  bruteForceProtected?: boolean;
  /** Keycloak's text, such as `length(12) and notUsername`. */
  passwordPolicy?: string;
  roles?: { realm?: RoleRepresentation[]; client?: Record<string, RoleRepresentation[]> };
  clients?: ClientRepresentation[];
  /** Kept as they are; see `realmWarnings`. */
  clientScopes?: ClientScopeRepresentation[];
  users?: UserRepresentation[];
}

export interface RoleRepresentation {
  id?: string;
  name: string;
  description?: string;
  composite?: boolean;
  clientRole?: boolean;
  containerId?: string;
}

export interface ProtocolMapperRepresentation {
  id?: string;
  name: string;
  protocol?: string;
  protocolMapper: string;
  consentRequired?: boolean;
  config?: Record<string, string>;
}

export interface ClientScopeRepresentation {
  name: string;
  protocol?: string;
  protocolMappers?: ProtocolMapperRepresentation[];
}

export interface ClientRepresentation {
  id?: string;
  clientId: string;
  name?: string;
  description?: string;
  enabled?: boolean;
  protocol?: string;
  publicClient?: boolean;
  bearerOnly?: boolean;
  clientAuthenticatorType?: string;
  secret?: string;
  serviceAccountsEnabled?: boolean;
  standardFlowEnabled?: boolean;
  implicitFlowEnabled?: boolean;
  directAccessGrantsEnabled?: boolean;
  consentRequired?: boolean;
  rootUrl?: string;
  baseUrl?: string;
  redirectUris?: string[];
  webOrigins?: string[];
  attributes?: Record<string, string>;
  protocolMappers?: ProtocolMapperRepresentation[];
  defaultClientScopes?: string[];
  optionalClientScopes?: string[];
}

export interface CredentialRepresentation {
  id?: string;
  type: string;
  /** The password itself, on the way in only. */
  value?: string;
  temporary?: boolean;
  createdDate?: number;
  /** JSON: `{"value": base64, "salt": base64}`. */
  secretData?: string;
  /** JSON: algorithm, hashIterations and the algorithm's own parameters. */
  credentialData?: string;
}

export interface UserRepresentation {
  id?: string;
  username: string;
  enabled?: boolean;
  email?: string;
  emailVerified?: boolean;
  firstName?: string;
  lastName?: string;
  createdTimestamp?: number;
  serviceAccountClientId?: string;
  attributes?: Record<string, string[]>;
  credentials?: CredentialRepresentation[];
  requiredActions?: string[];
  realmRoles?: string[];
  clientRoles?: Record<string, string[]>;
}
