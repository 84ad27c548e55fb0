import { HttpError } from '@headwater/http';
import type { Call } from '../stages/call.ts';

/** RFC 6750, section 2.1: `b64token`. */
const b64token = /^[\w\-.~+/]+=*$/;
export const bareChallenge = 'Bearer realm="headwater"';

/** RFC 6750, section 3.1: the request itself is wrong. */
function badRequest(reason: string): HttpError {
  return new HttpError(400, 'HW_GATEWAY_CREDENTIALS', reason, {}, undefined, {
    'www-authenticate': `Bearer realm="headwater", error="invalid_request", error_description="${reason}"`,
  });
}

/**
 * The bearer token of a request: `undefined` when it has none (other schemes are for the upstream to judge). Refuses with 400 what could be read in
 * two ways, and tokens in the query: those end in logs and histories (RFC 6750, section 5.3).
 */
export function bearerOf(call: Call): string | undefined {
  const { headers, rawHeaders } = call.req;
  const { authorization } = headers;
  if (call.request.search.includes('access_token') && call.request.query.has('access_token'))
    throw badRequest('a token in the query is not taken: send it as Authorization: Bearer TOKEN');
  if (authorization === undefined) return undefined;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.length === 13 && rawHeaders[i]!.toLowerCase() === 'authorization') count++;
  if (count > 1) throw badRequest('the request has two Authorization headers');
  const space = authorization.indexOf(' ');
  const scheme = space === -1 ? authorization : authorization.slice(0, space);
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  const token = space === -1 ? '' : authorization.slice(space + 1).trim();
  if (!b64token.test(token)) throw badRequest('the Authorization header has no token after Bearer');
  return token;
}

/** 401: the caller has not said who it is, or not to us. */
export function needsCredentials(message: string): HttpError {
  return new HttpError(401, 'HW_GATEWAY_UNAUTHENTICATED', message, {}, undefined, {
    'www-authenticate': bareChallenge,
  });
}

/** 403: known, and not allowed. */
export function notAllowed(message: string, scopes: readonly string[]): HttpError {
  const scope = scopes.length === 0 ? '' : `, scope="${scopes.join(' ').replace(/["\\]/g, '')}"`;
  return new HttpError(403, 'HW_GATEWAY_FORBIDDEN', message, {}, undefined, {
    'www-authenticate': `Bearer realm="headwater", error="insufficient_scope"${scope}`,
  });
}

/** A person with a browser who opens a page: to be led to the login instead of being told 401. */
export function isNavigation(call: Call): boolean {
  const { headers } = call.req;
  if (call.kind !== 'request' || (call.method !== 'GET' && call.method !== 'HEAD')) return false;
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate' && headers['sec-fetch-dest'] !== 'iframe';
  return headers.accept?.includes('text/html') === true;
}
