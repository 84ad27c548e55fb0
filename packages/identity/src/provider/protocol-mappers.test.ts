import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, User } from '../realm/realm.ts';
import { realmWarnings } from '../realm/realm-warnings.ts';
import { addMappedClaims, audiencesOf, mappedNames } from './protocol-mappers.ts';

const ada: User = {
  id: 'u-1',
  username: 'ada',
  email: 'ada@example.org',
  firstName: 'Ada',
  lastName: 'Lovelace',
  attributes: { desk: ['4', '5'], broken: ['four'] },
  credentials: [{ type: 'password', secretData: 'hash' }],
  realmRoles: ['viewer', 'admin'],
  clientRoles: { bombe: ['run'], 'tweets.web': ['read', 'write'] },
};

function clientWith(...mappers: [protocolMapper: string, config: Record<string, string>][]): Client {
  return {
    id: 'c-1',
    clientId: 'web',
    protocolMappers: mappers.map(([protocolMapper, config], index) => ({
      name: `mapper ${index}`,
      protocolMapper,
      config: { 'access.token.claim': 'true', ...config },
    })),
  };
}

function claimsBy(...mappers: Parameters<typeof clientWith>): Record<string, unknown> {
  return addMappedClaims({}, clientWith(...mappers), ada, 'access.token.claim');
}

test('attributes, properties and the name of a user become claims of their type', () => {
  const attribute = 'oidc-usermodel-attribute-mapper';
  const property = 'oidc-usermodel-property-mapper';
  assert.deepEqual(
    claimsBy(
      [attribute, { 'user.attribute': 'desk', 'claim.name': 'desk', 'jsonType.label': 'int' }],
      [
        attribute,
        { 'user.attribute': 'desk', 'claim.name': 'at.desks', 'jsonType.label': 'long', multivalued: 'true' },
      ],
      [attribute, { 'user.attribute': 'broken', 'claim.name': 'broken', 'jsonType.label': 'int' }],
      [attribute, { 'user.attribute': 'email', 'claim.name': 'mail' }],
      [property, { 'user.attribute': 'username', 'claim.name': 'login' }],
      [property, { 'user.attribute': 'emailVerified', 'claim.name': 'checked', 'jsonType.label': 'boolean' }],
      [property, { 'user.attribute': 'credentials', 'claim.name': 'secrets' }],
      ['oidc-full-name-mapper', {}],
    ),
    {
      desk: 4,
      at: { desks: [4, 5] },
      mail: 'ada@example.org',
      login: 'ada',
      checked: false,
      name: 'Ada Lovelace',
    },
  );
});

test('roles: of the realm, of one client, of all clients; with prefixes; added to those that are there', () => {
  const realm = 'oidc-usermodel-realm-role-mapper';
  const ofClients = 'oidc-usermodel-client-role-mapper';
  const claims = addMappedClaims(
    { resource_access: { bombe: { roles: ['build'] } } },
    clientWith(
      [realm, { 'claim.name': 'groups', multivalued: 'true', 'usermodel.realmRoleMapping.rolePrefix': 'ROLE_' }],
      [realm, { 'claim.name': 'text' }],
      [ofClients, { 'claim.name': 'own', multivalued: 'true', 'usermodel.clientRoleMapping.clientId': 'tweets.web' }],
      [ofClients, { 'claim.name': 'all', multivalued: 'true', 'usermodel.clientRoleMapping.rolePrefix': 'c-' }],
      [ofClients, { 'claim.name': `resource_access.\${client_id}.roles`, multivalued: 'true' }],
    ),
    ada,
    'access.token.claim',
  );
  assert.deepEqual(claims, {
    groups: ['ROLE_viewer', 'ROLE_admin'],
    text: 'viewer',
    own: ['read', 'write'],
    all: ['c-run', 'c-read', 'c-write'],
    resource_access: { bombe: { roles: ['build', 'run'] }, 'tweets.web': { roles: ['read', 'write'] } },
  });
});

test('a fixed claim may have dots in its name, or be JSON; none changes who the token is from, for or about', () => {
  const fixed = 'oidc-hardcoded-claim-mapper';
  const client = clientWith(
    [fixed, { 'claim.name': 'https://example\\.org/tenant', 'claim.value': '{"id":7}', 'jsonType.label': 'JSON' }],
    [fixed, { 'claim.name': '__proto__.isAdmin', 'claim.value': 'true' }],
    [fixed, { 'claim.name': 'sub', 'claim.value': 'grace' }],
    [fixed, { 'claim.name': 'aud.x', 'claim.value': 'all' }],
    [fixed, { 'claim.name': 'elsewhere', 'claim.value': '1', 'access.token.claim': 'false' }],
  );
  const claims = addMappedClaims({ sub: 'u-1', aud: 'web' }, client, ada, 'access.token.claim');
  assert.deepEqual(claims['https://example.org/tenant'], { id: 7 });
  assert.equal(claims['sub'], 'u-1');
  assert.equal(claims['aud'], 'web');
  assert.equal(claims['elsewhere'], undefined);
  assert.equal(({} as Record<string, unknown>)['isAdmin'], undefined);
  assert.deepEqual(mappedNames(client).slice(0, 1), ['https://example.org/tenant']);
});

test('audiences: a client before a text, each once', () => {
  const audience = 'oidc-audience-mapper';
  assert.equal(audiencesOf(clientWith()), 'account');
  assert.deepEqual(
    audiencesOf(
      clientWith(
        [audience, { 'included.client.audience': 'api', 'included.custom.audience': 'other' }],
        [audience, { 'included.custom.audience': 'text' }],
        [audience, { 'included.custom.audience': 'text' }],
      ),
    ),
    ['api', 'text'],
  );
});

test('mappers without effect are told, those of a plain Keycloak realm are not', () => {
  const own = { name: 'username', protocolMapper: 'oidc-usermodel-attribute-mapper', config: {} };
  const warnings = realmWarnings({
    clients: [
      clientWith(
        ['oidc-sub-mapper', {}],
        ['oidc-group-membership-mapper', { 'claim.name': 'groups' }],
        ['oidc-audience-mapper', { 'included.custom.audience': 'x', 'id.token.claim': 'true' }],
      ),
    ],
    clientScopes: [
      { name: 'profile', protocol: 'openid-connect', protocolMappers: [own, { ...own, name: 'department' }] },
      { name: 'tweets', protocolMappers: [{ ...own, name: 'tenant' }] },
      { name: 'role_list', protocol: 'saml', protocolMappers: [{ ...own, name: 'role list' }] },
    ],
  });
  assert.deepEqual(
    warnings.map(({ where, mapper }) => `${where}: ${mapper}`),
    ['client web: mapper 1', 'client web: mapper 2', 'client scope profile: department', 'client scope tweets: tenant'],
  );
  assert.match(warnings[0]!.message, /oidc-group-membership-mapper/);
});
