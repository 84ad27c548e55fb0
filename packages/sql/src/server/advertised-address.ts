import { hostname } from 'node:os';
import type { SqlServerOptions } from './sql-server-options.ts';

const anyAddress = new Set(['0.0.0.0', '::', '']);

/**
 * 'host:port' under which other servers of the service reach this one: `ksql.advertised.listener`, a URL; default: what it listens at, on all
 * addresses the machine's name.
 */
export function advertisedAddress(
  { settings = [] }: Pick<SqlServerOptions, 'settings'>,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  const listener = new Map(settings).get('ksql.advertised.listener');
  if (listener !== undefined) return new URL(listener).host;
  const name = anyAddress.has(host) ? hostname() : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Names by which other servers call this one. */
export function advertisedNames({ host, settings = [] }: Pick<SqlServerOptions, 'host' | 'settings'>): string[] {
  const listener = new Map(settings).get('ksql.advertised.listener');
  if (listener !== undefined) return [new URL(listener).hostname.toLowerCase()];
  return host !== undefined && anyAddress.has(host) ? [hostname().toLowerCase()] : [];
}
