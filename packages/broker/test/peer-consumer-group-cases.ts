import { ApiKey, errorInfo, type RequestInputOf } from '@headwater/protocol';
import type { Steps } from './peer-compare.ts';
import type { RawClient } from './raw-client.ts';

const code = (errorCode: number) => errorInfo(errorCode).name;

type Heartbeat = Partial<RequestInputOf[typeof ApiKey.ConsumerGroupHeartbeat]>;

async function makeTopic(client: RawClient, name: string, numPartitions: number): Promise<string> {
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
  const { topics } = await client.call(ApiKey.CreateTopics, 7, { topics: [topic] });
  // Kafka's controller answers before its coordinator knows the topic.
  for (let isKnown = false; !isKnown; ) {
    const first = { memberEpoch: 0, subscribedTopicNames: [name], rebalanceTimeoutMs: 60_000, topicPartitions: [] };
    const probe = { groupId: `${name}-probe`, memberId: 'probe' };
    const { assignment } = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, { ...probe, ...first });
    isKnown = assignment?.topicPartitions.length === 1;
    await client.call(ApiKey.ConsumerGroupHeartbeat, 1, { ...probe, memberEpoch: -1 });
  }
  return topics[0]!.topicId;
}

/** Sends heartbeats of one group and notes what can be compared: ids are told by their part of the group's name. */
class Members {
  readonly answers: unknown[] = [];
  readonly #client: RawClient;
  readonly #groupId: string;
  readonly #names: Map<string, string>;

  constructor(client: RawClient, groupId: string, names: [string, string][] = []) {
    this.#client = client;
    this.#groupId = groupId;
    this.#names = new Map(names);
  }

  async beat(memberId: string, memberEpoch: number, more: Heartbeat = {}, version = 1) {
    const body = { groupId: this.#groupId, memberId, memberEpoch, ...more };
    const answer = await this.#client.call(ApiKey.ConsumerGroupHeartbeat, version, body);
    const assignment = answer.assignment?.topicPartitions
      .map(({ topicId, partitions }) => `${this.#names.get(topicId) ?? 'topic'} ${partitions.toSorted()}`)
      .sort();
    this.answers.push([
      code(answer.errorCode),
      this.#named(answer.errorMessage),
      answer.memberId === memberId,
      answer.memberEpoch,
      answer.heartbeatIntervalMs,
      assignment ?? null,
    ]);
    return answer;
  }

  join(memberId: string, topic: string | null, more: Heartbeat = {}, version = 1) {
    const subscribedTopicNames = topic === null ? null : [topic];
    return this.beat(
      memberId,
      0,
      { subscribedTopicNames, rebalanceTimeoutMs: 60_000, topicPartitions: [], ...more },
      version,
    );
  }

  async describe(groupId = this.#groupId): Promise<void> {
    const { groups } = await this.#client.call(ApiKey.ConsumerGroupDescribe, 1, {
      groupIds: [groupId],
      includeAuthorizedOperations: true,
    });
    const { errorCode, members, errorMessage, groupId: _, ...group } = groups[0]!;
    const shown = members
      .map(({ assignment, targetAssignment, subscribedTopicNames, ...member }) => ({
        ...member,
        topics: subscribedTopicNames.length,
        assigned: assignment.topicPartitions.map(({ partitions }) => partitions.toSorted()),
        target: targetAssignment.topicPartitions.map(({ partitions }) => partitions.toSorted()),
      }))
      .sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
    this.answers.push([code(errorCode), this.#named(errorMessage), group, shown]);
  }

  #named(text: string | null): string | null {
    return text?.replaceAll(this.#groupId, 'GROUP') ?? null;
  }
}

/** Groups of the consumer protocol, compared step by step; what both choose freely (member ids, which partition) is left out. */
export const consumerGroupCases: Record<string, Steps> = {
  async 'consumer groups: what a heartbeat must say'(client, unique) {
    await makeTopic(client, unique, 1);
    const members = new Members(client, unique);
    await members.join('', unique, {}, 1);
    await members.join('m', null);
    await members.join('m', unique, { rebalanceTimeoutMs: -1 });
    await members.join('m', unique, { topicPartitions: null });
    await members.join('m', unique, { instanceId: '' });
    await members.join('m', unique, { rackId: ' ' });
    await members.join('m', unique, { serverAssignor: 'mine' });
    await members.join('m', unique, { groupId: '' });
    await members.beat('m', -3);
    await members.beat('m', -2);
    await members.beat('m', -1);
    await members.beat('m', 4);
    await members.describe();
    await members.describe('');
    return members.answers;
  },

  async 'consumer groups: one member, step by step'(client, unique) {
    const topicId = await makeTopic(client, unique, 3);
    const members = new Members(client, unique, [[topicId, 'all']]);
    const owned = { topicPartitions: [{ topicId, partitions: [0, 1, 2] }] };
    await members.join('m', unique);
    await members.join('m', unique);
    await members.beat('m', 1);
    await members.beat('m', 1, owned);
    await members.beat('m', 1, { ...owned, subscribedTopicNames: [unique], rebalanceTimeoutMs: 50_000 });
    await members.beat('m', 2);
    await members.beat('m', 2, owned);
    await members.beat('m', 2, { ...owned, subscribedTopicNames: [unique], rebalanceTimeoutMs: 50_000 });
    await members.beat('m', 3);
    await members.beat('m', 0, owned);
    await members.beat('stranger', 1);
    await members.describe();
    const list = await client.call(ApiKey.ListGroups, 5, { statesFilter: ['STABLE'], typesFilter: ['consumer'] });
    members.answers.push(list.groups.filter(({ groupId }) => groupId === unique).map(({ groupId: _, ...one }) => one));
    for (const version of [5, 6]) {
      const { groups } = await client.call(ApiKey.DescribeGroups, version, { groups: [unique] });
      const { groupId: _, errorMessage, ...group } = groups[0]!;
      members.answers.push([group, errorMessage?.replace(unique, 'GROUP')]);
    }
    const deleted = await client.call(ApiKey.DeleteGroups, 2, { groupsNames: [unique] });
    members.answers.push(code(deleted.results[0]!.errorCode));
    await members.beat('m', 2, { serverAssignor: 'range' });
    await members.beat('m', 2, { rackId: 'r1' });
    await members.describe();
    await members.beat('m', -1);
    await members.beat('m', 1);
    await members.describe();
    return members.answers;
  },

  async 'consumer groups: offsets of members'(client, unique) {
    const topicId = await makeTopic(client, unique, 2);
    const members = new Members(client, unique);
    await members.join('m', unique);
    const commit = async (version: number, more: object) => {
      const partitions = [{ partitionIndex: 1, committedOffset: 3, committedMetadata: '' }];
      const topics = [{ ...(version >= 10 ? { topicId } : { name: unique }), partitions }];
      const body = { groupId: unique, memberId: 'm', generationIdOrMemberEpoch: 2, topics, ...more };
      const answer = await client.call(ApiKey.OffsetCommit, version, body);
      members.answers.push(answer.topics[0]!.partitions.map(({ errorCode }) => code(errorCode)));
    };
    await commit(9, {});
    await commit(10, {});
    await commit(8, {});
    await commit(9, { generationIdOrMemberEpoch: 0 });
    await commit(9, { generationIdOrMemberEpoch: 3 });
    await commit(9, { memberId: 'stranger' });
    await commit(9, { memberId: '', generationIdOrMemberEpoch: -1 });
    const fetch = async (version: number, more: object) => {
      const topics = [{ ...(version >= 10 ? { topicId } : { name: unique }), partitionIndexes: [0, 1] }];
      const { groups } = await client.call(ApiKey.OffsetFetch, version, {
        groups: [{ groupId: unique, topics, ...more }],
      });
      const { errorCode, topics: found } = groups[0]!;
      members.answers.push([code(errorCode), found.map(({ partitions }) => partitions)]);
    };
    await fetch(9, { memberId: 'm', memberEpoch: 2 });
    await fetch(10, { memberId: 'm', memberEpoch: 2 });
    await fetch(9, { memberId: 'm', memberEpoch: 0 });
    await fetch(9, { memberId: 'stranger', memberEpoch: 2 });
    await fetch(9, {});
    await fetch(8, {});
    const drop = async () => {
      const topics = [{ name: unique, partitions: [{ partitionIndex: 1 }] }];
      const answer = await client.call(ApiKey.OffsetDelete, 0, { groupId: unique, topics });
      members.answers.push([answer.errorCode, answer.topics.map(({ partitions }) => code(partitions[0]!.errorCode))]);
    };
    await drop();
    await members.beat('m', -1);
    await commit(9, { memberId: '', generationIdOrMemberEpoch: -1 });
    await drop();
    await fetch(9, {});
    const deleted = await client.call(ApiKey.DeleteGroups, 2, { groupsNames: [unique] });
    members.answers.push(code(deleted.results[0]!.errorCode));
    await members.describe();
    return members.answers;
  },

  async 'consumer groups: static members'(client, unique) {
    const topicId = await makeTopic(client, unique, 1);
    const members = new Members(client, unique, [[topicId, 'it']]);
    const pod = { instanceId: 'pod' };
    await members.join('first', unique, pod);
    await members.join('second', unique, pod);
    await members.beat('second', 2, pod);
    await members.beat('first', 2, { instanceId: 'other' });
    await members.beat('first', -2, pod);
    await members.describe();
    await members.beat('first', 2, pod);
    await members.join('second', unique, pod);
    await members.beat('first', 2, pod);
    await members.beat('first', -1, pod);
    await members.beat('second', 2, pod);
    await members.describe();
    await members.beat('second', -1, pod);
    await members.join('third', unique, pod);
    return members.answers;
  },

  async 'consumer groups: a partition changes hands'(client, unique) {
    const topicId = await makeTopic(client, unique, 2);
    const members = new Members(client, unique);
    const configs = [
      { name: 'consumer.assignment.interval.ms', configOperation: 0, value: '0' },
      { name: 'consumer.heartbeat.interval.ms', configOperation: 0, value: '6000' },
    ];
    const { responses } = await client.call(ApiKey.IncrementalAlterConfigs, 1, {
      resources: [{ resourceType: 32, resourceName: unique, configs }],
      validateOnly: false,
    });
    members.answers.push(code(responses[0]!.errorCode));
    const first = { memberEpoch: 0, subscribedTopicNames: [unique], rebalanceTimeoutMs: 60_000, topicPartitions: [] };
    for (let isEffective = false; !isEffective; ) {
      // Kafka's coordinator hears of a change a little later than its controller.
      const body = { groupId: unique, memberId: 'a', ...first };
      const { heartbeatIntervalMs } = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, body);
      isEffective = heartbeatIntervalMs === 6_000;
    }
    await members.join('a', unique);
    const joined = await members.join('b', unique);
    members.answers.push(joined.assignment?.topicPartitions.length);
    await members.describe();
    // What `a` is left with is for the assignor to choose.
    const kept = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, {
      groupId: unique,
      memberId: 'a',
      memberEpoch: 2,
    });
    members.answers.push([kept.memberEpoch, kept.assignment!.topicPartitions[0]!.partitions.length]);
    const [partition] = kept.assignment!.topicPartitions[0]!.partitions;
    await members.beat('b', 3);
    const answers = members.answers.length;
    const both = { topicPartitions: [{ topicId, partitions: [0, 1] }] };
    const one = { topicPartitions: [{ topicId, partitions: [partition!] }] };
    await members.beat('a', 2, both);
    await members.beat('a', 2, one);
    const given = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, {
      groupId: unique,
      memberId: 'b',
      memberEpoch: 3,
    });
    members.answers.push([given.memberEpoch, given.assignment!.topicPartitions[0]!.partitions.length]);
    await members.beat('a', 2, both);
    await members.beat('a', 2, one);
    await members.beat('a', 3);
    const { groups } = await client.call(ApiKey.ConsumerGroupDescribe, 1, {
      groupIds: [unique],
      includeAuthorizedOperations: false,
    });
    members.answers.push([groups[0]!.groupState, groups[0]!.groupEpoch, groups[0]!.assignmentEpoch, answers]);
    return members.answers;
  },

  async 'consumer groups: expressions'(client, unique) {
    const topicId = await makeTopic(client, unique, 1);
    const members = new Members(client, unique, [[topicId, 'it']]);
    await members.join('m', null, { subscribedTopicRegex: `(${unique}` }).then(({ errorCode }) => {
      // The reason is in the engine's own words.
      members.answers.splice(-1, 1, code(errorCode));
    });
    const first = { rebalanceTimeoutMs: 60_000, topicPartitions: [], subscribedTopicRegex: `${unique.slice(0, -2)}..` };
    let { memberEpoch } = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, {
      groupId: unique,
      memberId: 'm',
      memberEpoch: 0,
      ...first,
    });
    for (let isAssigned = false; !isAssigned; ) {
      // Kafka looks for the topics after it has answered.
      const full = { groupId: unique, memberId: 'm', memberEpoch, ...first };
      const answer = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, full);
      memberEpoch = answer.memberEpoch;
      isAssigned = answer.assignment?.topicPartitions.length === 1;
    }
    const { groups } = await client.call(ApiKey.ConsumerGroupDescribe, 1, {
      groupIds: [unique],
      includeAuthorizedOperations: false,
    });
    const [{ subscribedTopicNames, subscribedTopicRegex }] = groups[0]!.members as [(typeof groups)[0]['members'][0]];
    members.answers.push([
      groups[0]!.groupState,
      subscribedTopicNames,
      subscribedTopicRegex?.replace(unique.slice(0, -2), ''),
    ]);
    return members.answers;
  },

  async 'consumer groups: a classic member takes part'(client, unique) {
    const topicId = await makeTopic(client, unique, 1);
    const members = new Members(client, unique, [[topicId, 'it']]);
    const answers = members.answers;
    const text = Buffer.from(unique);
    const subscription = (owned: number) =>
      Buffer.concat([
        Buffer.from([0, 1, 0, 0, 0, 1, 0, text.length]),
        text,
        Buffer.from([255, 255, 255, 255, 0, 0, 0, owned]),
        owned === 0
          ? Buffer.alloc(0)
          : Buffer.concat([Buffer.from([0, text.length]), text, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])]),
      ]);
    const join = async (memberId: string, owned: number, more: object = {}) => {
      const answer = await client.call(ApiKey.JoinGroup, 7, {
        groupId: unique,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription(owned) }],
        ...more,
      });
      const { errorCode, generationId, protocolType, protocolName, members: led } = answer;
      answers.push([code(errorCode), generationId, protocolType, protocolName, led.length, answer.leader === memberId]);
      return answer.memberId;
    };
    const sync = async (
      memberId: string,
      generationId: number,
      assignments: { memberId: string; assignment: Buffer }[] = [],
    ) => {
      const body = {
        groupId: unique,
        generationId,
        memberId,
        assignments,
        protocolType: 'consumer',
        protocolName: 'range',
      };
      const { assignment, errorCode, protocolType, protocolName } = await client.call(ApiKey.SyncGroup, 5, body);
      answers.push([
        code(errorCode),
        assignment.toString('hex').replace(text.toString('hex'), '--'),
        protocolType,
        protocolName,
      ]);
    };
    const heartbeat = async (memberId: string, generationId: number) => {
      const { errorCode } = await client.call(ApiKey.Heartbeat, 4, { groupId: unique, generationId, memberId });
      answers.push(code(errorCode));
    };
    const old = await join('', 0);
    await join(old, 0);
    const one = Buffer.concat([
      Buffer.from([0, 1, 0, 0, 0, 1, 0, text.length]),
      text,
      Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255]),
    ]);
    await sync(old, 1, [{ memberId: old, assignment: one }]);
    await heartbeat(old, 1);
    await members.join('new', unique);
    await heartbeat(old, 1);
    await heartbeat(old, 2);
    await heartbeat('stranger', 1);
    await join(old, 1);
    await sync(old, 2);
    const other = await join('', 0);
    await join(other, 0, { protocolType: 'connect' });
    await join(other, 0, { protocols: [{ name: 'mine', metadata: subscription(0) }] });
    await join(other, 0, { protocols: [] });
    await sync(old, 2, []);
    const { groups } = await client.call(ApiKey.DescribeGroups, 6, { groups: [unique] });
    answers.push([groups[0]!.groupState, code(groups[0]!.errorCode)]);
    const described = await client.call(ApiKey.ConsumerGroupDescribe, 1, {
      groupIds: [unique],
      includeAuthorizedOperations: false,
    });
    answers.push(described.groups[0]!.members.map(({ memberType, clientId }) => [memberType, clientId]).sort());
    await members.beat('new', -1);
    const classic = await client.call(ApiKey.DescribeGroups, 6, { groups: [unique] });
    answers.push([
      classic.groups[0]!.groupState,
      classic.groups[0]!.members.length,
      code(classic.groups[0]!.errorCode),
    ]);
    const left = await client.call(ApiKey.LeaveGroup, 5, { groupId: unique, members: [{ memberId: old }] });
    answers.push(left.members.map(({ errorCode }) => code(errorCode)));
    return answers;
  },

  async 'settings of one group'(client, unique) {
    const answers: unknown[] = [];
    const alter = async (name: string, value: string | null, configOperation = 0, resourceName = unique) => {
      const resources = [{ resourceType: 32, resourceName, configs: [{ name, configOperation, value }] }];
      const { responses } = await client.call(ApiKey.IncrementalAlterConfigs, 1, { resources, validateOnly: false });
      answers.push([code(responses[0]!.errorCode), name, value]);
    };
    await alter('consumer.session.timeout.ms', '50000');
    await alter('consumer.session.timeout.ms', '1');
    await alter('consumer.session.timeout.ms', '70000');
    await alter('consumer.session.timeout.ms', 'soon');
    await alter('consumer.heartbeat.interval.ms', '6000');
    await alter('consumer.heartbeat.interval.ms', '100');
    await alter('consumer.heartbeat.interval.ms', '16000');
    await alter('consumer.assignment.interval.ms', '0');
    await alter('no.such', '1');
    await alter('consumer.session.timeout.ms', '1', 2);
    await alter('consumer.session.timeout.ms', '50000', 0, '');
    for (let isTold = false; !isTold; ) {
      const resources = [{ resourceType: 32, resourceName: unique, configurationKeys: null }];
      const body = { resources, includeSynonyms: true, includeDocumentation: false };
      const { results } = await client.call(ApiKey.DescribeConfigs, 4, body);
      const { configs, errorCode } = results[0]!;
      const own = configs.filter(({ name }) => name.startsWith('consumer.'));
      // Kafka's broker hears of a change a little later than its controller.
      isTold = own.every(({ configSource }) => configSource === 8);
      if (isTold) answers.push([code(errorCode), own.sort((a, b) => (a.name < b.name ? -1 : 1))]);
    }
    const topicId = await makeTopic(client, unique, 1);
    const members = new Members(client, unique, [[topicId, 'it']]);
    await members.join('m', unique);
    await alter('consumer.heartbeat.interval.ms', null, 1);
    return [...answers, ...members.answers];
  },
};
