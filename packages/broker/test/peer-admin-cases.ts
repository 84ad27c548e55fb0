import { ApiKey, errorInfo, type RequestInputOf, zeroUuid } from '@headwater/protocol';
import type { Steps } from './peer-compare.ts';
import type { RawClient } from './raw-client.ts';

const code = (errorCode: number) => errorInfo(errorCode).name;

async function create(client: RawClient, name: string, numPartitions: number): Promise<void> {
  const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }];
  await client.call(ApiKey.CreateTopics, 7, { topics });
  // Kafka's controller answers before its broker knows the topic.
  const indexes = Array.from({ length: numPartitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  for (;;) {
    const body = { replicaId: -1, topics: [{ name, partitions: indexes }] };
    const [known] = (await client.call(ApiKey.ListOffsets, 7, body)).topics;
    if (known!.partitions.every(({ errorCode }) => errorCode === 0)) return;
  }
}

type Update = Partial<RequestInputOf[typeof ApiKey.UpdateFeatures]['featureUpdates'][number]>;

/** Administration of the cluster, as far as a cluster of one broker has it. */
export const adminCases: Record<string, Steps> = {
  async 'directories of the log'(client, unique) {
    await create(client, unique, 2);
    const answers: unknown[] = [];
    const topics = [
      { topic: unique, partitions: [0, 1, 7] },
      { topic: `${unique}-none`, partitions: [0] },
    ];
    let path = '';
    for (const version of [1, 4]) {
      const { errorCode, results } = await client.call(ApiKey.DescribeLogDirs, version, { topics });
      path = results[0]!.logDir;
      const shown = results[0]!.topics.map(({ name, partitions }) => [
        name === unique,
        partitions.sort((a, b) => a.partitionIndex - b.partitionIndex),
      ]);
      answers.push([code(errorCode), results.map((result) => code(result.errorCode)), shown]);
    }
    const none = await client.call(ApiKey.DescribeLogDirs, 4, { topics: [] });
    answers.push([none.results.length, none.results[0]!.topics]);
    const all = await client.call(ApiKey.DescribeLogDirs, 4, { topics: null });
    answers.push(all.results[0]!.topics.some(({ name }) => name === unique));
    const dirs = [
      {
        path,
        topics: [
          { name: unique, partitions: [0, 9] },
          { name: `${unique}-none`, partitions: [0] },
        ],
      },
      { path: '/nowhere', topics: [{ name: unique, partitions: [1] }] },
    ];
    const altered = await client.call(ApiKey.AlterReplicaLogDirs, 2, { dirs });
    const results = altered.results.flatMap(({ partitions, topicName }) =>
      partitions.map(({ errorCode, partitionIndex }) =>
        [topicName.replace(unique, 't'), partitionIndex, code(errorCode)].join(' '),
      ),
    );
    answers.push(results.sort());
    return answers;
  },

  async 'delegation tokens of nobody'(client) {
    const answers: unknown[] = [];
    for (const version of [1, 3]) {
      const body = { renewers: [], maxLifetimeMs: -1 };
      answers.push(await client.call(ApiKey.CreateDelegationToken, version, body));
    }
    const hmac = Buffer.from('none');
    answers.push(await client.call(ApiKey.RenewDelegationToken, 2, { hmac, renewPeriodMs: -1 }));
    answers.push(await client.call(ApiKey.ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs: -1 }));
    answers.push(await client.call(ApiKey.DescribeDelegationToken, 3, { owners: null }));
    return answers;
  },

  async 'elections of leaders, and moves of partitions'(client, unique) {
    await create(client, unique, 1);
    const answers: unknown[] = [];
    const hide = (text: string | null) => text?.replaceAll(unique, 't') ?? null;
    const elect = async (version: number, electionType: number, partitions: number[] | null) => {
      const topicPartitions =
        partitions === null
          ? null
          : [
              { topic: unique, partitions },
              { topic: `${unique}-none`, partitions: [0] },
            ];
      const body = { topicPartitions, timeoutMs: 5_000, ...(version >= 1 ? { electionType } : {}) };
      const { errorCode, replicaElectionResults } = await client.call(ApiKey.ElectLeaders, version, body);
      const results = replicaElectionResults
        .filter(({ topic }) => topic.startsWith(unique))
        .map(({ partitionResult, topic }) => [
          hide(topic),
          ...partitionResult.map((result) => [result.partitionId, code(result.errorCode), hide(result.errorMessage)]),
        ]);
      answers.push([code(errorCode), results]);
    };
    await elect(0, 0, [0, 9]);
    await elect(2, 0, [0]);
    await elect(2, 1, [0]);
    await elect(2, 5, [0]);
    await elect(2, 0, null);
    const move = async (name: string, partitionIndex: number, replicas: number[] | null, version = 1) => {
      const topics = [{ name, partitions: [{ partitionIndex, replicas }] }];
      const body = { timeoutMs: 5_000, topics };
      const { errorCode, responses } = await client.call(ApiKey.AlterPartitionReassignments, version, body);
      const one = responses[0]!.partitions[0]!;
      answers.push([code(errorCode), code(one.errorCode), hide(one.errorMessage)]);
    };
    await move(unique, 0, [1], 0);
    await move(unique, 0, [2]);
    await move(unique, 0, null);
    await move(unique, 0, []);
    await move(unique, 0, [1, 1]);
    await move(unique, 0, [1, 2]);
    await move(unique, 9, [1]);
    await move(`${unique}-none`, 0, [1]);
    return answers;
  },

  async 'the quorum, and brokers that are not there'(client) {
    const answers: unknown[] = [];
    for (const version of [0, 1, 2]) {
      for (const [topicName, partitionIndex] of [
        ['__cluster_metadata', 0],
        ['__cluster_metadata', 1],
        ['elsewhere', 0],
      ] as const) {
        const topics = [{ topicName, partitions: [{ partitionIndex }] }];
        const answer = await client.call(ApiKey.DescribeQuorum, version, { topics });
        const { currentVoters, errorCode, errorMessage, leaderId, observers } = answer.topics[0]!.partitions[0]!;
        const voters = currentVoters.map(({ lastFetchTimestamp, replicaId }) => [replicaId, lastFetchTimestamp > 0]);
        const nodes = answer.nodes.map(({ nodeId }) => nodeId);
        answers.push([code(answer.errorCode), code(errorCode), errorMessage, leaderId, voters, observers, nodes]);
      }
    }
    for (const brokerId of [9, -1]) answers.push(await client.call(ApiKey.UnregisterBroker, 0, { brokerId }));
    return answers;
  },

  async 'levels of features'(client) {
    const answers: unknown[] = [];
    const update = async (version: number, ...updates: Update[]) => {
      const featureUpdates = updates.map(({ feature = 'metadata.version', maxVersionLevel = 30, ...more }) => ({
        feature,
        maxVersionLevel,
        ...(version >= 1 ? { upgradeType: 1, ...more } : {}),
      }));
      const body = { timeoutMs: 5_000, featureUpdates, ...(version >= 1 ? { validateOnly: true } : {}) };
      answers.push(await client.call(ApiKey.UpdateFeatures, version, body));
    };
    await update(0, {});
    await update(1, {});
    await update(2, {});
    await update(2);
    await update(2, { maxVersionLevel: 99 });
    await update(2, { maxVersionLevel: 0, upgradeType: 2 });
    await update(2, { maxVersionLevel: 29 });
    await update(2, { maxVersionLevel: -1 });
    await update(2, { upgradeType: 0 });
    await update(2, { feature: 'nope', maxVersionLevel: 1 });
    await update(2, { feature: 'nope', maxVersionLevel: 0, upgradeType: 2 });
    await update(2, { feature: 'transaction.version', maxVersionLevel: 2 }, { feature: 'nope', maxVersionLevel: 1 });
    const told = new Set(['metadata.version', 'kraft.version', 'eligible.leader.replicas.version']);
    for (const version of [3, 4]) {
      const body = { clientSoftwareName: 'a', clientSoftwareVersion: 'b' };
      const { finalizedFeatures, supportedFeatures } = await client.call(ApiKey.ApiVersions, version, body);
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      answers.push(supportedFeatures.filter(({ name }) => told.has(name)).sort(byName));
      answers.push(finalizedFeatures.filter(({ name }) => told.has(name)).sort(byName));
    }
    return answers;
  },

  async 'topics and partitions by hand'(client, unique) {
    const answers: unknown[] = [];
    const hide = (text: string | null) => text?.replaceAll(unique, 't') ?? null;
    const make = async (name: string, more: object, validateOnly = false) => {
      const topic = {
        name: `${unique}-${name}`,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [],
        configs: [],
      };
      const body = { topics: [{ ...topic, ...more }], validateOnly };
      const [made] = (await client.call(ApiKey.CreateTopics, 7, body)).topics;
      const { errorCode, errorMessage, numPartitions, replicationFactor, topicId } = made!;
      const isKnown = topicId !== zeroUuid;
      answers.push([name, code(errorCode), hide(errorMessage), numPartitions, replicationFactor, isKnown]);
    };
    const on = (...assignments: [number, number[]][]) => ({
      assignments: assignments.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
    });
    await make('by-hand', on([0, [1]], [1, [1]]));
    await make('gap', on([0, [1]], [2, [1]]));
    await make('same', on([0, [1]], [0, [1]]));
    await make('not-from-0', on([1, [1]]));
    await make('nowhere', on([0, []]));
    await make('twice', on([0, [1, 1]]));
    await make('stranger', on([0, [1, 2]]));
    await make('uneven', on([0, [1]], [1, [1, 2]]));
    await make('count-too', { ...on([0, [1]]), numPartitions: 1 });
    await make('factor-too', { ...on([0, [1]]), replicationFactor: 1 });
    await make('checked', { numPartitions: 4 }, true);
    await make('checked-wrong', { configs: [{ name: 'retention.ms', value: 'soon' }] }, true);
    await make('minus', { numPartitions: -2 });
    await make('minus-factor', { replicationFactor: -2 });
    await make('null-config', { configs: [{ name: 'retention.ms', value: null }] });
    const configs = [{ name: 'retention.ms', value: '1' }];
    await make('twice-config', { configs: [...configs, ...configs] });
    const same = { name: `${unique}-same`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const { topics } = await client.call(ApiKey.CreateTopics, 7, { topics: [same, same] });
    answers.push(topics.map(({ errorCode, errorMessage }) => [code(errorCode), errorMessage]));
    await create(client, unique, 1);
    const grow = async (count: number, assignments: number[][] | null, validateOnly = false) => {
      const given = assignments?.map((brokerIds) => ({ brokerIds })) ?? null;
      const body = { topics: [{ name: unique, count, assignments: given }], timeoutMs: 5_000, validateOnly };
      const [grown] = (await client.call(ApiKey.CreatePartitions, 3, body)).results;
      answers.push([code(grown!.errorCode), hide(grown!.errorMessage)]);
    };
    await grow(3, null, true);
    await grow(0, null, true);
    await grow(1, null);
    await grow(-1, null);
    await grow(3, [[1]]);
    await grow(2, [[]]);
    await grow(2, [[1, 1]]);
    await grow(2, [[3]]);
    await grow(2, [[1, 3]]);
    await grow(2, [[1]]);
    await grow(2, [[1]]);
    const twice = { name: unique, count: 9, assignments: null };
    const both = { topics: [twice, twice], timeoutMs: 5_000, validateOnly: false };
    const { results } = await client.call(ApiKey.CreatePartitions, 3, both);
    answers.push(results.map(({ errorCode, errorMessage }) => [code(errorCode), hide(errorMessage)]));
    return answers;
  },
};
