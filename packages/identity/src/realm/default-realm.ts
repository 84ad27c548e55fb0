import type { ClientRepresentation, RealmRepresentation } from './realm-representation.ts';

const audience: NonNullable<ClientRepresentation['protocolMappers']>[number] = {
  name: 'audience',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.custom.audience': 'headwater', 'access.token.claim': 'true', 'id.token.claim': 'false' },
};

/**
 * The realm of a first start on loopback: two clients, two people, three roles. Its secrets are known to everybody, so it is refused
 * anywhere else.
 */
export const defaultRealm: Readonly<RealmRepresentation> = {
  realm: 'headwater',
  displayName: 'Headwater',
  enabled: true,
  sslRequired: 'none',
  accessTokenLifespan: 300,
  roles: {
    realm: [
      { name: 'viewer', description: 'May read and query' },
      { name: 'operator', description: 'May start and stop queries and connectors' },
      { name: 'admin', description: 'May change anything' },
    ],
  },
  clients: [
    {
      clientId: 'headwater-service',
      name: 'Headwater services',
      enabled: true,
      protocol: 'openid-connect',
      publicClient: false,
      clientAuthenticatorType: 'client-secret',
      secret: 'headwater-service-secret',
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      directAccessGrantsEnabled: false,
      protocolMappers: [audience],
    },
    {
      clientId: 'headwater-web',
      name: 'Headwater',
      enabled: true,
      protocol: 'openid-connect',
      publicClient: true,
      standardFlowEnabled: true,
      directAccessGrantsEnabled: true,
      redirectUris: ['http://127.0.0.1:*', 'http://localhost:*'],
      webOrigins: ['*'],
      attributes: { 'pkce.code.challenge.method': 'S256' },
      protocolMappers: [audience],
    },
  ],
  users: [
    {
      username: 'service-account-headwater-service',
      enabled: true,
      serviceAccountClientId: 'headwater-service',
      realmRoles: ['operator'],
    },
    {
      username: 'ada',
      enabled: true,
      email: 'ada@example.org',
      emailVerified: true,
      firstName: 'Ada',
      lastName: 'Lovelace',
      credentials: [{ type: 'password', value: 'ada-password', temporary: false }],
      realmRoles: ['viewer'],
    },
    {
      username: 'grace',
      enabled: true,
      email: 'grace@example.org',
      emailVerified: true,
      firstName: 'Grace',
      lastName: 'Hopper',
      credentials: [{ type: 'password', value: 'grace-password', temporary: false }],
      realmRoles: ['viewer', 'operator', 'admin'],
    },
  ],
};

/** Secrets and passwords that everybody knows. */
export const knownSecrets: ReadonlySet<string> = new Set([
  'headwater-service-secret',
  'ada-password',
  'grace-password',
  'admin',
  'password',
  'secret',
  'changeit',
]);
