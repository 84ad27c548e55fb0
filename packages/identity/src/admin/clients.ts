import { randomBytes } from 'node:crypto';
import { HttpError } from '@headwater/http';
import { checkRealm } from '../realm/check-realm.ts';
import type { Client } from '../realm/realm.ts';
import { clientWarnings, type RealmWarning } from '../realm/realm-warnings.ts';
import { type AdminCall, type AdminRoutes, notFound, sendCreated, slice } from './admin-api.ts';
import { clientInput, roleInput } from './representation-input.ts';

/** Clients, their secrets, service accounts and roles. */
export function serveClients(routes: AdminRoutes): void {
  routes.route('GET', '/clients', (call) => {
    const { ctx, parts } = call;
    const wanted = ctx.query.get('clientId');
    const isSearch = ctx.query.get('search') === 'true';
    const found = [...parts.realm.clients()].filter(
      ({ clientId }) => wanted === null || (isSearch ? clientId.includes(wanted) : clientId === wanted),
    );
    ctx.sendJson(200, slice(ctx, found));
  });
  routes.route('POST', '/clients', async (call) => {
    const { ctx, parts } = call;
    const input = clientInput(await ctx.json());
    if (!input.clientId) throw new HttpError(400, 'HW_IDENTITY_INPUT', 'a client needs a clientId');
    checkRealm({ realm: parts.realm.name, clients: [{ ...input, clientId: input.clientId }] }, parts.realm.isSecure);
    const client = parts.realm.putClient({ ...input, clientId: input.clientId });
    await parts.store.flush();
    call.audit('CREATE_CLIENT', { clientId: client.clientId, ...warningsOf(client) });
    sendCreated(ctx, parts, `/clients/${client.id}`);
  });
  routes.route('GET', '/clients/:id', (call) => call.ctx.sendJson(200, clientOf(call)));
  routes.route('PUT', '/clients/:id', async (call) => {
    const { ctx, parts } = call;
    const before = clientOf(call);
    const input = clientInput(await ctx.json());
    const after = { ...before, ...input };
    if (after.clientId !== before.clientId) {
      throw new HttpError(400, 'HW_IDENTITY_INPUT', 'a client keeps its clientId: make another');
    }
    checkRealm({ realm: parts.realm.name, clients: [after] }, parts.realm.isSecure);
    parts.realm.putClient(after);
    await parts.store.flush();
    call.audit('UPDATE_CLIENT', { clientId: before.clientId, changed: Object.keys(input), ...warningsOf(after) });
    ctx.send(204);
  });
  routes.route('DELETE', '/clients/:id', (call) => {
    const client = clientOf(call);
    for (const grant of call.parts.granted.grants()) {
      if (grant['clientId'] === client.clientId) call.parts.granted.revokeGrant(grant.jti);
    }
    call.parts.realm.deleteClient(client.id);
    call.audit('DELETE_CLIENT', { clientId: client.clientId });
    call.ctx.send(204);
  });
  routes.route('GET', '/clients/:id/client-secret', (call) => {
    call.ctx.sendJson(200, { type: 'secret', value: clientOf(call).secret });
  });
  routes.route('POST', '/clients/:id/client-secret', async (call) => {
    const client = clientOf(call);
    const secret = randomBytes(32).toString('base64url');
    call.parts.realm.putClient({ ...client, secret });
    await call.parts.store.flush();
    call.audit('NEW_CLIENT_SECRET', { clientId: client.clientId });
    call.ctx.sendJson(200, { type: 'secret', value: secret });
  });
  routes.route('GET', '/clients/:id/service-account-user', (call) => {
    const account = call.parts.realm.serviceAccount(clientOf(call).clientId);
    if (!account) throw notFound('service account');
    const { credentials: _, realmRoles: __, clientRoles: ___, ...shown } = account;
    call.ctx.sendJson(200, shown);
  });
  routes.route('GET', '/clients/:id/roles', (call) => {
    call.ctx.sendJson(200, [...call.parts.realm.clientRoles(clientOf(call).clientId)]);
  });
  routes.route('POST', '/clients/:id/roles', async (call) => {
    const client = clientOf(call);
    const role = roleInput(await call.ctx.json());
    if (call.parts.realm.role(role.name, client.clientId)) {
      throw new HttpError(409, 'HW_IDENTITY_EXISTS', `Role with name ${role.name} already exists`);
    }
    call.parts.realm.putRole(role, client.clientId);
    await call.parts.store.flush();
    call.audit('CREATE_ROLE', { role: role.name, clientId: client.clientId });
    sendCreated(call.ctx, call.parts, `/clients/${client.id}/roles/${encodeURIComponent(role.name)}`);
  });
  routes.route('GET', '/clients/:id/roles/:name', (call) => {
    const role = call.parts.realm.role(call.ctx.params['name']!, clientOf(call).clientId);
    if (!role) throw notFound('Role');
    call.ctx.sendJson(200, role);
  });
  routes.route('DELETE', '/clients/:id/roles/:name', (call) => {
    const { clientId } = clientOf(call);
    const name = call.ctx.params['name']!;
    if (!call.parts.realm.role(name, clientId)) throw notFound('Role');
    call.parts.realm.deleteRole(name, clientId);
    call.audit('DELETE_ROLE', { role: name, clientId });
    call.ctx.send(204);
  });
}

function warningsOf(client: Client): { warnings?: RealmWarning[] } {
  const warnings = clientWarnings(client);
  return warnings.length > 0 ? { warnings } : {};
}

function clientOf({ ctx, parts }: AdminCall): Client {
  const client = parts.realm.clientById(ctx.params['id']!);
  if (!client) throw notFound('Client');
  return client;
}
