import { type HttpContext, HttpError } from '@headwater/http';
import { liveAccessToken } from '../http/access-token.ts';
import type { IdentityParts } from '../identity-parts.ts';

/** Who administers: for the audit. */
export interface Administrator {
  name: string;
  clientId: string | null;
}

/**
 * Lets administrators in: an access token of the realm whose user has the realm role `admin`, or `realm-admin` of Keycloak's client
 * `realm-management`. Where `isOpen` (a developer's loopback), who says nothing is the user `developer`.
 *
 * @throws HttpError 401, 403
 */
export async function administrator(ctx: HttpContext, parts: IdentityParts, isOpen: boolean): Promise<Administrator> {
  const { authorization } = ctx.req.headers;
  if (authorization === undefined) {
    if (isOpen) return { name: 'developer', clientId: null };
    throw refused(401, 'HW_IDENTITY_UNAUTHORIZED', 'send an access token of this realm whose user has the role admin');
  }
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
  const live = token === undefined ? undefined : await liveAccessToken(parts, token);
  if (!live) throw refused(401, 'HW_IDENTITY_UNAUTHORIZED', 'the access token is not valid: get a new one');
  // The roles of now, not of when the token was made: an administrator who is none any more has no minutes left.
  const { user, client } = live;
  if (!user.realmRoles.includes('admin') && !user.clientRoles['realm-management']?.includes('realm-admin')) {
    throw refused(403, 'HW_IDENTITY_FORBIDDEN', `${user.username} needs the realm role admin`);
  }
  return { name: user.username, clientId: client.clientId };
}

function refused(status: 401 | 403, code: string, message: string): HttpError {
  return new HttpError(status, code, message, {}, undefined, status === 401 ? { 'www-authenticate': 'Bearer' } : {});
}
