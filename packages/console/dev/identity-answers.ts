/** Made-up answers of the identity part. */
const atMs = Date.now();

const users = [
  ['ada', 'Ada Lovelace', 'ada@example.org', ['viewer'], 1, 0],
  ['grace', 'Grace Hopper', 'grace@example.org', ['viewer', 'operator', 'admin'], 2, 0],
  ['mallory', '', null, [], 0, 9],
] as const;

const events = [
  ['LOGIN', 'success', 'ada', 'headwater-web', null],
  ['TOKEN', 'success', 'ada', 'headwater-web', null],
  ['LOGIN', 'failure', 'mallory', 'headwater-web', 'too_many_failures'],
  ['ADMIN_CREATE_USER', 'success', 'grace', null, null],
] as const;

/** The answer to a path below `/api/identity/admin/realms`; undefined for what is not served. */
export function identityAnswer(path: string): unknown {
  if (path === '') return [{ realm: 'headwater' }];
  if (path !== '/headwater/overview') return undefined;
  return {
    realm: 'headwater',
    issuer: 'http://127.0.0.1:8180/realms/headwater',
    roles: ['viewer', 'operator', 'admin'].map((name) => ({ name })),
    users: users.map(([username, name, email, roles, sessions, failures]) => ({
      id: `id-of-${username}`,
      username,
      name,
      email,
      isEnabled: true,
      serviceOf: null,
      roles,
      sessions,
      failures,
      waitMs: failures > 0 ? 60_000 : 0,
    })),
    clients: [
      {
        id: 'id-of-web',
        clientId: 'headwater-web',
        name: 'Headwater',
        isEnabled: true,
        isPublic: true,
        flows: ['authorization code', 'password'],
        redirectUris: ['http://127.0.0.1:*'],
      },
    ],
    keys: [],
    audit: events.map(([event, outcome, user, client, reason], index) => ({
      timestampMs: atMs - index * 1_000,
      event,
      user,
      client,
      address: '127.0.0.1',
      outcome,
      reason,
    })),
  };
}
