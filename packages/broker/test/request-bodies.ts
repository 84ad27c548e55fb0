import { ApiKey, type RequestInputOf, zeroUuid } from '@headwater/protocol';
import { batch } from './fixtures.ts';

export interface Known {
  topic: string;
  topicId: string;
}

type Bodies = { [K in ApiKey]?: (version: number, known: Known) => RequestInputOf[K] };

const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

/** A request that is answered without an error, in every version. */
export const bodies: Bodies = {
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
  [ApiKey.SyncGroup]: (version) => ({
    groupId: 'nobody',
    generationId: 1,
    memberId: 'm',
    assignments: [],
    ...(version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}),
  }),
  [ApiKey.DescribeGroups]: (version) => ({ groups: ['nobody'], includeAuthorizedOperations: version >= 3 }),
  [ApiKey.ListGroups]: () => ({}),
  // Out of place where there is no SASL.
  [ApiKey.SaslHandshake]: () => ({ mechanism: 'PLAIN' }),
  [ApiKey.SaslAuthenticate]: () => ({ authBytes: Buffer.alloc(0) }),
  [ApiKey.DescribeUserScramCredentials]: () => ({ users: null }),
  [ApiKey.AlterUserScramCredentials]: () => ({ deletions: [], upsertions: [] }),
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
  [ApiKey.AddPartitionsToTxn]: (version, { topic }) => {
    const topics = [{ name: topic, partitions: [0] }];
    const producer = { producerId: 0, producerEpoch: 0 };
    if (version >= 4) return { transactions: [{ transactionalId: 'nobody', ...producer, topics }] };
    const { producerEpoch, producerId } = producer;
    return {
      v3AndBelowTransactionalId: 'nobody',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: topics,
    };
  },
  [ApiKey.AddOffsetsToTxn]: () => ({ transactionalId: 'nobody', producerId: 0, producerEpoch: 0, groupId: 'admin' }),
  [ApiKey.EndTxn]: () => ({ transactionalId: 'nobody', producerId: 0, producerEpoch: 0, committed: true }),
  [ApiKey.WriteTxnMarkers]: (_version, { topic }) => ({
    markers: [
      {
        producerId: 1_000_000,
        producerEpoch: 0,
        transactionResult: false,
        topics: [{ name: topic, partitionIndexes: [0] }],
        coordinatorEpoch: 0,
      },
    ],
  }),
  [ApiKey.TxnOffsetCommit]: (_version, { topic }) => ({
    transactionalId: 'nobody',
    groupId: 'admin',
    producerId: 0,
    producerEpoch: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
  }),
  [ApiKey.OffsetForLeaderEpoch]: (_version, { topic }) => ({
    topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  }),
  [ApiKey.DescribeAcls]: () => ({ ...anyAcl }),
  [ApiKey.CreateAcls]: (version, { topic }) => ({
    creations: [
      {
        resourceType: 2,
        resourceName: `${topic}-${version}`,
        principal: 'User:a',
        host: '*',
        operation: 3,
        permissionType: 3,
      },
    ],
  }),
  [ApiKey.DeleteAcls]: () => ({ filters: [anyAcl] }),
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
  [ApiKey.DescribeClientQuotas]: () => ({ components: [], strict: false }),
  [ApiKey.AlterClientQuotas]: () => ({
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'nobody' }],
        ops: [{ key: 'producer_byte_rate', value: 1_000, remove: false }],
      },
    ],
    validateOnly: false,
  }),
  [ApiKey.DescribeCluster]: (version) => ({
    includeClusterAuthorizedOperations: true,
    ...(version >= 2 ? { includeFencedBrokers: true } : {}),
  }),
  [ApiKey.ListConfigResources]: (version) => (version >= 1 ? { resourceTypes: [2, 4] } : {}),
  [ApiKey.DescribeProducers]: (_version, { topic }) => ({ topics: [{ name: topic, partitionIndexes: [0] }] }),
  [ApiKey.DescribeTransactions]: () => ({ transactionalIds: ['nobody'] }),
  [ApiKey.ListTransactions]: (version) => ({
    stateFilters: [],
    producerIdFilters: [],
    ...(version >= 2 ? { transactionalIdPattern: '.*' } : {}),
  }),
  [ApiKey.ConsumerGroupHeartbeat]: (version, { topic }) => ({
    groupId: `consumer-${version}`,
    memberId: version >= 1 ? 'm' : '',
    memberEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames: [topic],
    topicPartitions: [],
  }),
  [ApiKey.ConsumerGroupDescribe]: () => ({ groupIds: ['consumer-0'], includeAuthorizedOperations: true }),
  [ApiKey.AlterReplicaLogDirs]: (_version, { topic }) => ({
    dirs: [{ path: '/kafka', topics: [{ name: topic, partitions: [0] }] }],
  }),
  [ApiKey.DescribeLogDirs]: () => ({ topics: null }),
  [ApiKey.CreateDelegationToken]: () => ({ renewers: [], maxLifetimeMs: -1 }),
  [ApiKey.RenewDelegationToken]: () => ({ hmac: Buffer.from('none'), renewPeriodMs: -1 }),
  [ApiKey.ExpireDelegationToken]: () => ({ hmac: Buffer.from('none'), expiryTimePeriodMs: -1 }),
  [ApiKey.DescribeDelegationToken]: () => ({ owners: null }),
  [ApiKey.ElectLeaders]: (version, { topic }) => ({
    ...(version >= 1 ? { electionType: 0 } : {}),
    topicPartitions: [{ topic, partitions: [0] }],
    timeoutMs: 1_000,
  }),
  [ApiKey.AlterPartitionReassignments]: (_version, { topic }) => ({
    timeoutMs: 1_000,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
  }),
  [ApiKey.DescribeQuorum]: () => ({
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }),
  [ApiKey.UpdateFeatures]: (version) => ({
    timeoutMs: 1_000,
    featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: 30, ...(version >= 1 ? { upgradeType: 1 } : {}) }],
    ...(version >= 1 ? { validateOnly: true } : {}),
  }),
  [ApiKey.UnregisterBroker]: () => ({ brokerId: 9 }),
  [ApiKey.DescribeTopicPartitions]: (_version, { topic }) => ({ topics: [{ name: topic }] }),
};
