import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../stages/call.ts';
import { keyResolver, network } from './key-resolver.ts';

const fail = (reason: string): never => {
  throw new Error(reason);
};
const call = {
  caller: { subject: 's-1', clientId: 'web' },
  user: 'ada',
  clientAddress: '10.1.2.3',
  path: '/a',
  route: { id: 'orders' },
  req: { headers: { 'x-api-key': 'secret', 'x-tenant': 'acme', host: 'Shop:80' } },
} as unknown as Call;
const anonymous = { ...call, caller: undefined, user: '' } as unknown as Call;

test('resolvers by name, and the beans of Spring by theirs', () => {
  for (const [text, key] of [
    ['user', 's-1'],
    ['#{@userKeyResolver}', 's-1'],
    ['#{@principalNameKeyResolver}', 's-1'],
    ['address', '10.1.2.3'],
    ['#{@ipKeyResolver}', '10.1.2.3'],
    ['#{@remoteAddrKeyResolver}', '10.1.2.3'],
    ['client', 'web'],
    ['route', 'orders'],
    ['path', '/a'],
    ['host', 'shop:80'],
    ['header:X-Tenant', 'acme'],
    ['user+header:x-tenant', 's-1+acme'],
    ['header:X-None|address', '10.1.2.3'],
    ['header:X-None+user|route', 'orders'],
  ] as const)
    assert.equal(keyResolver(text, fail)(call), key, text);
  assert.equal(keyResolver('user', fail)(anonymous), undefined);
  assert.equal(keyResolver('user|address', fail)(anonymous), '10.1.2.3');
  assert.throws(() => keyResolver('#{@tenantKeyResolver}', fail), /"tenant" is not known/);
});

test('secrets and long values are hashed', () => {
  const key = keyResolver('api-key', fail)(call)!;
  assert.match(key, /^sha256:[0-9a-f]{32}$/);
  assert.doesNotMatch(key, /secret/);
  const long = { ...call, req: { headers: { 'x-tenant': 'x'.repeat(1_000) } } } as unknown as Call;
  assert.match(keyResolver('header:x-tenant', fail)(long)!, /^sha256:/);
});

test('a caller of IPv6 is its /64', () => {
  assert.equal(network('2001:db8:0:7:1:2:3:4'), '2001:db8:0:7::/64');
  assert.equal(network('2001:db8::7'), '2001:db8:0:0::/64');
  assert.equal(network('::1'), '0:0:0:0::/64');
  assert.equal(network('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(network('127.0.0.1'), '127.0.0.1');
});
