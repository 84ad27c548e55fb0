import type { RealmRepresentation } from '@headwater/identity';

/**
 * The realm of a first start with `--secure`: one administrator, whose password is in `secure/credentials.json`, and the client of the web.
 * Clients of parts and services are added with their own secrets at each start.
 *
 * @param hosts names of the listeners: where the web client may come back to
 */
export function secureRealm(adminPassword: string, hosts: readonly string[]): RealmRepresentation {
  const origins = [
    ...new Set(['127.0.0.1', 'localhost', ...hosts.filter((host) => !['0.0.0.0', '::', '::1'].includes(host))]),
  ];
  return {
    realm: 'headwater',
    displayName: 'Headwater',
    enabled: true,
    passwordPolicy: 'length(12) and notUsername and notEmail',
    roles: {
      realm: [
        { name: 'viewer', description: 'May read and query' },
        { name: 'operator', description: 'May start and stop queries and connectors' },
        { name: 'admin', description: 'May change anything' },
      ],
    },
    clients: [
      {
        clientId: 'headwater-web',
        name: 'Headwater',
        publicClient: true,
        standardFlowEnabled: true,
        directAccessGrantsEnabled: false,
        redirectUris: origins.flatMap((host) =>
          host === '127.0.0.1' || host === 'localhost'
            ? [`https://${host}:*`]
            : [`https://${host}/*`, `https://${host}:8080/*`],
        ),
        webOrigins: ['+'],
        attributes: { 'pkce.code.challenge.method': 'S256' },
        protocolMappers: [
          {
            name: 'audience',
            protocol: 'openid-connect',
            protocolMapper: 'oidc-audience-mapper',
            config: { 'included.custom.audience': 'headwater', 'access.token.claim': 'true' },
          },
        ],
      },
    ],
    users: [
      {
        username: 'admin',
        enabled: true,
        credentials: [{ type: 'password', value: adminPassword }],
        realmRoles: ['viewer', 'operator', 'admin'],
      },
    ],
  };
}
