import {
  ApiKey,
  ErrorCode,
  encodeBatch,
  errorInfo,
  type RequestInputOf,
  type ResponseOf,
  zeroUuid,
} from '@headwater/protocol';
import { aclApiSteps } from './acl-api-steps.ts';
import { batch } from './fixtures.ts';
import { adminCases } from './peer-admin-cases.ts';
import { compareWithKafka, type Steps } from './peer-compare.ts';
import { configCases } from './peer-config-cases.ts';
import { consumerGroupCases } from './peer-consumer-group-cases.ts';
import { fetchCases } from './peer-fetch-cases.ts';
import { quotaApiSteps } from './quota-api-steps.ts';
import type { RawClient } from './raw-client.ts';

const topicRequest = (name: string, more: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
});

const create = async (client: RawClient, name: string, more: object = {}) => {
  const { topics } = await client.call(ApiKey.CreateTopics, 7, { topics: [topicRequest(name, more)] });
  // Kafka's controller answers before its broker knows the topic.
  for (let isKnown = topics[0]!.errorCode !== 0; !isKnown; ) {
    const known = await client.call(ApiKey.Metadata, 9, { topics: [{ name }], allowAutoTopicCreation: false });
    isKnown = known.topics[0]!.errorCode === 0;
  }
  return topics[0]!;
};

async function produceCode(client: RawClient, topic: string, records: Buffer | null, acks = -1) {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const { responses } = await client.call(ApiKey.Produce, 9, { acks, timeoutMs: 5_000, topicData });
  const { errorCode, baseOffset, logStartOffset } = responses[0]!.partitionResponses[0]!;
  return { error: errorInfo(errorCode).name, baseOffset, logStartOffset };
}

const joinBody = (groupId: string, more: object = {}) => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 0, 255, 255, 255, 255]) }],
  ...more,
});

const commitBody = (groupId: string, topic: string, more: object = {}) => ({
  groupId,
  memberId: '',
  topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: '' }] }],
  ...more,
});

const code = (errorCode: number) => errorInfo(errorCode).name;

const cases: Record<string, Steps> = {
  async 'topics that cannot be made'(client, unique) {
    const tries: [string, object][] = [
      [`${unique}-rf`, { replicationFactor: 3 }],
      [`${unique}-zero`, { numPartitions: 0 }],
      [`${unique}-rf0`, { replicationFactor: 0 }],
      [`${unique} with spaces`, {}],
      ['..', {}],
      ['', {}],
      ['x'.repeat(250), {}],
      [`${unique}-config`, { configs: [{ name: 'no.such', value: '1' }] }],
      [`${unique}-value`, { configs: [{ name: 'retention.ms', value: 'soon' }] }],
      [`${unique}-policy`, { configs: [{ name: 'cleanup.policy', value: 'shred' }] }],
      [`${unique}-both`, { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }],
      [
        `${unique}-assign`,
        { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [9] }] },
      ],
      [`${unique}-default`, { numPartitions: -1, replicationFactor: -1 }],
      [`${unique}-default`, {}],
      [`${unique}.default`, {}],
      [`${unique}_default`, {}],
    ];
    const answers = [];
    for (const [name, more] of tries) {
      const { errorCode, numPartitions, replicationFactor } = await create(client, name, more);
      answers.push([code(errorCode), numPartitions, replicationFactor]);
    }
    return answers;
  },

  async 'a new topic has the same settings'(client, unique) {
    const { configs } = await create(client, unique, { configs: [{ name: 'retention.ms', value: '1000' }] });
    const settings = configs!.map(({ name, value, configSource, readOnly, isSensitive }) =>
      [name, value, configSource === 4 ? 5 : configSource, readOnly, isSensitive].join(' '),
    );
    // Kafka 4 keeps this one as a dynamic default of its cluster.
    return settings.filter((text) => !text.startsWith('min.insync.replicas')).sort();
  },

  async 'deleting what is not there'(client, unique) {
    const topics = [
      { name: unique, topicId: zeroUuid },
      { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
    ];
    const { responses } = await client.call(ApiKey.DeleteTopics, 6, { topics, timeoutMs: 5_000 });
    return responses.map(({ errorCode }) => code(errorCode)).sort();
  },

  async 'metadata of what is not there'(client, unique) {
    const named = await client.call(ApiKey.Metadata, 12, {
      topics: [{ name: unique }, { name: 'a b' }, { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: true,
    });
    return named.topics.map(({ errorCode, name, partitions }) => [code(errorCode), name === null, partitions.length]);
  },

  async 'what everybody may do'(client, unique) {
    await create(client, unique);
    const { topics } = await client.call(ApiKey.Metadata, 10, {
      topics: [{ name: unique }],
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    });
    const groups = await client.call(ApiKey.DescribeGroups, 5, { groups: [unique], includeAuthorizedOperations: true });
    const cluster = await client.call(ApiKey.DescribeCluster, 1, { includeClusterAuthorizedOperations: true });
    return {
      topic: topics[0]!.topicAuthorizedOperations,
      cluster: cluster.clusterAuthorizedOperations,
      group: groups.groups[0]!.authorizedOperations,
    };
  },

  async 'produce and its errors'(client, unique) {
    await create(client, unique);
    const broken = batch(['x']);
    broken[broken.length - 1]! ^= 0xff;
    const oldMagic = batch(['x']);
    oldMagic[16] = 1;
    const control = batch(['x'], { isControl: true });
    const idempotent = (baseSequence: number, producerEpoch = 0) =>
      encodeBatch({
        records: [{ value: 'i' }],
        timestamp: Date.now(),
        producerId: 77_000,
        producerEpoch,
        baseSequence,
      });
    const answers = [];
    for (const records of [
      batch(['a', 'b']),
      broken,
      Buffer.alloc(0),
      oldMagic,
      control,
      batch(['x'.repeat(1_100_000)]),
      batch(['later'], { timestamp: Date.now() + 7_200_000 }),
      idempotent(5),
      idempotent(0),
      idempotent(1),
      idempotent(1),
      idempotent(7),
      idempotent(0, 3),
      idempotent(2, 1),
      Buffer.concat([batch(['one']), batch(['two'])]),
      batch(['c']),
    ]) {
      answers.push(await produceCode(client, unique, records).catch((error: Error) => error.message));
      if (client.isClosed) return answers;
    }
    answers.push(await produceCode(client, `${unique}-none`, batch(['x'])));
    answers.push(await produceCode(client, unique, batch(['x']), 5));
    return answers;
  },

  async 'fetch and its errors'(client, unique) {
    await create(client, unique);
    await produceCode(client, unique, batch(['a', 'b', 'c']));
    const answers = [];
    for (const part of [
      {},
      { fetchOffset: 1 },
      { fetchOffset: 3 },
      { fetchOffset: 4 },
      { fetchOffset: -7 },
      { partition: 9 },
      { currentLeaderEpoch: 8 },
      { partitionMaxBytes: 1 },
    ]) {
      const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 100_000, ...part };
      const body = {
        maxWaitMs: 1,
        minBytes: 1,
        isolationLevel: 1,
        topics: [{ topic: unique, partitions: [partition] }],
      };
      const { responses, errorCode, sessionId } = await client.call(ApiKey.Fetch, 12, { ...body, sessionEpoch: -1 });
      const found = responses[0]!.partitions[0]!;
      answers.push([
        errorCode,
        sessionId,
        code(found.errorCode),
        found.highWatermark,
        found.lastStableOffset,
        found.logStartOffset,
        found.abortedTransactions,
        found.records?.length ?? null,
      ]);
    }
    const byId = {
      maxWaitMs: 1,
      minBytes: 1,
      topics: [
        { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }] },
      ],
    };
    const unknown = await client.call(ApiKey.Fetch, 13, byId);
    answers.push([code(unknown.errorCode), unknown.responses.map(({ partitions }) => code(partitions[0]!.errorCode))]);
    const session = await client.call(ApiKey.Fetch, 12, { ...byId, topics: [], sessionId: 5, sessionEpoch: 3 });
    answers.push(code(session.errorCode));
    return answers;
  },

  async 'list offsets'(client, unique) {
    await create(client, unique);
    const t0 = Date.now() - 10_000;
    for (const timestamp of [t0, t0 + 20, t0 + 10]) {
      await produceCode(client, unique, encodeBatch({ records: [{ value: 'x' }], timestamp }));
    }
    const answers = [];
    for (const [timestamp, version] of [
      [-1, 1],
      [-2, 1],
      [-1, 8],
      [-2, 8],
      [-3, 8],
      [-4, 8],
      [-5, 9],
      [-6, 11],
      [-9, 11],
      [-3, 5],
      [t0, 8],
      [t0 + 15, 8],
      [t0 + 10, 8],
      [t0 + 1_000, 8],
    ] as const) {
      const topics = [{ name: unique, partitions: [{ partitionIndex: 0, timestamp }] }];
      const answer = await client.call(ApiKey.ListOffsets, version, { replicaId: -1, isolationLevel: 0, topics });
      const found = answer.topics[0]!.partitions[0]!;
      const at = found.timestamp < 0 ? found.timestamp : found.timestamp - t0;
      answers.push([code(found.errorCode), found.offset, at, found.leaderEpoch]);
    }
    return answers;
  },

  async 'offsets of a group without members'(client, unique) {
    await create(client, unique);
    const answers = [];
    for (const body of [
      commitBody(unique, unique),
      commitBody(unique, `${unique}-none`),
      commitBody('', unique),
      commitBody(unique, unique, { memberId: 'm' }),
      commitBody(unique, unique, { generationIdOrMemberEpoch: 4, memberId: 'm' }),
      commitBody(`${unique}-new`, unique, { generationIdOrMemberEpoch: 4, memberId: 'm' }),
    ]) {
      for (const version of [8, 9]) {
        const { topics } = await client.call(ApiKey.OffsetCommit, version, body);
        answers.push(code(topics[0]!.partitions[0]!.errorCode));
      }
    }
    const large = 'm'.repeat(5_000);
    const topics = [
      { name: unique, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: large }] },
    ];
    const answer = await client.call(ApiKey.OffsetCommit, 8, { groupId: unique, memberId: '', topics });
    answers.push(code(answer.topics[0]!.partitions[0]!.errorCode));
    const fetched = await client.call(ApiKey.OffsetFetch, 8, {
      groups: [
        { groupId: unique, topics: null },
        { groupId: unique, topics: [{ name: unique, partitionIndexes: [0, 7] }] },
        { groupId: `${unique}-none`, topics: [{ name: unique, partitionIndexes: [0] }] },
        { groupId: `${unique}-none`, topics: null },
      ],
    });
    answers.push(
      fetched.groups.map(({ errorCode, topics: found }) => [
        code(errorCode),
        found.flatMap(({ partitions }) => partitions.map((one) => ({ ...one, errorCode: code(one.errorCode) }))),
      ]),
    );
    return answers;
  },

  async 'groups step by step'(client, unique) {
    const answers: unknown[] = [];
    const join = async (version: number, more: object = {}) => {
      const answer = await client.call(ApiKey.JoinGroup, version, joinBody(unique, more));
      const isLeader = answer.leader !== '' && answer.leader === answer.memberId;
      answers.push([
        code(answer.errorCode),
        answer.generationId,
        answer.protocolType,
        answer.protocolName,
        isLeader,
        answer.members.length,
        answer.memberId !== '',
      ]);
      return answer.memberId;
    };
    await join(5, { sessionTimeoutMs: 100 });
    await join(5, { sessionTimeoutMs: 2_000_000 });
    await join(5, { groupId: '' });
    await join(5, { memberId: 'stranger' });
    await join(5, { protocols: [] });
    await join(5, { protocolType: '' });
    const memberId = await join(7);
    await join(7, { memberId });
    await join(7, { memberId });
    await join(7, { protocolType: 'connect' });
    await join(7, { protocols: [{ name: 'other', metadata: Buffer.alloc(0) }] });
    const heartbeat = async (more: object) => {
      const body = { groupId: unique, generationId: 1, memberId, ...more };
      answers.push(code((await client.call(ApiKey.Heartbeat, 4, body)).errorCode));
    };
    const sync = async (more: object) => {
      const assignments = [{ memberId, assignment: Buffer.from('mine') }];
      const protocol = { protocolType: 'consumer', protocolName: 'range' };
      const body = { groupId: unique, generationId: 1, memberId, assignments, ...protocol, ...more };
      const answer = await client.call(ApiKey.SyncGroup, 5, body);
      answers.push([code(answer.errorCode), answer.assignment.toString(), answer.protocolType, answer.protocolName]);
    };
    await heartbeat({});
    await heartbeat({ generationId: 5 });
    await heartbeat({ memberId: 'stranger' });
    await heartbeat({ groupInstanceId: 'nobody' });
    await sync({ generationId: 9 });
    await sync({ memberId: 'stranger' });
    await sync({ protocolName: 'sticky' });
    await sync({ protocolType: 'connect' });
    await sync({ protocolType: null });
    await sync({});
    await sync({ assignments: [] });
    await heartbeat({ groupId: `${unique}-none` });
    const describe = async (version: number, group: string) => {
      const { groups } = await client.call(ApiKey.DescribeGroups, version, { groups: [group] });
      const { errorCode, groupState, protocolType, protocolData, members } = groups[0]!;
      const shown = members.map((one) => [one.clientId, one.clientHost, one.memberAssignment.toString()]);
      answers.push([code(errorCode), groupState, protocolType, protocolData, shown]);
    };
    await describe(5, unique);
    await describe(5, `${unique}-none`);
    await describe(6, `${unique}-none`);
    const { results } = await client.call(ApiKey.DeleteGroups, 2, { groupsNames: [unique, `${unique}-none`] });
    answers.push(results.map(({ groupId, errorCode }) => [groupId.replace(unique, 'g'), code(errorCode)]).sort());
    const leave = async (version: number, members: object[]) => {
      const answer = await client.call(ApiKey.LeaveGroup, version, { groupId: unique, members: members as never });
      answers.push([code(answer.errorCode), answer.members.map(({ errorCode }) => code(errorCode))]);
    };
    await leave(4, [{ memberId: 'stranger' }, { memberId: '', groupInstanceId: 'nobody' }, { memberId }]);
    await describe(5, unique);
    await leave(4, [{ memberId }]);
    const none = await client.call(ApiKey.LeaveGroup, 2, { groupId: `${unique}-none`, memberId });
    answers.push(code(none.errorCode));
    const { groups } = await client.call(ApiKey.ListGroups, 5, { statesFilter: ['empty'], typesFilter: ['Classic'] });
    const { groupId: _, ...listed } = groups.find(({ groupId }) => groupId === unique)!;
    answers.push({ ...listed, groupType: listed.groupType.toLowerCase() });
    const deleted = await client.call(ApiKey.DeleteGroups, 2, { groupsNames: [unique] });
    answers.push(code(deleted.results[0]!.errorCode));
    return answers;
  },

  async 'static members'(client, unique) {
    const answers: unknown[] = [];
    const join = async (more: object = {}) => {
      const answer = await client.call(ApiKey.JoinGroup, 9, joinBody(unique, { groupInstanceId: 'pod', ...more }));
      answers.push([code(answer.errorCode), answer.generationId, answer.skipAssignment, answer.members.length]);
      return answer.memberId;
    };
    const first = await join();
    const assignments = [{ memberId: first, assignment: Buffer.from('mine') }];
    const sync = async (memberId: string, list = assignments) => {
      const protocol = { groupInstanceId: 'pod', protocolType: 'consumer', protocolName: 'range' };
      const body = { groupId: unique, generationId: 1, memberId, ...protocol, assignments: list };
      const answer = await client.call(ApiKey.SyncGroup, 5, body);
      answers.push([code(answer.errorCode), answer.assignment.toString()]);
    };
    await sync(first);
    const second = await join();
    await sync(first);
    await sync(second, []);
    await join({ memberId: first });
    const heartbeat = { groupId: unique, generationId: 1, groupInstanceId: 'pod' };
    for (const memberId of [first, second]) {
      answers.push(code((await client.call(ApiKey.Heartbeat, 4, { ...heartbeat, memberId })).errorCode));
    }
    const members = [
      { memberId: first, groupInstanceId: 'pod' },
      { memberId: '', groupInstanceId: 'pod' },
    ];
    const left = await client.call(ApiKey.LeaveGroup, 5, { groupId: unique, members });
    answers.push(left.members.map(({ errorCode }) => code(errorCode)));
    return answers;
  },

  async administration(client, unique) {
    await create(client, unique);
    const answers: unknown[] = [];
    const alter = async (
      name: string,
      value: string | null,
      configOperation = 0,
      resourceName = unique,
      resourceType = 2,
    ) => {
      const resources = [{ resourceType, resourceName, configs: [{ name, configOperation, value }] }];
      const { responses } = await client.call(ApiKey.IncrementalAlterConfigs, 1, { resources, validateOnly: false });
      answers.push(code(responses[0]!.errorCode));
    };
    await alter('retention.ms', '5000');
    await alter('retention.ms', 'soon');
    await alter('no.such', '1');
    await alter('retention.ms', null);
    await alter('retention.ms', null, 1);
    await alter('cleanup.policy', 'compact', 2);
    await alter('cleanup.policy', 'delete', 3);
    await alter('retention.ms', '1', 2);
    await alter('retention.ms', '1', 0, `${unique}-none`);
    const partitions = async (count: number, assignments: { brokerIds: number[] }[] | null = null, name = unique) => {
      const body = { topics: [{ name, count, assignments }], timeoutMs: 5_000, validateOnly: false };
      answers.push(code((await client.call(ApiKey.CreatePartitions, 3, body)).results[0]!.errorCode));
    };
    await partitions(1);
    await partitions(0);
    await partitions(3);
    await partitions(5, [{ brokerIds: [1] }]);
    await partitions(4, [{ brokerIds: [8] }]);
    await partitions(4, null, `${unique}-none`);
    const before = async (offset: number, partition = 0) => {
      const topics = [{ name: unique, partitions: [{ partitionIndex: partition, offset }] }];
      const answer = await client.call(ApiKey.DeleteRecords, 2, { topics, timeoutMs: 5_000 });
      const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!;
      answers.push([code(errorCode), lowWatermark]);
    };
    await before(0);
    await alter('cleanup.policy', 'delete');
    // Kafka's log hears of the new policy a little later than its controller.
    for (let error = ''; error !== 'NONE'; ) ({ error } = await produceCode(client, unique, batch(['a', 'b', 'c'])));
    for (let isRefused = true; isRefused; ) {
      const topics = [{ name: unique, partitions: [{ partitionIndex: 0, offset: 0 }] }];
      const answer = await client.call(ApiKey.DeleteRecords, 2, { topics, timeoutMs: 5_000 });
      isRefused = answer.topics[0]!.partitions[0]!.errorCode === ErrorCode.POLICY_VIOLATION;
    }
    await before(2);
    await before(1);
    await before(9);
    await before(-1);
    await before(0, 77);
    const epoch = { topics: [{ topic: unique, partitions: [{ partition: 0, leaderEpoch: 0 }] }] };
    answers.push((await client.call(ApiKey.OffsetForLeaderEpoch, 4, epoch)).topics[0]!.partitions[0]);
    return answers;
  },

  'ACLs that are made, found and removed': aclApiSteps,

  'quotas that are set and described': quotaApiSteps,

  async 'pages of partitions'(client, unique) {
    await create(client, `${unique}-a`, { numPartitions: 3 });
    await create(client, `${unique}-b`, { numPartitions: 2 });
    const topics = [{ name: `${unique}-b` }, { name: `${unique}-a` }, { name: `${unique}-c` }];
    const answers = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    for (let page = 0; page < 6; page++) {
      const body: RequestInputOf[typeof ApiKey.DescribeTopicPartitions] = { topics, responsePartitionLimit: 2, cursor };
      const answer: ResponseOf[typeof ApiKey.DescribeTopicPartitions] = await client.call(75, 0, body);
      answers.push(
        answer.topics.map((topic) => [
          code(topic.errorCode),
          topic.name?.replace(unique, ''),
          topic.partitions.map(({ partitionIndex }) => partitionIndex),
        ]),
      );
      cursor = answer.nextCursor;
      if (cursor === null) break;
    }
    for (const nowhere of [
      { topicName: `${unique}-a`, partitionIndex: -1 },
      { topicName: `${unique}-z`, partitionIndex: 0 },
    ]) {
      const answer = await client.call(75, 0, { topics, cursor: nowhere });
      answers.push(answer.topics.map((topic) => code(topic.errorCode)));
    }
    return answers;
  },
};

compareWithKafka({ ...cases, ...adminCases, ...configCases, ...consumerGroupCases, ...fetchCases });
