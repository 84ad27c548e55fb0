import { HttpError } from '@headwater/http';
import { hashPassword, isKnownHash } from '../password/password-hash.ts';
import { sidOf } from '../provider/granted-state.ts';
import type { Realm, User } from '../realm/realm.ts';
import type { CredentialRepresentation, RoleRepresentation } from '../realm/realm-representation.ts';
import { type AdminCall, type AdminRoutes, notFound, sendCreated, slice } from './admin-api.ts';
import { asList, credentialInput, roleInput, userInput } from './representation-input.ts';

/** Users, their passwords, roles and sessions. */
export function serveUsers(routes: AdminRoutes): void {
  routes.route('GET', '/users', (call) => {
    call.ctx.sendJson(200, slice(call.ctx, matching(call)).map(shown));
  });
  routes.route('GET', '/users/count', (call) => call.ctx.sendJson(200, [...matching(call)].length));
  routes.route('POST', '/users', createUser);
  routes.route('GET', '/users/:id', (call) => call.ctx.sendJson(200, shown(userOf(call))));
  routes.route('PUT', '/users/:id', updateUser);
  routes.route('DELETE', '/users/:id', (call) => {
    const user = userOf(call);
    call.parts.granted.revokeUser(user.id);
    call.parts.realm.deleteUser(user.id);
    call.audit('DELETE_USER', { username: user.username });
    call.ctx.send(204);
  });
  routes.route('PUT', '/users/:id/reset-password', resetPassword);
  routes.route('GET', '/users/:id/credentials', (call) => {
    const shownCredentials = userOf(call).credentials.map(({ id, type, createdDate, temporary }) => ({
      id,
      type,
      createdDate,
      ...(temporary ? { temporary } : {}),
    }));
    call.ctx.sendJson(200, shownCredentials);
  });
  routes.route('POST', '/users/:id/logout', (call) => {
    const user = userOf(call);
    call.parts.granted.revokeUser(user.id);
    call.audit('LOGOUT_USER', { username: user.username });
    call.ctx.send(204);
  });
  routes.route('GET', '/users/:id/sessions', (call) => {
    const user = userOf(call);
    const sessions = [...call.parts.granted.grants()].filter(({ accountId }) => accountId === user.id);
    call.ctx.sendJson(
      200,
      sessions.map((grant) => ({
        id: sidOf(grant.jti),
        userId: user.id,
        username: user.username,
        start: Number(grant['iat'] ?? 0) * 1_000,
        clients: { [String(grant['clientId'])]: String(grant['clientId']) },
      })),
    );
  });
  routes.route('GET', '/users/:id/role-mappings', (call) => {
    const { parts } = call;
    const user = userOf(call);
    const clientMappings = Object.fromEntries(
      Object.entries(user.clientRoles).map(([clientId, roles]) => [
        clientId,
        {
          id: parts.realm.client(clientId)?.id,
          client: clientId,
          mappings: roles.map((name) => parts.realm.role(name, clientId)),
        },
      ]),
    );
    call.ctx.sendJson(200, { realmMappings: realmRoles(parts.realm, user), clientMappings });
  });
  for (const path of ['/users/:id/role-mappings/realm', '/users/:id/role-mappings/realm/composite']) {
    routes.route('GET', path, (call) => call.ctx.sendJson(200, realmRoles(call.parts.realm, userOf(call))));
  }
  routes.route('GET', '/users/:id/role-mappings/realm/available', (call) => {
    const user = userOf(call);
    call.ctx.sendJson(
      200,
      [...call.parts.realm.roles()].filter(({ name }) => !user.realmRoles.includes(name)),
    );
  });
  routes.route('POST', '/users/:id/role-mappings/realm', (call) => mapRoles(call, 'add'));
  routes.route('DELETE', '/users/:id/role-mappings/realm', (call) => mapRoles(call, 'remove'));
  routes.route('GET', '/users/:id/role-mappings/clients/:client', (call) => {
    const { clientId } = clientOf(call);
    const names = userOf(call).clientRoles[clientId] ?? [];
    call.ctx.sendJson(
      200,
      names.map((name) => call.parts.realm.role(name, clientId)),
    );
  });
  routes.route('POST', '/users/:id/role-mappings/clients/:client', (call) =>
    mapRoles(call, 'add', clientOf(call).clientId),
  );
  routes.route('DELETE', '/users/:id/role-mappings/clients/:client', (call) =>
    mapRoles(call, 'remove', clientOf(call).clientId),
  );
  routes.route('GET', '/attack-detection/brute-force/users/:id', (call) => {
    const { failures, waitMs } = call.parts.throttle.status(userOf(call).username);
    call.ctx.sendJson(200, { numFailures: failures, disabled: waitMs > 0, waitMs });
  });
  routes.route('DELETE', '/attack-detection/brute-force/users/:id', (call) => {
    const user = userOf(call);
    call.parts.throttle.clear(user.username);
    call.audit('CLEAR_FAILURES', { username: user.username });
    call.ctx.send(204);
  });
}

async function createUser(call: AdminCall): Promise<void> {
  const { ctx, parts } = call;
  const input = userInput(await ctx.json());
  if (!input.username) throw new HttpError(400, 'HW_IDENTITY_INPUT', 'a user needs a username');
  if (parts.realm.userByName(input.username)) {
    throw new HttpError(409, 'HW_IDENTITY_EXISTS', `User exists with same username: ${input.username}`);
  }
  const credentials: CredentialRepresentation[] = [];
  for (const credential of input.credentials ?? [])
    credentials.push(await taken(call, credential, input.username, input.email));
  const user = parts.realm.putUser({ enabled: false, ...input, username: input.username, credentials });
  await parts.store.flush();
  call.audit('CREATE_USER', { username: user.username });
  sendCreated(ctx, parts, `/users/${user.id}`);
}

async function updateUser(call: AdminCall): Promise<void> {
  const { ctx, parts } = call;
  const before = userOf(call);
  const { realmRoles: _, clientRoles: __, credentials = [], ...input } = userInput(await ctx.json());
  const kept = [...before.credentials];
  for (const credential of credentials)
    kept.splice(0, kept.length, await taken(call, credential, before.username, before.email));
  const user = parts.realm.putUser({ ...before, ...input, credentials: kept });
  if (before.enabled !== false && user.enabled === false) parts.endSessions(user, 'disabled');
  await parts.store.flush();
  call.audit('UPDATE_USER', { username: user.username, changed: Object.keys(input) });
  ctx.send(204);
}

async function resetPassword(call: AdminCall): Promise<void> {
  const { ctx, parts } = call;
  const user = userOf(call);
  const credential = await taken(
    call,
    { ...credentialInput(await ctx.json()), type: 'password' },
    user.username,
    user.email,
  );
  parts.realm.putUser({ ...user, credentials: [credential] });
  // Whoever had the old password has no session any more.
  parts.endSessions(user, 'password_reset');
  parts.throttle.clear(user.username);
  await parts.store.flush();
  call.audit('RESET_PASSWORD', { username: user.username, temporary: credential.temporary ?? false });
  ctx.send(204);
}

async function taken(
  { parts }: AdminCall,
  credential: CredentialRepresentation,
  username: string,
  email: string | undefined,
): Promise<CredentialRepresentation> {
  if (credential.type !== 'password') throw new HttpError(400, 'HW_IDENTITY_INPUT', 'only passwords are served');
  if (credential.value === undefined) {
    if (isKnownHash(credential)) return credential;
    throw new HttpError(400, 'HW_IDENTITY_INPUT', 'a credential needs a value, or secretData and credentialData');
  }
  parts.realm.checkPassword(credential.value, { username, email });
  return await hashPassword(credential.value, credential.temporary ?? false);
}

async function mapRoles(call: AdminCall, change: 'add' | 'remove', clientId?: string): Promise<void> {
  const { ctx, parts } = call;
  const user = userOf(call);
  const names = asList(await ctx.json(), 'roles').map((role) => roleInput(role).name);
  for (const name of names) if (!parts.realm.role(name, clientId)) throw notFound(`role ${name}`);
  const before = clientId === undefined ? user.realmRoles : (user.clientRoles[clientId] ?? []);
  const after = change === 'add' ? [...new Set([...before, ...names])] : before.filter((name) => !names.includes(name));
  parts.realm.putUser(
    clientId === undefined
      ? { ...user, realmRoles: after }
      : { ...user, clientRoles: { ...user.clientRoles, [clientId]: after } },
  );
  await parts.store.flush();
  call.audit(change === 'add' ? 'ADD_ROLES' : 'REMOVE_ROLES', {
    username: user.username,
    roles: names,
    clientId: clientId ?? null,
  });
  ctx.send(204);
}

function* matching({ ctx, parts }: AdminCall): IterableIterator<User> {
  const asked = (name: string): string | undefined => ctx.query.get(name)?.toLowerCase() ?? undefined;
  const isExact = ctx.query.get('exact') === 'true';
  const has = (value: string | undefined, wanted: string | undefined): boolean => {
    if (wanted === undefined || wanted === '') return true;
    const text = value?.toLowerCase() ?? '';
    return isExact ? text === wanted : text.includes(wanted);
  };
  const search = asked('search');
  for (const user of parts.realm.users()) {
    // Keycloak too leaves service accounts out of its lists.
    if (user.serviceAccountClientId !== undefined) continue;
    if (!has(user.username, asked('username')) || !has(user.email, asked('email'))) continue;
    if (!has(user.firstName, asked('firstName')) || !has(user.lastName, asked('lastName'))) continue;
    const all = [user.username, user.email, user.firstName, user.lastName].join(' ').toLowerCase();
    if (search !== undefined && !all.includes(search)) continue;
    yield user;
  }
}

function userOf({ ctx, parts }: AdminCall): User {
  const user = parts.realm.user(ctx.params['id']!);
  if (!user) throw notFound('User');
  return user;
}

function clientOf({ ctx, parts }: AdminCall) {
  const client = parts.realm.clientById(ctx.params['client']!);
  if (!client) throw notFound('Client');
  return client;
}

/** A user without its hashes. */
function shown(user: User): Record<string, unknown> {
  const { credentials: _, realmRoles: __, clientRoles: ___, serviceAccountClientId: ____, ...rest } = user;
  return { emailVerified: false, ...rest, requiredActions: user.requiredActions ?? [] };
}

function realmRoles(realm: Realm, user: User): RoleRepresentation[] {
  return user.realmRoles.flatMap((name) => realm.role(name) ?? []);
}
