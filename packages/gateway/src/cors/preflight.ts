import type { IncomingHttpHeaders } from 'node:http';

/** The method that a browser asks for beforehand (WHATWG Fetch, CORS-preflight request); undefined when this is no such question. */
export function preflightMethod(method: string | undefined, headers: IncomingHttpHeaders): string | undefined {
  if (method !== 'OPTIONS' || headers.origin === undefined) return undefined;
  return headers['access-control-request-method'];
}
