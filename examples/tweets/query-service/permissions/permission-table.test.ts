import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Permission, parsePermission, permissionKey } from './permission.ts';
import { grantsPerPrincipalMax, PermissionTable } from './permission-table.ts';

const about = { permission: 'READ', grantedBy: 'grace', grantedAt: '2026-11-22T17:00:00.000Z' } as const;
const granted = (principal: string, documentId: string): Permission => ({ principal, documentId, ...about });

test('a record says what its key says, and is nothing without being READ', () => {
  const permission = granted('user:ada', '592089033144795136');
  const key = permissionKey(permission);
  assert.equal(key, 'user:ada 592089033144795136');
  assert.deepEqual(parsePermission(key, JSON.stringify(permission)), permission);
  assert.deepEqual(parsePermission(key, JSON.stringify({ ...permission, documentId: '*' })), permission);
  for (const [wrongKey, value] of [
    [key, '{'],
    [key, 'null'],
    [key, '7'],
    [key, JSON.stringify({ ...permission, permission: 'WRITE' })],
    ['user:ada', JSON.stringify(permission)],
    ['ada 1', JSON.stringify(permission)],
    ['user:ada 1 2', JSON.stringify(permission)],
    ['user:ada x', JSON.stringify(permission)],
  ] as const) {
    assert.equal(parsePermission(wrongKey, value), undefined, `${wrongKey} = ${value}`);
  }
});

test('what is granted to one of somebody’s names may be read, and nothing else', () => {
  const table = new PermissionTable();
  table.grant(granted('user:ada', '1'));
  table.grant(granted('user:ada', '1'));
  table.grant(granted('role:viewer', '2'));
  assert.equal(table.size, 2);
  assert.deepEqual(table.readable(['user:ada', 'role:viewer']), ['1', '2']);
  assert.ok(table.mayRead(['user:ada', 'role:viewer'], '2'));
  assert.ok(!table.mayRead(['user:ada'], '2'));
  assert.deepEqual(table.readable(['user:alan']), []);
  table.grant(granted('role:viewer', '*'));
  assert.equal(table.readable(['user:ada', 'role:viewer']), undefined);
  assert.ok(table.mayRead(['role:viewer'], '99'));
  for (const key of ['role:viewer *', 'role:viewer *', 'user:ada 1', 'nothing']) table.revoke(key);
  assert.deepEqual(table.readable(['user:ada', 'role:viewer']), ['2']);
  assert.equal(table.size, 1);
});

test('there is room for so many of one principal, and for those that are there already', () => {
  const table = new PermissionTable();
  for (let id = 0; id < grantsPerPrincipalMax; id += 1) assert.ok(table.grant(granted('user:ada', String(id))));
  assert.ok(!table.grant(granted('user:ada', '*')));
  assert.ok(table.grant(granted('user:ada', '0')));
  assert.ok(table.grant(granted('user:alan', '*')));
});
