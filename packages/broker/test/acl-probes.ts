import { ApiKey, encodeBatch, type RequestInputOf } from '@headwater/protocol';
import { batch } from './fixtures.ts';

/** Names and ids of one user of the matrix. */
export interface Own {
  user: string;
  /** Begins all its names. */
  prefix: string;
  topicId: string;
  /** Of the second topic, which is for deletion. */
  otherTopicId: string;
}

export interface Probe {
  name: string;
  apiKey: ApiKey;
  version: number;
  body: (own: Own) => unknown;
  /** Instead of the errors in the answer. */
  summary?: (answer: unknown, own: Own) => string[];
}

function probe<K extends ApiKey>(
  name: string,
  apiKey: K,
  version: number,
  body: (own: Own & { topic: string; group: string; transaction: string }) => RequestInputOf[K],
  summary?: Probe['summary'],
): Probe {
  return {
    name,
    apiKey,
    version,
    body: (own) => body({ ...own, topic: `${own.prefix}t`, group: `${own.prefix}g`, transaction: `${own.prefix}x` }),
    ...(summary === undefined ? {} : { summary }),
  };
}

/** How many of a user's own names are in a list that says what there is. */
const visible =
  (list: string, name: string): Probe['summary'] =>
  (answer, { prefix }) => {
    const items = (answer as Record<string, Record<string, string>[]>)[list]!;
    return [`${items.filter((item) => item[name]?.startsWith(prefix)).length} visible`];
  };

const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }];
const commit = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
const produced = () => [{ index: 0, records: batch(['x']) }];
const inTransaction = () => [
  {
    index: 0,
    records: encodeBatch({
      records: [{ value: 'x' }],
      timestamp: Date.now(),
      isTransactional: true,
      producerId: 9_000_000,
      producerEpoch: 0,
      baseSequence: 0,
    }),
  },
];
const anyAcl = {
  resourceTypeFilter: 2,
  resourceNameFilter: 'nobody has this one',
  patternTypeFilter: 3,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
/** Whether the topic is there already, or only soon, is not the question. */
const mayCreate: Probe['summary'] = (answer) => {
  const { errorCode } = (answer as { topics: { errorCode: number }[] }).topics[0]!;
  return [errorCode === 0 || errorCode === 3 || errorCode === 5 ? 'made' : `error ${errorCode}`];
};
const settings = (resourceType: number, resourceName: string, name: string, value: string) => ({
  resources: [{ resourceType, resourceName, configs: [{ name, configOperation: 0, value }] }],
  validateOnly: true,
});
const described = (resourceType: number, resourceName: string) => ({
  resources: [{ resourceType, resourceName, configurationKeys: ['none'] }],
});
const topicType = 2;
const brokerType = 4;
const loggerType = 8;
const clientMetricsType = 16;
const groupType = 32;

/** One request each, in an order in which none is in the way of a later one. */
export const probes: readonly Probe[] = [
  probe('Metadata', ApiKey.Metadata, 9, ({ topic, prefix }) => ({
    topics: [{ name: topic }, { name: `${prefix}none` }],
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: true,
    includeClusterAuthorizedOperations: true,
  })),
  probe('Metadata by id', ApiKey.Metadata, 12, ({ topicId }) => ({
    topics: [{ topicId, name: null }],
    includeTopicAuthorizedOperations: true,
  })),
  probe('Metadata of all', ApiKey.Metadata, 9, () => ({ topics: null }), visible('topics', 'name')),
  probe(
    'Metadata that makes',
    ApiKey.Metadata,
    9,
    ({ prefix }) => ({ topics: [{ name: `${prefix}auto` }], allowAutoTopicCreation: true }),
    mayCreate,
  ),
  probe('DescribeTopicPartitions', ApiKey.DescribeTopicPartitions, 0, ({ topic, prefix }) => ({
    topics: [{ name: topic }, { name: `${prefix}none` }],
  })),
  probe('Produce', ApiKey.Produce, 12, ({ topic }) => ({
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: topic, partitionData: produced() }],
  })),
  probe('Produce by id', ApiKey.Produce, 13, ({ topicId }) => ({
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ topicId, partitionData: produced() }],
  })),
  probe('Produce in a transaction', ApiKey.Produce, 11, ({ topic, transaction }) => ({
    transactionalId: transaction,
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: topic, partitionData: inTransaction() }],
  })),
  probe('Fetch', ApiKey.Fetch, 12, ({ topic }) => ({
    maxWaitMs: 0,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [{ topic, partitions }],
  })),
  probe('Fetch by id', ApiKey.Fetch, 13, ({ topicId }) => ({
    maxWaitMs: 0,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [{ topicId, partitions }],
  })),
  probe('ListOffsets', ApiKey.ListOffsets, 8, ({ topic }) => ({
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })),
  probe('OffsetForLeaderEpoch', ApiKey.OffsetForLeaderEpoch, 4, ({ topic }) => ({
    replicaId: -1,
    topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  })),
  probe('DescribeProducers', ApiKey.DescribeProducers, 0, ({ topic }) => ({
    topics: [{ name: topic, partitionIndexes: [0] }],
  })),
  probe('FindCoordinator of a group', ApiKey.FindCoordinator, 4, ({ group }) => ({
    keyType: 0,
    coordinatorKeys: [group],
  })),
  probe('FindCoordinator of a group, version 3', ApiKey.FindCoordinator, 3, ({ group }) => ({
    keyType: 0,
    key: group,
  })),
  probe('FindCoordinator of a transaction', ApiKey.FindCoordinator, 4, ({ transaction }) => ({
    keyType: 1,
    coordinatorKeys: [transaction],
  })),
  probe('OffsetCommit', ApiKey.OffsetCommit, 9, ({ group, topic, prefix }) => ({
    groupId: group,
    memberId: '',
    topics: [topic, `${prefix}none`].map((name) => ({ name, partitions: commit })),
  })),
  probe('OffsetCommit by id', ApiKey.OffsetCommit, 10, ({ group, topicId }) => ({
    groupId: group,
    memberId: '',
    topics: [{ topicId, partitions: commit }],
  })),
  ...[1, 7].map((version) =>
    probe(`OffsetFetch, version ${version}`, ApiKey.OffsetFetch, version, ({ group, topic }) => ({
      groupId: group,
      topics: [{ name: topic, partitionIndexes: [0] }],
    })),
  ),
  probe('OffsetFetch', ApiKey.OffsetFetch, 9, ({ group, topic }) => ({
    groups: [
      { groupId: group, topics: [{ name: topic, partitionIndexes: [0] }] },
      { groupId: group, topics: null },
    ],
  })),
  probe('OffsetFetch by id', ApiKey.OffsetFetch, 10, ({ group, topicId }) => ({
    groups: [{ groupId: group, topics: [{ topicId, partitionIndexes: [0] }] }],
  })),
  probe('OffsetDelete', ApiKey.OffsetDelete, 0, ({ group, topic }) => ({
    groupId: group,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
  })),
  probe('ConsumerGroupHeartbeat', ApiKey.ConsumerGroupHeartbeat, 1, ({ prefix, topic }) => ({
    groupId: `${prefix}c`,
    memberId: 'a-member',
    memberEpoch: 0,
    rebalanceTimeoutMs: 5_000,
    subscribedTopicNames: [topic],
    topicPartitions: [],
  })),
  probe('ConsumerGroupDescribe', ApiKey.ConsumerGroupDescribe, 1, ({ group }) => ({
    groupIds: [group],
    includeAuthorizedOperations: true,
  })),
  probe('ConsumerGroupDescribe of another', ApiKey.ConsumerGroupDescribe, 1, ({ prefix }) => ({
    groupIds: [`${prefix}d`],
    includeAuthorizedOperations: true,
  })),
  probe('DescribeGroups', ApiKey.DescribeGroups, 6, ({ group, prefix }) => ({
    groups: [group, `${prefix}none`],
    includeAuthorizedOperations: true,
  })),
  probe('DescribeGroups, version 5', ApiKey.DescribeGroups, 5, ({ group, prefix }) => ({
    groups: [group, `${prefix}none`],
    includeAuthorizedOperations: true,
  })),
  probe('ListGroups', ApiKey.ListGroups, 5, () => ({ typesFilter: ['classic'] }), visible('groups', 'groupId')),
  probe('JoinGroup', ApiKey.JoinGroup, 5, ({ prefix }) => ({
    groupId: `${prefix}j`,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(6) }],
  })),
  probe('SyncGroup', ApiKey.SyncGroup, 5, ({ prefix }) => ({
    groupId: `${prefix}s`,
    generationId: 1,
    memberId: 'm',
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [],
  })),
  probe('Heartbeat', ApiKey.Heartbeat, 4, ({ prefix }) => ({ groupId: `${prefix}s`, generationId: 1, memberId: 'm' })),
  probe('LeaveGroup', ApiKey.LeaveGroup, 5, ({ prefix }) => ({ groupId: `${prefix}s`, members: [{ memberId: 'm' }] })),
  probe('LeaveGroup, version 2', ApiKey.LeaveGroup, 2, ({ prefix }) => ({ groupId: `${prefix}s`, memberId: 'm' })),
  probe('InitProducerId', ApiKey.InitProducerId, 4, () => ({ transactionalId: null, transactionTimeoutMs: 1_000 })),
  probe('AddPartitionsToTxn', ApiKey.AddPartitionsToTxn, 3, ({ transaction, topic, prefix }) => ({
    v3AndBelowTransactionalId: transaction,
    v3AndBelowProducerId: 9_000_000,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [topic, `${prefix}none`].map((name) => ({ name, partitions: [0] })),
  })),
  probe('AddPartitionsToTxn of brokers', ApiKey.AddPartitionsToTxn, 5, ({ transaction, topic }) => ({
    transactions: [
      {
        transactionalId: transaction,
        producerId: 9_000_000,
        producerEpoch: 0,
        verifyOnly: true,
        topics: [{ name: topic, partitions: [0] }],
      },
    ],
  })),
  probe('AddOffsetsToTxn', ApiKey.AddOffsetsToTxn, 4, ({ transaction, group }) => ({
    transactionalId: transaction,
    producerId: 9_000_000,
    producerEpoch: 0,
    groupId: group,
  })),
  probe('TxnOffsetCommit', ApiKey.TxnOffsetCommit, 3, ({ transaction, group, topic, prefix }) => ({
    transactionalId: transaction,
    groupId: group,
    producerId: 9_000_000,
    producerEpoch: 0,
    topics: [topic, `${prefix}none`].map((name) => ({ name, partitions: commit })),
  })),
  probe('EndTxn', ApiKey.EndTxn, 4, ({ transaction }) => ({
    transactionalId: transaction,
    producerId: 9_000_000,
    producerEpoch: 0,
    committed: true,
  })),
  probe('InitProducerId of a transaction', ApiKey.InitProducerId, 5, ({ transaction }) => ({
    transactionalId: transaction,
    transactionTimeoutMs: 1_000,
  })),
  probe('DescribeTransactions', ApiKey.DescribeTransactions, 0, ({ transaction }) => ({
    transactionalIds: [transaction],
  })),
  probe(
    'ListTransactions',
    ApiKey.ListTransactions,
    1,
    () => ({ stateFilters: [], producerIdFilters: [] }),
    visible('transactionStates', 'transactionalId'),
  ),
  probe('WriteTxnMarkers', ApiKey.WriteTxnMarkers, 1, ({ topic }) => ({
    markers: [
      {
        producerId: 9_000_001,
        producerEpoch: 0,
        transactionResult: false,
        topics: [{ name: `${topic}-none`, partitionIndexes: [0] }],
        coordinatorEpoch: 0,
      },
    ],
  })),
  probe('DescribeConfigs of a topic', ApiKey.DescribeConfigs, 4, ({ topic }) => described(topicType, topic)),
  probe('DescribeConfigs of the broker', ApiKey.DescribeConfigs, 4, () => described(brokerType, '1')),
  probe('DescribeConfigs of the loggers', ApiKey.DescribeConfigs, 4, () => described(loggerType, '1')),
  probe('DescribeConfigs of client metrics', ApiKey.DescribeConfigs, 4, ({ prefix }) =>
    described(clientMetricsType, prefix),
  ),
  probe('DescribeConfigs of a group', ApiKey.DescribeConfigs, 4, ({ group }) => described(groupType, group)),
  probe('IncrementalAlterConfigs of a topic', ApiKey.IncrementalAlterConfigs, 1, ({ topic }) =>
    settings(topicType, topic, 'retention.ms', '1'),
  ),
  probe('IncrementalAlterConfigs of the broker', ApiKey.IncrementalAlterConfigs, 1, () =>
    settings(brokerType, '1', 'log.retention.ms', '1'),
  ),
  probe('IncrementalAlterConfigs of a group', ApiKey.IncrementalAlterConfigs, 1, ({ group }) =>
    settings(groupType, group, 'consumer.session.timeout.ms', '50000'),
  ),
  probe('IncrementalAlterConfigs of a logger', ApiKey.IncrementalAlterConfigs, 1, () =>
    settings(loggerType, '1', 'root', 'INFO'),
  ),
  probe('AlterConfigs of a topic', ApiKey.AlterConfigs, 2, ({ topic }) => ({
    resources: [{ resourceType: topicType, resourceName: topic, configs: [{ name: 'retention.ms', value: '1' }] }],
    validateOnly: true,
  })),
  probe('ListConfigResources', ApiKey.ListConfigResources, 1, () => ({ resourceTypes: [clientMetricsType] })),
  probe('AlterReplicaLogDirs', ApiKey.AlterReplicaLogDirs, 2, ({ topic }) => ({
    dirs: [{ path: '/not/there', topics: [{ name: topic, partitions: [0] }] }],
  })),
  probe('DescribeLogDirs', ApiKey.DescribeLogDirs, 4, ({ topic }) => ({ topics: [{ topic, partitions: [0] }] })),
  probe('ElectLeaders', ApiKey.ElectLeaders, 2, ({ topic }) => ({
    electionType: 0,
    topicPartitions: [{ topic, partitions: [0] }],
    timeoutMs: 1_000,
  })),
  probe('AlterPartitionReassignments', ApiKey.AlterPartitionReassignments, 0, ({ topic }) => ({
    timeoutMs: 1_000,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, replicas: null }] }],
  })),
  probe('DescribeQuorum', ApiKey.DescribeQuorum, 2, () => ({
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  })),
  probe('UpdateFeatures', ApiKey.UpdateFeatures, 1, () => ({
    timeoutMs: 1_000,
    featureUpdates: [{ feature: 'no.such.feature', maxVersionLevel: 1, upgradeType: 1 }],
    validateOnly: true,
  })),
  probe('UnregisterBroker', ApiKey.UnregisterBroker, 0, () => ({ brokerId: 99 })),
  probe('DescribeCluster', ApiKey.DescribeCluster, 1, () => ({ includeClusterAuthorizedOperations: true })),
  probe('ListPartitionReassignments', ApiKey.ListPartitionReassignments, 0, () => ({ topics: null })),
  probe('DescribeAcls', ApiKey.DescribeAcls, 3, () => anyAcl),
  probe('CreateAcls', ApiKey.CreateAcls, 3, ({ prefix }) => ({
    creations: [
      {
        resourceType: 2,
        resourceName: `${prefix}acl`,
        principal: `User:${prefix}`,
        host: '*',
        operation: 3,
        permissionType: 3,
      },
    ],
  })),
  probe('DeleteAcls', ApiKey.DeleteAcls, 3, ({ prefix }) => ({
    filters: [{ ...anyAcl, resourceNameFilter: `${prefix}none` }],
  })),
  probe('DescribeClientQuotas', ApiKey.DescribeClientQuotas, 1, ({ prefix }) => ({
    components: [{ entityType: 'user', matchType: 0, match: prefix }],
    strict: true,
  })),
  probe('AlterClientQuotas', ApiKey.AlterClientQuotas, 1, ({ prefix }) => ({
    entries: [
      {
        entity: [{ entityType: 'user', entityName: prefix }],
        ops: [{ key: 'producer_byte_rate', value: 1, remove: true }],
      },
    ],
    validateOnly: true,
  })),
  probe('DescribeUserScramCredentials', ApiKey.DescribeUserScramCredentials, 0, ({ prefix }) => ({
    users: [{ name: prefix }],
  })),
  probe('AlterUserScramCredentials', ApiKey.AlterUserScramCredentials, 0, ({ prefix }) => ({
    deletions: [{ name: prefix, mechanism: 1 }],
    upsertions: [],
  })),
  probe('CreateTopics', ApiKey.CreateTopics, 7, ({ prefix }) => ({
    topics: [{ name: `${prefix}new`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  })),
  probe('CreatePartitions', ApiKey.CreatePartitions, 3, ({ topic }) => ({
    topics: [{ name: topic, count: 9, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: true,
  })),
  probe('DeleteRecords', ApiKey.DeleteRecords, 2, ({ topic }) => ({
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs: 1_000,
  })),
  probe('DeleteGroups', ApiKey.DeleteGroups, 2, ({ group, prefix }) => ({ groupsNames: [group, `${prefix}none`] })),
  probe('DeleteTopics', ApiKey.DeleteTopics, 5, ({ topic, prefix }) => ({
    topicNames: [topic, `${prefix}none`],
    timeoutMs: 1_000,
  })),
  probe('DeleteTopics by id', ApiKey.DeleteTopics, 6, ({ otherTopicId }) => ({
    topics: [{ name: null, topicId: otherTopicId }],
    timeoutMs: 1_000,
  })),
];
