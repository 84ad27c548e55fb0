import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { ApiKey, ErrorCode, errorInfo, zeroUuid } from '@headwater/protocol';
import { batch, createTopic, fetchBody, produce, temporaryDir, testBroker } from '../../test/fixtures.ts';
import { SystemClock } from '../clock/system-clock.ts';
import { nodeFiles, openLogStore } from '../storage/index.ts';
import { type Acl, PatternType, PermissionType } from './acl.ts';
import { AclStore } from './acl-store.ts';
import { AclOperation, ResourceType } from './authorizer.ts';

const name = (code: number) => errorInfo(code).name;
const authorizer = { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' };

/** A broker whose clients, all of them anonymous, may do what these rules allow. */
async function brokerWith(t: TestContext, rules: Pick<Acl, 'resourceType' | 'resourceName' | 'operation'>[]) {
  const dataDir = await temporaryDir(t);
  const open = await testBroker(t, { dataDir });
  const raw = await open.client();
  for (const topic of ['hidden', 'seen', 'read', 'written']) await createTopic(raw, topic);
  await produce(raw, 'read', batch(['a']));
  await open.broker.close();
  const clock = new SystemClock(() => {});
  const store = await openLogStore({ files: nodeFiles(), dir: dataDir, config: {}, clock, logger: silentLogger });
  const acls = new AclStore(store.values);
  for (const rule of rules) {
    acls.add({
      ...rule,
      patternType: PatternType.LITERAL,
      principal: 'User:ANONYMOUS',
      host: '*',
      permissionType: PermissionType.ALLOW,
    });
  }
  await store.close();
  clock.close();
  return testBroker(t, { dataDir, config: authorizer });
}

const topicRules = [
  { resourceType: ResourceType.TOPIC, resourceName: 'seen', operation: AclOperation.DESCRIBE },
  { resourceType: ResourceType.TOPIC, resourceName: 'read', operation: AclOperation.READ },
  { resourceType: ResourceType.TOPIC, resourceName: 'written', operation: AclOperation.WRITE },
];

test('topics that may not be described are not listed, and as if not there when asked for', async (t) => {
  const raw = await (await brokerWith(t, topicRules)).client();
  const all = await raw.call(ApiKey.Metadata, 12, { topics: null, includeTopicAuthorizedOperations: true });
  const bits = (...operations: number[]) => operations.reduce((sum, operation) => sum | (1 << operation), 0);
  assert.deepEqual(
    all.topics.map((topic) => [topic.name, topic.topicAuthorizedOperations]),
    [
      ['seen', bits(AclOperation.DESCRIBE)],
      ['read', bits(AclOperation.READ, AclOperation.DESCRIBE)],
      ['written', bits(AclOperation.WRITE, AclOperation.DESCRIBE)],
    ],
  );
  const topics = [{ name: 'hidden' }, { name: 'not-there' }, { name: 'seen' }];
  const named = await raw.call(ApiKey.Metadata, 12, { topics, allowAutoTopicCreation: true });
  assert.deepEqual(
    named.topics.map((topic) => [name(topic.errorCode), topic.topicId === zeroUuid]),
    [
      ['TOPIC_AUTHORIZATION_FAILED', true],
      ['TOPIC_AUTHORIZATION_FAILED', true],
      ['NONE', false],
    ],
  );
  const described = await raw.call(ApiKey.DescribeTopicPartitions, 0, { topics, responsePartitionLimit: 10 });
  assert.deepEqual(
    described.topics.map((topic) => [topic.name, name(topic.errorCode)]),
    [
      ['seen', 'NONE'],
      ['hidden', 'TOPIC_AUTHORIZATION_FAILED'],
      ['not-there', 'TOPIC_AUTHORIZATION_FAILED'],
    ],
  );
});

test('records are for whom may read, and from whom may write', async (t) => {
  const raw = await (await brokerWith(t, topicRules)).client();
  const answers: unknown[] = [];
  for (const topic of ['seen', 'read', 'written']) {
    const produced = await produce(raw, topic, batch(['x']));
    const fetched = await raw.call(ApiKey.Fetch, 12, fetchBody(topic, 0));
    const partition = fetched.responses[0]!.partitions[0]!;
    answers.push([topic, name(produced.errorCode), name(partition.errorCode), partition.records?.length ?? 0]);
  }
  const denied = 'TOPIC_AUTHORIZATION_FAILED';
  const oneRecord = batch(['a']).length;
  assert.deepEqual(answers, [
    ['seen', denied, denied, 0],
    ['read', denied, 'NONE', oneRecord],
    ['written', 'NONE', denied, 0],
  ]);
  await produce(raw, 'read', batch(['x']), { acks: 0 }).catch(() => {});
  assert.equal(raw.isClosed, true, 'without an answer, closing is all that tells the client');
});

test('a topic is made by asking for it for whom may create it', async (t) => {
  const rules = ['mine', 'theirs'].map((resourceName) => ({
    resourceType: ResourceType.TOPIC,
    resourceName,
    operation: AclOperation.DESCRIBE as number,
  }));
  rules.push({ resourceType: ResourceType.TOPIC, resourceName: 'mine', operation: AclOperation.CREATE });
  const raw = await (await brokerWith(t, rules)).client();
  const topics = [{ name: 'mine' }, { name: 'theirs' }];
  const answer = await raw.call(ApiKey.Metadata, 9, { topics, allowAutoTopicCreation: true });
  assert.deepEqual(
    answer.topics.map((topic) => [topic.name, name(topic.errorCode)]),
    [
      ['mine', 'NONE'],
      ['theirs', 'TOPIC_AUTHORIZATION_FAILED'],
    ],
  );
});

test('groups are for whom may use them, and committed offsets for whom may read the topic', async (t) => {
  const rules = [
    ...topicRules,
    { resourceType: ResourceType.GROUP, resourceName: 'mine', operation: AclOperation.READ },
  ];
  const raw = await (await brokerWith(t, rules)).client();
  const commit = async (groupId: string) => {
    const topics = ['read', 'seen', 'not-there'].map((topic) => ({
      name: topic,
      partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
    }));
    const answer = await raw.call(ApiKey.OffsetCommit, 8, { groupId, memberId: '', topics });
    return answer.topics.map(({ partitions }) => name(partitions[0]!.errorCode));
  };
  assert.deepEqual(await commit('theirs'), Array(3).fill('GROUP_AUTHORIZATION_FAILED'));
  const denied = 'TOPIC_AUTHORIZATION_FAILED';
  assert.deepEqual(await commit('mine'), ['NONE', denied, denied]);
  const fetched = await raw.call(ApiKey.OffsetFetch, 8, {
    groups: [
      { groupId: 'mine', topics: null },
      { groupId: 'mine', topics: [{ name: 'hidden', partitionIndexes: [0] }] },
      { groupId: 'theirs', topics: null },
    ],
  });
  assert.deepEqual(
    fetched.groups.map(({ errorCode, topics }) => [
      name(errorCode),
      topics.map((topic) => [topic.name, name(topic.partitions[0]!.errorCode)]),
    ]),
    [
      ['NONE', [['read', 'NONE']]],
      ['NONE', [['hidden', denied]]],
      ['GROUP_AUTHORIZATION_FAILED', []],
    ],
  );
  const listed = await raw.call(ApiKey.ListGroups, 5, {});
  assert.deepEqual(
    listed.groups.map(({ groupId }) => groupId),
    ['mine'],
  );
  const heartbeat = await raw.call(ApiKey.Heartbeat, 4, { groupId: 'theirs', memberId: 'm', generationId: 1 });
  assert.equal(heartbeat.errorCode, ErrorCode.GROUP_AUTHORIZATION_FAILED);
});

test('a transactional.id is for whom may write to it, and what is not theirs does not become part of a transaction', async (t) => {
  const rules = [
    ...topicRules,
    { resourceType: ResourceType.TRANSACTIONAL_ID, resourceName: 'mine', operation: AclOperation.WRITE },
    { resourceType: ResourceType.GROUP, resourceName: 'readers', operation: AclOperation.READ },
  ];
  const raw = await (await brokerWith(t, rules)).client();
  const refused = 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
  const find = { keyType: 1, coordinatorKeys: ['mine', 'theirs'] };
  const { coordinators } = await raw.call(ApiKey.FindCoordinator, 6, find);
  assert.deepEqual(
    coordinators.map(({ errorCode }) => name(errorCode)),
    ['NONE', refused],
  );
  const init = (transactionalId: string) =>
    raw.call(ApiKey.InitProducerId, 5, { transactionalId, transactionTimeoutMs: 60_000 });
  assert.equal(name((await init('theirs')).errorCode), refused);
  const { errorCode, producerEpoch, producerId } = await init('mine');
  assert.equal(errorCode, 0);
  const producer = { producerId, producerEpoch };

  const { resultsByTopicV3AndBelow } = await raw.call(ApiKey.AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: 'mine',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: ['written', 'read', 'hidden'].map((topic) => ({ name: topic, partitions: [0] })),
  });
  assert.deepEqual(
    resultsByTopicV3AndBelow.map(({ resultsByPartition }) => name(resultsByPartition[0]!.partitionErrorCode)),
    ['OPERATION_NOT_ATTEMPTED', 'TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED'],
  );
  const verify = { transactions: [{ transactionalId: 'mine', ...producer, topics: [] }] };
  const batched = await raw.call(ApiKey.AddPartitionsToTxn, 5, verify);
  assert.equal(name(batched.errorCode), 'CLUSTER_AUTHORIZATION_FAILED');

  const addOffsets = async (transactionalId: string, groupId: string) =>
    name((await raw.call(ApiKey.AddOffsetsToTxn, 4, { transactionalId, groupId, ...producer })).errorCode);
  assert.equal(await addOffsets('theirs', 'readers'), refused);
  assert.equal(await addOffsets('mine', 'others'), 'GROUP_AUTHORIZATION_FAILED');
  assert.equal(await addOffsets('mine', 'readers'), 'NONE');

  const commit = async (transactionalId: string, groupId: string) => {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
    const topics = ['read', 'written'].map((topic) => ({ name: topic, partitions }));
    const answer = await raw.call(ApiKey.TxnOffsetCommit, 5, { transactionalId, groupId, ...producer, topics });
    return answer.topics.map((topic) => name(topic.partitions[0]!.errorCode));
  };
  assert.deepEqual(await commit('theirs', 'readers'), [refused, refused]);
  assert.deepEqual(await commit('mine', 'others'), ['GROUP_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED']);
  assert.deepEqual(await commit('mine', 'readers'), ['NONE', 'TOPIC_AUTHORIZATION_FAILED']);

  const send = async (transactionalId: string) => {
    const records = batch(['x'], { ...producer, baseSequence: 0, isTransactional: true });
    const topicData = [{ name: 'written', partitionData: [{ index: 0, records }] }];
    const answer = await raw.call(ApiKey.Produce, 12, { transactionalId, acks: -1, timeoutMs: 1_000, topicData });
    return name(answer.responses[0]!.partitionResponses[0]!.errorCode);
  };
  assert.equal(await send('theirs'), refused);
  assert.equal(await send('mine'), 'NONE');

  const transactionalIds = ['mine', 'theirs'];
  const described = await raw.call(ApiKey.DescribeTransactions, 0, { transactionalIds });
  assert.deepEqual(
    described.transactionStates.map((state) => [name(state.errorCode), state.topics.map(({ topic }) => topic)]),
    [
      ['NONE', ['written']],
      [refused, []],
    ],
  );
  const topics = [{ name: 'written', partitionIndexes: [0] }];
  const producers = await raw.call(ApiKey.DescribeProducers, 0, { topics });
  assert.equal(name(producers.topics[0]!.partitions[0]!.errorCode), 'TOPIC_AUTHORIZATION_FAILED');
  const markers = [{ ...producer, transactionResult: false, topics, coordinatorEpoch: 0 }];
  const written = await raw.call(ApiKey.WriteTxnMarkers, 1, { markers });
  assert.equal(name(written.markers[0]!.topics[0]!.partitions[0]!.errorCode), 'CLUSTER_AUTHORIZATION_FAILED');

  const end = async (transactionalId: string) =>
    name((await raw.call(ApiKey.EndTxn, 5, { transactionalId, ...producer, committed: true })).errorCode);
  assert.equal(await end('theirs'), refused);
  assert.equal(await end('mine'), 'NONE');
  const listed = await raw.call(ApiKey.ListTransactions, 2, { stateFilters: [], producerIdFilters: [] });
  assert.deepEqual(
    listed.transactionStates.map(({ transactionalId }) => transactionalId),
    ['mine'],
  );
});
