import { createHash } from 'node:crypto';
import type { Call } from '../stages/call.ts';

/** Whose bucket a request takes from; undefined when the request does not say. */
export type KeyResolver = (call: Call) => string | undefined;

const longestKey = 128;
/** Fields that prove who somebody is: their values are neither kept nor shown. */
const secretFields = /^(?:authorization|cookie|proxy-authorization|.*(?:key|token|secret).*)$/i;

/**
 * The names that a limit's `key-resolver` may have:
 *
 * - `user` (Spring's default, `principalName`): the caller's subject; on loopback without a login `developer`;
 * - `address`: the caller's IP address; IPv6 by /64, which is what one caller has;
 * - `client`: the OAuth client that the token was given to;
 * - `api-key`: the header `X-API-Key`; `header:NAME`: any header; values of secret ones are hashed;
 * - `route`: one bucket for all; `path`: the path; `host`: the Host that was asked for;
 * - `a+b`: both together, none when one of them is missing; `a|b`: the first that there is.
 *
 * Beans of Spring are taken by the names that its documentation gives them: `#{@userKeyResolver}`, `#{@ipKeyResolver}` …
 */
export function keyResolver(text: string, fail: (reason: string) => never): KeyResolver {
  const bean = /^#\{\s*@(\w+?)(?:KeyResolver)?\s*\}$/.exec(text.trim());
  const alternatives = (bean?.[1] ?? text).split('|').map((alternative) => {
    const parts = alternative.split('+').map((name) => single(name.trim(), fail));
    return parts.length === 1 ? parts[0]! : all(parts);
  });
  const resolve = alternatives.length === 1 ? alternatives[0]! : firstOf(alternatives);
  return (call) => {
    const key = resolve(call);
    if (key === undefined || key === '') return undefined;
    return key.length > longestKey ? hashed(key) : key;
  };
}

function single(name: string, fail: (reason: string) => never): KeyResolver {
  const header = /^header:([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (header !== undefined) return byHeader(header);
  switch (name.toLowerCase().replace(/[-_]/g, '')) {
    case 'user':
    case 'principal':
    case 'principalname':
      return (call) => call.caller?.subject ?? (call.user === '' ? undefined : call.user);
    case 'client':
      return (call) => call.caller?.clientId;
    case 'address':
    case 'ip':
    case 'ipaddress':
    case 'hostaddress':
    case 'hostaddr':
    case 'remoteaddr':
    case 'remoteaddress':
      return (call) => network(call.clientAddress);
    case 'apikey':
      return byHeader('x-api-key');
    case 'route':
      return (call) => call.route?.id ?? call.name;
    case 'path':
    case 'uri':
      return (call) => call.path;
    case 'host':
      return (call) => call.req.headers.host?.toLowerCase();
    default:
      return fail(
        `the key resolver "${name}" is not known: user, address, client, api-key, header:NAME, route, path and host are, and a+b, a|b of them`,
      );
  }
}

function byHeader(name: string): KeyResolver {
  const isSecret = secretFields.test(name);
  return (call) => {
    const value = call.req.headers[name];
    if (value === undefined) return undefined;
    const text = Array.isArray(value) ? value.join(',') : value;
    return isSecret && text !== '' ? hashed(text) : text;
  };
}

function all(parts: readonly KeyResolver[]): KeyResolver {
  return (call) => {
    const keys: string[] = [];
    for (const part of parts) {
      const key = part(call);
      if (key === undefined || key === '') return undefined;
      keys.push(key);
    }
    return keys.join('+');
  };
}

function firstOf(alternatives: readonly KeyResolver[]): KeyResolver {
  return (call) => {
    for (const alternative of alternatives) {
      const key = alternative(call);
      if (key !== undefined && key !== '') return key;
    }
    return undefined;
  };
}

function hashed(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** A caller of IPv6 has a /64 to choose addresses from. */
export function network(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    groups.push(...Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => '0'), ...last);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
