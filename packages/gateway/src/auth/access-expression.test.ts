import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../stages/call.ts';
import { parseAccess } from './access-expression.ts';

const fail = (reason: string): never => {
  throw new Error(reason);
};
const caller = (roles: string[], scopes: string[] = []): Caller => ({
  subject: 's',
  name: 'n',
  clientId: 'c',
  roles,
  scopes,
  claims: {},
  expiresAtMs: 0,
});
const allows = (text: string, who?: Caller): boolean =>
  parseAccess(text, fail).allows({ caller: who, isDeveloper: false });
const allowsDeveloper = (text: string): boolean =>
  parseAccess(text, fail).allows({ caller: undefined, isDeveloper: true });

test('expressions in the words of Spring Security', () => {
  const ada = caller(['viewer'], ['orders:read']);
  const grace = caller(['viewer', 'admin']);
  for (const [text, nobody, viewer, admin] of [
    ['permitAll', true, true, true],
    ['denyAll', false, false, false],
    ['authenticated', false, true, true],
    ['isAuthenticated()', false, true, true],
    ['anonymous', true, false, false],
    ["hasRole('admin')", false, false, true],
    ['hasRole(viewer)', false, true, true],
    ['hasAnyRole("admin", "viewer")', false, true, true],
    ["hasAllRoles('admin','viewer')", false, false, true],
    ["hasAuthority('SCOPE_orders:read')", false, true, false],
    ["hasAuthority('ROLE_admin')", false, false, true],
    ["hasAnyAuthority('ROLE_admin', 'SCOPE_orders:read')", false, true, true],
    ["hasRole('admin') or hasScope('orders:read')", false, true, true],
    ["hasRole('viewer') and not hasRole('admin')", false, true, false],
    ["hasRole('viewer') and (hasRole('admin') or hasScope('orders:write'))", false, false, true],
    ["!hasRole('admin')", true, true, false],
    ["hasRole('a') AND hasRole('b') OR permitAll", true, true, true],
  ] as const)
    assert.deepEqual([allows(text), allows(text, ada), allows(text, grace)], [nobody, viewer, admin], text);
});

test('the developer may do what is not denied to all', () => {
  for (const text of ['authenticated', "hasRole('x') and hasScope('y')", "not hasRole('x')", 'anonymous', 'permitAll'])
    assert.equal(allowsDeveloper(text), true, text);
  assert.equal(allowsDeveloper('denyAll'), false);
});

test('scopes are there to be told', () => {
  assert.deepEqual(parseAccess("hasScope('a') and hasAuthority('SCOPE_b')", fail).scopes, ['a', 'b']);
});

test('what is no expression is refused, never taken for one that allows', () => {
  for (const text of [
    '',
    'permit',
    'hasRole',
    'hasRole()',
    "hasRole('')",
    "hasRole('a'",
    "hasRole('a') hasRole('b')",
    "hasRole('a') and",
    'or',
    '()',
    'not',
    "hasRole('a',,'b')",
    "hasRole('a', )(",
    'authenticated)',
    "hasRole('a') && hasRole('b')",
    "@bean.check('a')",
  ])
    assert.throws(() => parseAccess(text, fail), /no access expression/, text);
});
