import { type HttpContext, HttpError } from '@headwater/http';
import type { Routes } from '../http/route-table.ts';
import { IdentityError, type IdentityErrorCode } from '../identity-error.ts';
import type { IdentityParts } from '../identity-parts.ts';
import { type Administrator, administrator } from './admin-access.ts';
import { serveClients } from './clients.ts';
import { serveRealm } from './realm.ts';
import { serveRoles } from './roles.ts';
import { serveUsers } from './users.ts';

/** One call of an administrator. */
export interface AdminCall {
  ctx: HttpContext;
  parts: IdentityParts;
  /** Writes a change to the audit; details are names, never secrets. */
  audit(event: string, details: Record<string, unknown>): void;
}

export type AdminHandler = (call: AdminCall) => Promise<void> | void;

export interface AdminRoutes {
  /** `path` below `/admin/realms/NAME`. */
  route(method: string, path: string, handler: AdminHandler): void;
}

export interface AdminOptions {
  /** A developer's loopback: who says nothing may do all. */
  isOpen: boolean;
  rotateKeys: () => Promise<string>;
}

const statusOf: Partial<Record<IdentityErrorCode, number>> = {
  HW_IDENTITY_EXISTS: 409,
  HW_IDENTITY_UNKNOWN: 404,
  HW_IDENTITY_REALM: 400,
  HW_IDENTITY_PASSWORD_POLICY: 400,
  HW_IDENTITY_DEFAULT_SECRET: 400,
  HW_IDENTITY_BUSY: 503,
};

/**
 * The part of Keycloak's admin REST API that its admin clients call to keep users, roles and clients, in Keycloak's own shapes, and what is
 * ours: `export`, `keys/rotate`, `audit`.
 */
export function serveAdmin(routes: Routes, parts: IdentityParts, options: AdminOptions): void {
  const base = `/admin/realms/${parts.realm.name}`;
  const admin: AdminRoutes = {
    route(method, path, handler) {
      routes.route(method, base + path, async (ctx) => {
        const who = await administrator(ctx, parts, options.isOpen);
        try {
          await handler({ ctx, parts, audit: auditOf(ctx, parts, who) });
        } catch (error) {
          throw asHttpError(error);
        }
      });
    },
  };
  routes.route('GET', '/admin/realms', async (ctx) => {
    await administrator(ctx, parts, options.isOpen);
    ctx.sendJson(200, [{ ...parts.realm.settings, realm: parts.realm.name }]);
  });
  serveRealm(admin, options.rotateKeys);
  serveUsers(admin);
  serveClients(admin);
  serveRoles(admin);
}

function auditOf(ctx: HttpContext, parts: IdentityParts, who: Administrator): AdminCall['audit'] {
  return (event, details) =>
    parts.audit.record({
      event: `ADMIN_${event}`,
      outcome: 'success',
      user: who.name,
      client: who.clientId,
      address: parts.addressOf(ctx.req),
      details,
    });
}

function asHttpError(error: unknown): unknown {
  if (!(error instanceof IdentityError)) return error;
  const status = statusOf[error.code];
  return status === undefined
    ? error
    : new HttpError(status, error.code, error.message, { errorMessage: error.message }, error);
}

export function notFound(what: string): HttpError {
  return new HttpError(404, 'HW_IDENTITY_UNKNOWN', `${what} not found`);
}

/** `first` and `max` of a list; at most 1,000 at once. */
export function slice<Item>(ctx: HttpContext, items: Iterable<Item>): Item[] {
  const first = Math.max(0, Number(ctx.query.get('first') ?? 0) || 0);
  const max = Math.min(1_000, Math.max(0, Number(ctx.query.get('max') ?? 100) || 0));
  const found: Item[] = [];
  let index = 0;
  for (const item of items) {
    if (found.length >= max) break;
    if (index++ >= first) found.push(item);
  }
  return found;
}

/** 201 with the address of what was made, as Keycloak's clients read the new id from there. */
export function sendCreated(ctx: HttpContext, parts: IdentityParts, path: string): void {
  const { origin } = new URL(parts.issuer);
  ctx.send(201, undefined, { location: `${origin}/admin/realms/${parts.realm.name}${path}` });
}
