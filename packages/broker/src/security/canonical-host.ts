import { isIPv6 } from 'node:net';

/** An IPv6 address in the one form that sockets give (RFC 5952), whichever way it was written; anything else as it is. */
export function canonicalHost(host: string): string {
  if (!isIPv6(host) || host.includes('%')) return host;
  return new URL(`http://[${host}]/`).hostname.slice(1, -1);
}
