import type { Call } from '../../stages/call.ts';

/**
 * The cookies of the gateway. Over TLS their names have the prefix `__Host-`, by which a browser takes them from this very host only, with `Secure` and
 * for all paths; on plain HTTP, that is on loopback, browsers refuse such cookies.
 */
export type CookieName = 'headwater-session' | 'headwater-login';

export function readCookie(call: Call, name: CookieName, isSecure: boolean): string | undefined {
  const header = call.req.headers.cookie;
  if (header === undefined || !header.includes(name)) return undefined;
  const full = isSecure ? `__Host-${name}` : name;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== full) continue;
    const value = pair.slice(equals + 1).trim();
    return /^[\w-]{43}$/.test(value) ? value : '';
  }
  return undefined;
}

export function cookie(name: CookieName, value: string, isSecure: boolean, maxAgeSeconds?: number): string {
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${Math.floor(maxAgeSeconds)}`;
  return `${isSecure ? '__Host-' : ''}${name}=${value}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}${age}`;
}

const own = /^\s*(?:__Host-)?headwater-(?:session|login)=/;

/** The caller's cookies without the gateway's: no upstream gets what opens a session. Undefined when none is left. */
export function withoutOwnCookies(header: string): string | undefined {
  if (!header.includes('headwater-')) return header;
  const left = header.split(';').filter((pair) => !own.test(pair));
  return left.length === 0 ? undefined : left.join(';').trim();
}
