import { HttpError } from '@headwater/http';
import type { Call } from '../stages/call.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another page could make a logged-in browser send: a request that changes something, or a WebSocket, must say that it comes from
 * the gateway's own pages. Every current browser does (`Origin`, `Sec-Fetch-Site`), and no page can forge it; a program that uses a session's cookie
 * sends `Origin` itself. Pages of other ports of the same host are other pages, which the cookie's SameSite does not know.
 */
export function checkSameOrigin(call: Call, isAllowedOrigin: (origin: string) => boolean): void {
  if (call.kind !== 'upgrade' && safeMethods.has(call.method)) return;
  const { origin, host } = call.req.headers;
  if (origin !== undefined) {
    const scheme = origin.indexOf('://');
    if (scheme > 0 && host !== undefined && origin.slice(scheme + 3).toLowerCase() === host.toLowerCase()) return;
    if (isAllowedOrigin(origin)) return;
  } else {
    const site = call.req.headers['sec-fetch-site'];
    if (site === 'same-origin' || site === 'none') return;
  }
  throw new HttpError(
    403,
    'HW_GATEWAY_CSRF',
    'with the cookie of a login only pages of this gateway may change something: send Origin, or a token instead of the cookie',
  );
}
