import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiKey, ErrorCode, errorInfo } from '@headwater/protocol';
import { aclApiSteps } from '../../test/acl-api-steps.ts';
import { temporaryDir, testBroker } from '../../test/fixtures.ts';

const config = { 'authorizer.class.name': 'acls', 'super.users': 'User:ANONYMOUS' };
const orders = {
  resourceType: 2,
  resourceName: 'orders',
  principal: 'User:ada',
  host: '*',
  operation: 3,
  permissionType: 3,
};
const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

test('ACLs are made, found and removed as Apache Kafka 4.3.1 does', async (t) => {
  const raw = await (await testBroker(t, { config })).client();
  // Recorded from Apache Kafka with these very steps (peer.int.test.ts compares the two where it runs).
  const expected = JSON.parse(readFileSync(join(import.meta.dirname, '../../test/golden/acl-apis.json'), 'utf8'));
  assert.deepEqual(await aclApiSteps(raw, 'golden-1'), expected);
});

test('without an authorizer the ACL requests say that there is none', async (t) => {
  const raw = await (await testBroker(t)).client();
  const described = await raw.call(ApiKey.DescribeAcls, 3, anyAcl);
  assert.equal(described.errorCode, ErrorCode.SECURITY_DISABLED);
  const created = await raw.call(ApiKey.CreateAcls, 3, { creations: [orders] });
  assert.equal(created.results[0]!.errorCode, ErrorCode.SECURITY_DISABLED);
  const deleted = await raw.call(ApiKey.DeleteAcls, 3, { filters: [anyAcl] });
  assert.equal(deleted.filterResults[0]!.errorCode, ErrorCode.SECURITY_DISABLED);
});

test('who may not alter the cluster may not change ACLs, and who may not describe it does not see them', async (t) => {
  const { client, lines } = await testBroker(t, { config: { 'authorizer.class.name': 'acls' } });
  assert.match(lines.find(({ level }) => level === 'warn')?.message ?? '', /super\.users names nobody/);
  const raw = await client();
  const { CLUSTER_AUTHORIZATION_FAILED } = ErrorCode;
  const created = await raw.call(ApiKey.CreateAcls, 3, { creations: [orders] });
  assert.equal(created.results[0]!.errorCode, CLUSTER_AUTHORIZATION_FAILED);
  const deleted = await raw.call(ApiKey.DeleteAcls, 3, { filters: [anyAcl] });
  assert.equal(deleted.filterResults[0]!.errorCode, CLUSTER_AUTHORIZATION_FAILED);
  const described = await raw.call(ApiKey.DescribeAcls, 3, anyAcl);
  assert.equal(described.errorCode, CLUSTER_AUTHORIZATION_FAILED);
});

test('what only a filter may say is refused in a new ACL, and UNKNOWN ends the connection', async (t) => {
  const { client, lines } = await testBroker(t, { config });
  const raw = await client();
  const wrong = [{ resourceType: 1 }, { resourcePatternType: 2 }, { operation: 1 }, { permissionType: 1 }];
  const { results } = await raw.call(ApiKey.CreateAcls, 3, {
    creations: wrong.map((more) => ({ ...orders, ...more })),
  });
  assert.deepEqual(
    results.map(({ errorCode, errorMessage }) => [errorInfo(errorCode).name, errorMessage]),
    [
      ['INVALID_REQUEST', 'Invalid resourceType ANY'],
      ['INVALID_REQUEST', 'Invalid patternType MATCH'],
      ['INVALID_REQUEST', 'Invalid operation ANY'],
      ['INVALID_REQUEST', 'Invalid permissionType ANY'],
    ],
  );
  raw.send(ApiKey.DeleteAcls, 3, { filters: [{ ...anyAcl, operation: 0 }] });
  await raw.closed();
  assert.equal(lines.filter(({ level }) => level === 'error').length, 0);
});

test('ACLs are there after a restart, and no more than headwater.max.acls', async (t) => {
  const dataDir = await temporaryDir(t);
  const limited = { ...config, 'headwater.max.acls': 2 };
  const first = await testBroker(t, { dataDir, config: limited });
  const raw = await first.client();
  const creations = ['a', 'b', 'c', 'a'].map((resourceName) => ({ ...orders, resourceName }));
  const { results } = await raw.call(ApiKey.CreateAcls, 3, { creations });
  assert.deepEqual(
    results.map(({ errorCode }) => errorCode),
    [0, 0, ErrorCode.POLICY_VIOLATION, 0],
  );
  await first.broker.close();
  const again = await (await testBroker(t, { dataDir, config: limited })).client();
  const { resources } = await again.call(ApiKey.DescribeAcls, 3, anyAcl);
  assert.deepEqual(
    resources.map(({ resourceName }) => resourceName),
    ['a', 'b'],
  );
});
