import { isIP } from 'node:net';

/**
 * Whether a host name or address, with or without the brackets of a URL, is this machine and nothing else. By the address itself: a name such as
 * `127.0.0.1.example.org` may be anywhere.
 */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
