import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HeaderList } from './header-list.ts';

/** Tells the upstream who called, and by which address. From a trusted proxy, what it said before is kept and extended. */
export function addForwarded(
  headers: HeaderList,
  req: IncomingMessage,
  options: { isTrusted: boolean; originalPath: string; path: string },
): void {
  const said = options.isTrusted ? req.headers : {};
  const from = clientAddress(req.socket);
  const host = req.headers.host ?? '';
  const proto = (req.socket as TLSSocket).encrypted === true ? 'https' : 'http';
  const before = said['x-forwarded-for'];
  const { raw } = headers;
  raw.push('X-Forwarded-For', before === undefined ? from : `${String(before)}, ${from}`);
  raw.push('X-Forwarded-Host', first(said['x-forwarded-host']) ?? host);
  raw.push('X-Forwarded-Proto', first(said['x-forwarded-proto']) ?? proto);
  raw.push('X-Forwarded-Port', first(said['x-forwarded-port']) ?? portOf(host, proto));
  // What filters took from the front of the path: the upstream needs it to write links.
  const { originalPath, path } = options;
  const prefix =
    path !== originalPath && originalPath.endsWith(path)
      ? originalPath.slice(0, originalPath.length - path.length)
      : '';
  const outer = first(said['x-forwarded-prefix']) ?? '';
  if (outer + prefix !== '') raw.push('X-Forwarded-Prefix', outer + prefix);
}

export function clientAddress(socket: Socket): string {
  const address = socket.remoteAddress ?? 'unknown';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function portOf(host: string, proto: string): string {
  const port = /:(\d+)$/.exec(host)?.[1];
  return port ?? (proto === 'https' ? '443' : '80');
}
