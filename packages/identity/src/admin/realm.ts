import { HttpError } from '@headwater/http';
import { isDeviceFlowEnabled } from '../provider/client-metadata.ts';
import { checkRealm } from '../realm/check-realm.ts';
import { exportRealm } from '../realm/export-realm.ts';
import { importRealm } from '../realm/import-realm.ts';
import type { RealmRepresentation } from '../realm/realm-representation.ts';
import { realmWarnings } from '../realm/realm-warnings.ts';
import { type AdminCall, type AdminRoutes, notFound } from './admin-api.ts';
import { asList, asObject, clientInput, realmInput, roleInput, userInput } from './representation-input.ts';

/** The realm itself: settings, sessions, keys, export and import, the last lines of the audit. */
export function serveRealm(routes: AdminRoutes, rotateKeys: () => Promise<string>): void {
  routes.route('GET', '', ({ ctx, parts }) => ctx.sendJson(200, { ...parts.realm.settings, realm: parts.realm.name }));
  routes.route('PUT', '', async (call) => {
    const { ctx, parts } = call;
    const input = realmInput(await ctx.json());
    parts.realm.settings = { ...parts.realm.settings, ...input, realm: parts.realm.name };
    await parts.store.flush();
    call.audit('UPDATE_REALM', { changed: Object.keys(input) });
    ctx.send(204);
  });
  routes.route('GET', '/export', (call) => {
    call.audit('EXPORT_REALM', {});
    call.ctx.sendJson(200, exportRealm(call.parts.realm), { 'cache-control': 'no-store' });
  });
  routes.route('POST', '/partialImport', partialImport);
  routes.route('POST', '/logout-all', (call) => {
    let sessions = 0;
    for (const user of call.parts.realm.users()) sessions += call.parts.granted.revokeUser(user.id);
    call.audit('LOGOUT_ALL', { sessions });
    call.ctx.send(204);
  });
  routes.route('DELETE', '/sessions/:sid', (call) => {
    const grant = call.parts.granted.grantOfSid(call.ctx.params['sid']!);
    if (!grant) throw notFound('Session');
    call.parts.granted.revokeGrant(String(grant['jti']));
    const user = call.parts.realm.user(grant.accountId ?? '');
    call.audit('END_SESSION', { username: user?.username ?? null, clientId: grant['clientId'] });
    call.ctx.send(204);
  });
  routes.route('GET', '/keys', ({ ctx, parts }) => {
    const keys = parts.keys.list();
    ctx.sendJson(200, {
      active: Object.fromEntries(keys.filter(({ isSigning }) => isSigning).map(({ kid }) => ['RS256', kid])),
      keys: keys.map(({ kid, isSigning, createdAtMs, retiredUntilMs }) => ({
        kid,
        type: 'RSA',
        algorithm: 'RS256',
        use: 'SIG',
        status: isSigning ? 'ACTIVE' : 'PASSIVE',
        createdAtMs,
        ...(retiredUntilMs === 0 ? {} : { publishedUntilMs: retiredUntilMs }),
      })),
    });
  });
  routes.route('POST', '/keys/rotate', async (call) => {
    const kid = await rotateKeys();
    call.audit('ROTATE_KEYS', { kid });
    call.ctx.sendJson(200, { kid });
  });
  routes.route('GET', '/overview', ({ ctx, parts }) => ctx.sendJson(200, overview(parts)));
  routes.route('GET', '/audit', ({ ctx, parts }) => {
    const max = Math.min(500, Math.max(1, Number(ctx.query.get('max') ?? 100) || 100));
    ctx.sendJson(200, parts.audit.recent(max));
  });
}

/** What the console's page shows, in one answer; no secrets. At most 1,000 users. */
function overview(parts: AdminCall['parts']) {
  const sessions = new Map<string, number>();
  for (const { accountId = '' } of parts.granted.grants()) sessions.set(accountId, (sessions.get(accountId) ?? 0) + 1);
  const users = [...parts.realm.users()].slice(0, 1_000).map((user) => ({
    id: user.id,
    username: user.username,
    name: [user.firstName, user.lastName].filter(Boolean).join(' '),
    email: user.email ?? null,
    isEnabled: user.enabled !== false,
    serviceOf: user.serviceAccountClientId ?? null,
    roles: user.realmRoles,
    clientRoles: user.clientRoles,
    sessions: sessions.get(user.id) ?? 0,
    ...parts.throttle.status(user.username),
  }));
  const clients = [...parts.realm.clients()].map((client) => ({
    id: client.id,
    clientId: client.clientId,
    name: client.name ?? null,
    isEnabled: client.enabled !== false,
    isPublic: client.publicClient === true,
    flows: [
      ...(client.standardFlowEnabled ? ['authorization code'] : []),
      ...(client.serviceAccountsEnabled ? ['client credentials'] : []),
      ...(client.directAccessGrantsEnabled ? ['password'] : []),
      ...(isDeviceFlowEnabled(client) ? ['device'] : []),
    ],
    redirectUris: client.redirectUris ?? [],
  }));
  return {
    realm: parts.realm.name,
    issuer: parts.issuer,
    roles: [...parts.realm.roles()].map(({ name, description }) => ({ name, description })),
    users,
    clients,
    keys: parts.keys.list(),
    warnings: parts.realm.warnings,
    audit: parts.audit.recent(100),
  };
}

/** Keycloak's partial import: roles, clients, users, with what to do where one is there already. */
async function partialImport(call: AdminCall): Promise<void> {
  const { ctx, parts } = call;
  const { realm } = parts;
  const body = asObject(await ctx.json(), 'the import');
  const mode = body['ifResourceExists'] ?? 'FAIL';
  if (mode !== 'FAIL' && mode !== 'SKIP' && mode !== 'OVERWRITE') {
    throw new HttpError(400, 'HW_IDENTITY_INPUT', 'ifResourceExists must be FAIL, SKIP or OVERWRITE');
  }
  const list = (name: string): unknown[] => asList(body[name] ?? [], name);
  const given: RealmRepresentation = {
    realm: realm.name,
    roles: { realm: asList(asObject(body['roles'] ?? {}, 'roles')['realm'] ?? [], 'roles.realm').map(roleInput) },
    clients: list('clients').map((client) => ({
      ...clientInput(client),
      clientId: clientInput(client).clientId ?? '',
    })),
    users: list('users').map((user) => ({ ...userInput(user), username: userInput(user).username ?? '' })),
  };
  checkRealm(given, realm.isSecure);
  const there = [
    ...given.roles!.realm!.filter(({ name }) => realm.role(name)).map(({ name }) => `role ${name}`),
    ...given.clients!.filter(({ clientId }) => realm.client(clientId)).map(({ clientId }) => `client ${clientId}`),
    ...given.users!.filter(({ username }) => realm.userByName(username)).map(({ username }) => `user ${username}`),
  ];
  if (mode === 'FAIL' && there.length > 0) {
    throw new HttpError(409, 'HW_IDENTITY_EXISTS', `these are there already: ${there.join(', ')}`);
  }
  const wanted: RealmRepresentation =
    mode === 'SKIP'
      ? {
          realm: realm.name,
          roles: { realm: given.roles!.realm!.filter(({ name }) => !realm.role(name)) },
          clients: given.clients!.filter(({ clientId }) => !realm.client(clientId)),
          users: given.users!.filter(({ username }) => !realm.userByName(username)),
        }
      : given;
  await importRealm(realm, { ...realm.settings, ...wanted });
  await parts.store.flush();
  const added =
    wanted.roles!.realm!.length +
    wanted.clients!.length +
    wanted.users!.length -
    (mode === 'OVERWRITE' ? there.length : 0);
  const warnings = realmWarnings(wanted);
  call.audit('IMPORT', {
    added,
    overwritten: mode === 'OVERWRITE' ? there.length : 0,
    ...(warnings.length > 0 ? { warnings } : {}),
  });
  ctx.sendJson(200, {
    overwritten: mode === 'OVERWRITE' ? there.length : 0,
    added,
    skipped: mode === 'SKIP' ? there.length : 0,
  });
}
