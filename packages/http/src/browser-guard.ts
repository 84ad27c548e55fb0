import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { HttpError } from './http-error.ts';

/** What a browser may do here besides same-origin requests. */
export interface BrowserGuardOptions {
  /** Host names (without port) that are accepted besides `localhost`, `*.localhost` and IP literals. */
  allowedHosts: readonly string[] | ((name: string) => boolean);
  /** Origins (`https://app.example`) that may call from a browser although they are not this one: a list, or a test. */
  allowedOrigins: readonly string[] | ((origin: string, req: IncomingMessage) => boolean);
}

/**
 * Refuses what a foreign web page could make a visitor's browser send to a server on loopback.
 *
 * DNS rebinding needs a name that the attacker controls in `Host`; an IP literal cannot be rebound, so those pass.
 * Cross-site posts carry `Origin`, and every current browser adds `Sec-Fetch-Site`; programs send neither.
 */
export function guardBrowser(req: IncomingMessage, options: BrowserGuardOptions): void {
  const host = req.headers.host;
  if (host !== undefined && !isAllowedHost(hostName(host), options.allowedHosts)) {
    throw new HttpError(
      421,
      'HW_HTTP_UNKNOWN_HOST',
      `this server does not answer for host "${printable(host)}": use localhost or an IP address, or list the name under allowedHosts`,
    );
  }
  const origin = req.headers.origin;
  if (origin !== undefined) {
    if (isSameOrigin(origin, host) || isAllowedOrigin(origin, req, options.allowedOrigins)) return;
    throw new HttpError(
      403,
      'HW_HTTP_CROSS_ORIGIN',
      `a browser request from origin "${printable(origin)}" is refused: list the origin under allowedOrigins to permit it`,
    );
  }
  const site = req.headers['sec-fetch-site'];
  if ((site === 'cross-site' || site === 'same-site') && req.headers['sec-fetch-mode'] !== 'navigate') {
    throw new HttpError(403, 'HW_HTTP_CROSS_ORIGIN', `a ${site} browser request without an origin is refused`);
  }
}

/** The name in a Host header, without port and brackets, in lower case. */
function hostName(host: string): string {
  if (host.startsWith('[')) return host.slice(1, Math.max(1, host.indexOf(']'))).toLowerCase();
  const colon = host.lastIndexOf(':');
  return (colon === -1 ? host : host.slice(0, colon)).toLowerCase();
}

function isAllowedHost(name: string, allowed: BrowserGuardOptions['allowedHosts']): boolean {
  if (name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0) return true;
  return typeof allowed === 'function' ? allowed(name) : allowed.includes(name);
}

function isAllowedOrigin(
  origin: string,
  req: IncomingMessage,
  allowed: BrowserGuardOptions['allowedOrigins'],
): boolean {
  return typeof allowed === 'function' ? allowed(origin, req) : allowed.includes(origin);
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined) return false;
  const scheme = origin.indexOf('://');
  return scheme > 0 && origin.slice(scheme + 3).toLowerCase() === host.toLowerCase();
}

function printable(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
}
