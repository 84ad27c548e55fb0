import { readFileSync } from 'node:fs';
import type { Address } from './broker-link.ts';
import { ClientError } from './client-error.ts';
import type { SslOptions } from './open-socket.ts';
import type { PasswordSaslOptions, SaslOptions } from './sasl/sasl-options.ts';

/** Where a cluster is, and how it wants to be spoken to. */
export interface Bootstrap {
  addresses: Address[];
  /** Null: plain TCP. */
  ssl: SslOptions | null;
  /** Null: nobody asks. */
  sasl: SaslOptions | null;
}

const mechanisms: readonly string[] = ['plain', 'scram-sha-256', 'scram-sha-512'];

/**
 * Reads `host:port,host:port`, or one URL that says how to log in too, so that a secured cluster is one text like any other:
 *
 * - `kafka://host:port` plain TCP, `kafka+ssl://host:port` TLS;
 * - `kafka+ssl://user:password@host:port,host:port` and SASL, both percent-encoded as in any URL;
 * - `?mechanism=plain`, `scram-sha-256` or (default) `scram-sha-512`; `?ca=FILE` the authority to trust (PEM), instead of the known ones.
 *
 * @throws ClientError HW_CLIENT_BAD_OPTION
 */
export function parseBootstrap(bootstrap: string | readonly string[]): Bootstrap {
  const text = (typeof bootstrap === 'string' ? bootstrap : bootstrap.join(',')).trim();
  const url = /^([a-z+]+):\/\/(?:([^@/]*)@)?([^/?#]*)\/?(?:\?([^#]*))?$/i.exec(text);
  if (url === null) return { addresses: addressesOf(text), ssl: null, sasl: null };
  const [, scheme = '', user, hosts = '', query = ''] = url;
  if (scheme !== 'kafka' && scheme !== 'kafka+ssl')
    throw wrong(`its scheme is '${scheme}': write host:port, kafka://host:port, or kafka+ssl://host:port`);
  const isTls = scheme === 'kafka+ssl';
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys())
    if (name !== 'mechanism' && name !== 'ca') throw wrong(`it has '${name}': mechanism and ca are known`);
  const ca = parameters.get('ca');
  if (ca !== null && !isTls) throw wrong('ca is for TLS: write kafka+ssl://');
  return {
    addresses: addressesOf(hosts),
    ssl: isTls ? (ca === null ? {} : { ca: authority(ca) }) : null,
    sasl: user === undefined ? null : saslOf(user, parameters.get('mechanism') ?? 'scram-sha-512', isTls),
  };
}

/** The same for messages and logs: nobody's password in it. */
export function bootstrapWithoutPassword(bootstrap: string | readonly string[]): string {
  const text = typeof bootstrap === 'string' ? bootstrap : bootstrap.join(',');
  return text.replace(/^([a-z+]+:\/\/)[^@/]*@/i, '$1');
}

function saslOf(user: string, mechanism: string, isTls: boolean): SaslOptions {
  if (!mechanisms.includes(mechanism.toLowerCase()))
    throw wrong(`its mechanism is '${mechanism}': ${mechanisms.join(', ')} can stand in an address`);
  if (mechanism.toLowerCase() === 'plain' && !isTls)
    throw wrong('plain would show the password to everybody on the way: write kafka+ssl://');
  const colon = user.indexOf(':');
  if (colon < 1) throw wrong('it needs user:password before the @');
  try {
    const [username, password] = [decodeURIComponent(user.slice(0, colon)), decodeURIComponent(user.slice(colon + 1))];
    return { mechanism: mechanism.toLowerCase() as PasswordSaslOptions['mechanism'], username, password };
  } catch {
    throw wrong('its user or password is not percent-encoded: write %25 for %, %40 for @, %2F for /');
  }
}

function authority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`the authority ${file} cannot be read: ${(error as Error).message}`);
  }
}

function addressesOf(text: string): Address[] {
  return text.split(',').map((entry) => {
    const match = /^\s*(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})\s*$/.exec(entry);
    if (match === null) throw wrong(`'${entry.slice(entry.lastIndexOf('@') + 1)}' is not host:port`);
    return { host: match[1] ?? match[2]!, port: Number(match[3]) };
  });
}

/** Without the text: a password may be in it. */
function wrong(reason: string): ClientError {
  return new ClientError('HW_CLIENT_BAD_OPTION', `bootstrap: ${reason}`);
}
