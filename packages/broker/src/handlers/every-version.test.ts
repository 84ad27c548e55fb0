import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, apis, type RequestInputOf, zeroUuid } from '@headwater/protocol';
import { batch, createTopic, produce, testBroker } from '../../test/fixtures.ts';
import type { RawClient } from '../../test/raw-client.ts';
import { handlers } from './index.ts';

interface Known {
  topic: string;
  topicId: string;
}

type Bodies = { [K in ApiKey]?: (version: number, known: Known) => RequestInputOf[K] };

/** A request that is answered without an error, in every version. */
const bodies: Bodies = {
  [ApiKey.Produce]: (version, { topic, topicId }) => ({
    acks: -1,
    timeoutMs: 100,
    topicData: [
      { ...(version >= 13 ? { topicId } : { name: topic }), partitionData: [{ index: 0, records: batch(['x']) }] },
    ],
  }),
  [ApiKey.Fetch]: (version, { topic, topicId }) => ({
    maxWaitMs: 0,
    minBytes: 1,
    topics: [
      {
        ...(version >= 13 ? { topicId } : { topic }),
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
      },
    ],
  }),
  [ApiKey.ListOffsets]: (_version, { topic }) => ({
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  }),
  [ApiKey.Metadata]: (version, { topic }) => ({
    topics: [{ name: topic }],
    includeTopicAuthorizedOperations: version >= 8,
    includeClusterAuthorizedOperations: version >= 8 && version <= 10,
  }),
  [ApiKey.OffsetCommit]: (version, { topic, topicId }) => ({
    groupId: 'admin',
    memberId: '',
    topics: [
      {
        ...(version >= 10 ? { topicId } : { name: topic }),
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'm' }],
      },
    ],
  }),
  [ApiKey.OffsetFetch]: (version, { topic, topicId }) =>
    version >= 8
      ? {
          groups: [
            {
              groupId: 'admin',
              topics: [{ ...(version >= 10 ? { topicId } : { name: topic }), partitionIndexes: [0] }],
            },
          ],
        }
      : { groupId: 'admin', topics: [{ name: topic, partitionIndexes: [0] }] },
  [ApiKey.FindCoordinator]: (version) =>
    version >= 4 ? { keyType: 0, coordinatorKeys: ['g'] } : version >= 1 ? { key: 'g', keyType: 0 } : { key: 'g' },
  [ApiKey.JoinGroup]: (version) => ({
    groupId: `join-${version}`,
    sessionTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(6) }],
  }),
  [ApiKey.Heartbeat]: () => ({ groupId: 'nobody', generationId: 1, memberId: 'm' }),
  [ApiKey.LeaveGroup]: (version) =>
    version >= 3 ? { groupId: 'nobody', members: [{ memberId: 'm' }] } : { groupId: 'nobody', memberId: 'm' },
  [ApiKey.SyncGroup]: () => ({ groupId: 'nobody', generationId: 1, memberId: 'm', assignments: [] }),
  [ApiKey.DescribeGroups]: (version) => ({ groups: ['nobody'], includeAuthorizedOperations: version >= 3 }),
  [ApiKey.ListGroups]: () => ({}),
  [ApiKey.ApiVersions]: (version) => (version >= 3 ? { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' } : {}),
  [ApiKey.CreateTopics]: (version) => ({
    topics: [{ name: `made-${version}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  }),
  [ApiKey.DeleteTopics]: (version) =>
    version >= 6
      ? { topics: [{ name: `made-${version + 1}`, topicId: zeroUuid }], timeoutMs: 1_000 }
      : { topicNames: [`made-${version + 1}`], timeoutMs: 1_000 },
  [ApiKey.DeleteRecords]: (_version, { topic }) => ({
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs: 1_000,
  }),
  [ApiKey.InitProducerId]: () => ({ transactionalId: null, transactionTimeoutMs: 0 }),
  [ApiKey.OffsetForLeaderEpoch]: (_version, { topic }) => ({
    topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  }),
  [ApiKey.DescribeConfigs]: (_version, { topic }) => ({
    resources: [
      { resourceType: 2, resourceName: topic, configurationKeys: null },
      { resourceType: 4, resourceName: '1', configurationKeys: null },
    ],
    includeSynonyms: true,
  }),
  [ApiKey.AlterConfigs]: (_version, { topic }) => ({
    resources: [{ resourceType: 2, resourceName: topic, configs: [{ name: 'retention.ms', value: '1000000' }] }],
    validateOnly: false,
  }),
  [ApiKey.CreatePartitions]: (version, { topic }) => ({
    topics: [{ name: topic, count: 2 + version, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: false,
  }),
  [ApiKey.DeleteGroups]: () => ({ groupsNames: ['nobody'] }),
  [ApiKey.IncrementalAlterConfigs]: (_version, { topic }) => ({
    resources: [
      {
        resourceType: 2,
        resourceName: topic,
        configs: [{ name: 'cleanup.policy', configOperation: 2, value: 'compact' }],
      },
    ],
    validateOnly: false,
  }),
  [ApiKey.ListPartitionReassignments]: () => ({}),
  [ApiKey.OffsetDelete]: (_version, { topic }) => ({
    groupId: 'admin',
    topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
  }),
  [ApiKey.DescribeCluster]: (version) => ({
    includeClusterAuthorizedOperations: true,
    ...(version >= 2 ? { includeFencedBrokers: true } : {}),
  }),
  [ApiKey.DescribeTopicPartitions]: (_version, { topic }) => ({ topics: [{ name: topic }] }),
};

/** What only says that a group or member is not there: an answer of its own kind. */
const expectedErrors = new Set([25, 69, 79]);

test('every version that is advertised is answered in that version, and well', async (t) => {
  const { client } = await testBroker(t);
  const raw = await client();
  const topicId = await createTopic(raw, 'known');
  await produce(raw, 'known', batch(['first']));
  for (const { apiKey, minVersion, maxVersion } of handlers) {
    const body = bodies[apiKey];
    assert.ok(body, `${apis[apiKey].name} has no request in this test`);
    for (let version = minVersion; version <= maxVersion; version++) {
      const request = body(version, { topic: 'known', topicId });
      const answer = await call(raw, apiKey, version, request);
      const wrong = errorCodes(answer).filter((code) => code !== 0 && !expectedErrors.has(code));
      assert.deepEqual(wrong, [], `${apis[apiKey].name} v${version}: ${JSON.stringify(answer)}`);
    }
  }
});

async function call(raw: RawClient, apiKey: ApiKey, version: number, body: unknown): Promise<unknown> {
  try {
    return await raw.call(apiKey, version, body as never);
  } catch (error) {
    throw new Error(`${apis[apiKey].name} v${version}`, { cause: error });
  }
}

function errorCodes(value: unknown): number[] {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'errorCode' ? [inner as number] : errorCodes(inner),
  );
}

test('ApiVersions lists what is served, and nothing else', async (t) => {
  const { client } = await testBroker(t);
  const raw = await client();
  const { apiKeys } = await raw.call(ApiKey.ApiVersions, 4, { clientSoftwareName: 'a', clientSoftwareVersion: 'b' });
  assert.deepEqual(
    apiKeys.map(({ apiKey }) => apiKey).sort((a, b) => a - b),
    handlers.map(({ apiKey }) => apiKey).sort((a, b) => a - b),
  );
  for (const { apiKey, maxVersion } of apiKeys) {
    const api = apis[apiKey as ApiKey];
    assert.equal(maxVersion, api.maxVersion, `${api.name}: the newest version of the tables`);
  }
});
