import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectingLogger } from '../../test/fixtures.ts';
import { TestStore } from '../storage/testing/test-store.ts';
import { type Acl, allOperations, PatternType, PermissionType } from './acl.ts';
import { AclAuthorizer } from './acl-authorizer.ts';
import { AclStore } from './acl-store.ts';
import { AclOperation, ResourceType } from './authorizer.ts';

const allowRead: Acl = {
  resourceType: ResourceType.TOPIC,
  patternType: PatternType.LITERAL,
  resourceName: 'orders',
  principal: 'User:ada',
  host: '*',
  operation: AclOperation.READ,
  permissionType: PermissionType.ALLOW,
};
const deny = PermissionType.DENY;

async function open({ superUsers = '', isAllowedWithoutAcl = false } = {}) {
  const { store } = await TestStore.open();
  const { logger, lines } = collectingLogger();
  const acls = new AclStore(store.values);
  let nowMs = 0;
  const authorizer = new AclAuthorizer({ acls, superUsers, isAllowedWithoutAcl, logger, monotonicMs: () => nowMs });
  const may = (name: string, operation: AclOperation = AclOperation.READ, user = 'ada', remoteAddress = '10.0.0.1') =>
    authorizer.isAllowed(
      { principal: { type: 'User', name: user }, remoteAddress },
      operation,
      ResourceType.TOPIC,
      name,
    );
  const mayWriteSome = (user = 'ada') =>
    authorizer.isAllowedForSome(
      { principal: { type: 'User', name: user }, remoteAddress: '10.0.0.1' },
      AclOperation.WRITE,
      ResourceType.TOPIC,
    );
  return { acls, authorizer, lines, may, mayWriteSome, advance: (byMs: number) => void (nowMs += byMs) };
}

test('what no rule allows is denied, and what one allows is for its user, host, name and operation only', async () => {
  const { acls, may } = await open();
  assert.equal(may('orders'), false);
  acls.add({ ...allowRead, host: '10.0.0.1' });
  assert.equal(may('orders'), true);
  assert.equal(may('orders', AclOperation.WRITE), false);
  assert.equal(may('orders', AclOperation.READ, 'bob'), false);
  assert.equal(may('orders', AclOperation.READ, 'ada', '10.0.0.2'), false);
  assert.equal(may('orders-2'), false);
  assert.equal(may('order'), false);
  acls.delete({ ...allowRead, host: '10.0.0.1' });
  assert.equal(may('orders'), false);
});

test('prefixes, wildcards and rules for everybody', async () => {
  const { acls, may } = await open();
  acls.add({ ...allowRead, patternType: PatternType.PREFIXED, resourceName: 'or' });
  acls.add({ ...allowRead, patternType: PatternType.PREFIXED, resourceName: 'payments.' });
  for (const [name, expected] of [
    ['or', true],
    ['orders', true],
    ['o', false],
    ['payments', false],
    ['payments.eu', true],
  ] as const) {
    assert.equal(may(name), expected, name);
  }
  acls.add({ ...allowRead, resourceName: '*', principal: 'User:bob' });
  assert.equal(may('anything', AclOperation.READ, 'bob'), true);
  assert.equal(may('anything'), false);
  acls.add({ ...allowRead, resourceName: 'news', principal: 'User:*' });
  assert.equal(may('news', AclOperation.READ, 'carl'), true);
});

test('who may read, write, delete or alter may describe; denying these does not deny to describe', async () => {
  const { acls, may } = await open();
  for (const name of ['READ', 'WRITE', 'DELETE', 'ALTER'] as const) {
    acls.add({ ...allowRead, resourceName: name, operation: AclOperation[name] });
    assert.equal(may(name, AclOperation.DESCRIBE), true, name);
    assert.equal(may(name, AclOperation.DESCRIBE_CONFIGS), false, name);
  }
  acls.add({ ...allowRead, resourceName: 'configs', operation: AclOperation.ALTER_CONFIGS });
  assert.equal(may('configs', AclOperation.DESCRIBE_CONFIGS), true);
  assert.equal(may('configs', AclOperation.DESCRIBE), false);
  acls.add({ ...allowRead, resourceName: 'WRITE', permissionType: deny });
  assert.equal(may('WRITE', AclOperation.DESCRIBE), true);
});

test('one rule that denies wins over all that allow', async () => {
  const { acls, may } = await open();
  acls.add({ ...allowRead, operation: allOperations });
  acls.add({ ...allowRead, resourceName: '*' });
  assert.equal(may('orders'), true);
  acls.add({ ...allowRead, patternType: PatternType.PREFIXED, resourceName: 'o', permissionType: deny });
  assert.equal(may('orders'), false);
  assert.equal(may('orders', AclOperation.WRITE), true, 'other operations are not denied');
  acls.add({ ...allowRead, principal: 'User:*', operation: allOperations, permissionType: deny });
  assert.equal(may('orders', AclOperation.WRITE), false);
});

test('super users may do everything, and others what has no rule when that is set', async () => {
  const { acls, may } = await open({ superUsers: 'User:root; User:CN=ops,O=a', isAllowedWithoutAcl: true });
  acls.add({ ...allowRead, principal: 'User:*', permissionType: deny });
  assert.equal(may('orders', AclOperation.READ, 'root'), true);
  assert.equal(may('orders', AclOperation.READ, 'CN=ops,O=a'), true);
  assert.equal(may('orders'), false);
  assert.equal(may('orders', AclOperation.WRITE), false, 'there is a rule about it, for another operation');
  assert.equal(may('other'), true);
});

test('an IPv6 address may be written in any of its forms', async () => {
  const { acls, may } = await open();
  acls.add({ ...allowRead, host: '2001:DB8:0:0:0:0:0:1' });
  assert.equal(may('orders', AclOperation.READ, 'ada', '2001:db8::1'), true);
});

test('an idempotent producer needs one topic that it may write', async () => {
  const { acls, mayWriteSome } = await open({ superUsers: 'User:root' });
  const allowWrite = { ...allowRead, operation: AclOperation.WRITE };
  assert.equal(mayWriteSome('root'), true);
  acls.add(allowRead);
  assert.equal(mayWriteSome(), false);
  acls.add(allowWrite);
  assert.equal(mayWriteSome(), true);
  acls.add({ ...allowWrite, permissionType: deny });
  assert.equal(mayWriteSome(), false);
  acls.add({ ...allowWrite, patternType: PatternType.PREFIXED });
  assert.equal(mayWriteSome(), true, 'orders is denied, orders-2 is not');
  acls.add({ ...allowWrite, patternType: PatternType.PREFIXED, resourceName: 'ord', permissionType: deny });
  assert.equal(mayWriteSome(), false);
  acls.add({ ...allowWrite, resourceName: '*' });
  assert.equal(mayWriteSome(), true);
  acls.add({ ...allowWrite, resourceName: '*', permissionType: deny });
  assert.equal(mayWriteSome(), false);
});

test('thousands of rules are found by name, and are there again after a restart', async () => {
  const test = await TestStore.open();
  const acls = new AclStore(test.store.values);
  for (let n = 0; n < 3_000; n++) {
    acls.add({ ...allowRead, resourceName: `topic-${n}` });
    if (n < 30) acls.add({ ...allowRead, resourceName: `topic-${n}`, patternType: PatternType.PREFIXED });
  }
  assert.equal(acls.add({ ...allowRead, resourceName: 'topic-0' }), false, 'there already');
  await test.restart();
  const again = new AclStore(test.store.values);
  assert.deepEqual([...again.index.all()], [...acls.index.all()]);
  let visited = 0;
  again.index.visit(ResourceType.TOPIC, 'topic-2222', 'User:ada', () => {
    visited++;
    return false;
  });
  assert.equal(visited, 3, 'topic-2222 itself, and the prefixes topic-2 and topic-22');
});

test('denied accesses are in the log, in a limited number, and counted', async () => {
  const { authorizer, lines, may, advance } = await open();
  for (let n = 0; n < 100; n++) may('secrets');
  assert.equal(lines.length, 10);
  assert.deepEqual(lines[0], {
    level: 'warn',
    fields: { principal: 'User:ada', remoteAddress: '10.0.0.1', operation: 'READ', resource: 'TOPIC:secrets' },
    message: 'access denied',
  });
  assert.deepEqual(authorizer.stats(), { allowed: 0, denied: 100 });
  advance(20_000);
  may('secrets');
  assert.deepEqual(lines[10], {
    level: 'warn',
    fields: { suppressed: 90 },
    message: 'more denied accesses were not logged',
  });
});
