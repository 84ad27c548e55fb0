import { HttpError } from '@headwater/http';
import { type AdminCall, type AdminRoutes, notFound, sendCreated, slice } from './admin-api.ts';
import { roleInput } from './representation-input.ts';

/** Roles of the realm. */
export function serveRoles(routes: AdminRoutes): void {
  routes.route('GET', '/roles', ({ ctx, parts }) => ctx.sendJson(200, slice(ctx, parts.realm.roles())));
  routes.route('POST', '/roles', async (call) => {
    const role = roleInput(await call.ctx.json());
    if (call.parts.realm.role(role.name)) {
      throw new HttpError(409, 'HW_IDENTITY_EXISTS', `Role with name ${role.name} already exists`);
    }
    call.parts.realm.putRole(role);
    await call.parts.store.flush();
    call.audit('CREATE_ROLE', { role: role.name });
    sendCreated(call.ctx, call.parts, `/roles/${encodeURIComponent(role.name)}`);
  });
  routes.route('GET', '/roles/:name', (call) => call.ctx.sendJson(200, roleOf(call)));
  routes.route('PUT', '/roles/:name', async (call) => {
    const before = roleOf(call);
    const { description } = roleInput(await call.ctx.json());
    call.parts.realm.putRole({ ...before, ...(description === undefined ? {} : { description }) });
    call.audit('UPDATE_ROLE', { role: before.name });
    call.ctx.send(204);
  });
  routes.route('DELETE', '/roles/:name', (call) => {
    const { name } = roleOf(call);
    call.parts.realm.deleteRole(name);
    call.audit('DELETE_ROLE', { role: name });
    call.ctx.send(204);
  });
  routes.route('GET', '/roles/:name/users', (call) => {
    const { name } = roleOf(call);
    const users = [...call.parts.realm.users()].filter(({ realmRoles }) => realmRoles.includes(name));
    call.ctx.sendJson(
      200,
      slice(call.ctx, users).map(({ id, username, enabled, email }) => ({ id, username, enabled, email })),
    );
  });
}

function roleOf({ ctx, parts }: AdminCall) {
  const role = parts.realm.role(ctx.params['name']!);
  if (!role) throw notFound('Role');
  return role;
}
