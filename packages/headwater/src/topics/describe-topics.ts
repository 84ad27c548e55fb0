import type { ConfigEntry, TopicMetadata } from '@headwater/client';
import { type Cell, columns, counted, sizeText } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { type Connected, connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { boundsOf, recordsIn, requireTopics, sizesOf, totalSize } from '../kafka-command/find-topics.ts';
import { groupsReading, lagOf } from '../kafka-command/groups-reading.ts';
import { parseCommandFlags, usageError } from '../kafka-command/parse-command-flags.ts';

const command = 'topics describe';

interface Description {
  name: string;
  topicId: string;
  internal: boolean;
  replicationFactor: number;
  records: number;
  sizeBytes: number | null;
  partitions: {
    partition: number;
    leader: number | null;
    replicas: number[];
    inSyncReplicas: number[];
    earliest: number | null;
    latest: number | null;
    records: number | null;
    sizeBytes: number | null;
  }[];
  /** Only what is not as Kafka has it by default. */
  configs: { name: string; value: string | null; source: string }[];
  groups: { groupId: string; state: string; lagRecords: number }[];
}

/** `headwater topics describe`. */
export async function describeTopics(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals: names } = parseCommandFlags(command, args, connectionFlags);
  if (names.length === 0) throw usageError(command, 'which topic? headwater topics list shows them');
  return withKafka(values, context, async (connected) => {
    const topics = await requireTopics(connected, names, context.signal);
    const described = await describe(connected, topics, context.signal);
    const text = values.json === true ? JSON.stringify(described) : described.map(descriptionText).join('\n\n');
    context.output.write(`${text}\n`);
    return 0;
  });
}

async function describe(
  connected: Connected,
  topics: readonly TopicMetadata[],
  signal: AbortSignal,
): Promise<Description[]> {
  const { client } = connected;
  const partitionsOf = Object.fromEntries(
    topics.map(({ name, partitions }) => [name, partitions.map(({ partition }) => partition)]),
  );
  const [bounds, sizes, configs, groups] = await Promise.all([
    boundsOf(connected, topics, signal),
    sizesOf(connected, topics, signal).catch(() => new Map<string, Map<number, number>>()),
    client.describeConfigs(
      topics.map(({ name }) => ({ type: 'topic', name })),
      { signal },
    ),
    groupsReading(connected, partitionsOf, signal),
  ]);
  return topics.map((topic): Description => {
    const { name } = topic;
    const settings = configs.find(({ resource }) => resource.name === name)?.configs ?? [];
    return {
      name,
      topicId: topic.topicId,
      internal: topic.isInternal,
      replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
      records: recordsIn(bounds.get(name)),
      sizeBytes: totalSize(sizes.get(name)),
      partitions: topic.partitions.map(({ partition, leader, replicas, inSyncReplicas }) => {
        const bound = bounds.get(name)?.get(partition);
        return {
          partition,
          leader: leader < 0 ? null : leader,
          replicas,
          inSyncReplicas,
          earliest: bound?.earliest ?? null,
          latest: bound?.latest ?? null,
          records: bound === undefined ? null : bound.latest - bound.earliest,
          sizeBytes: sizes.get(name)?.get(partition) ?? null,
        };
      }),
      configs: settings.filter(({ isDefault }) => !isDefault).map(settingOf),
      groups: groups
        .filter((group) => group.topic === name)
        .map(({ groupId, state, offsets }) => ({ groupId, state, lagRecords: lagOf(offsets, bounds, name) })),
    };
  });
}

function settingOf({ name, value, source, isSensitive }: ConfigEntry): Description['configs'][number] {
  return { name, value: isSensitive ? null : value, source };
}

const sources: Record<string, string> = {
  DYNAMIC_TOPIC_CONFIG: 'set on the topic',
  DYNAMIC_BROKER_CONFIG: 'set on the broker while it runs',
  DYNAMIC_DEFAULT_BROKER_CONFIG: 'set on all brokers while they run',
  STATIC_BROKER_CONFIG: "of the broker's file",
};

function descriptionText(topic: Description): string {
  const head = [
    counted(topic.partitions.length, 'partition'),
    `replication factor ${topic.replicationFactor}`,
    counted(topic.records, 'record'),
    ...(topic.sizeBytes === null ? [] : [`${sizeText(topic.sizeBytes)} on disk`]),
    `id ${topic.topicId}`,
  ];
  const rows = topic.partitions.map((each): Cell[] => [
    each.partition,
    each.leader,
    each.replicas.join(','),
    each.inSyncReplicas.join(','),
    each.earliest,
    each.latest,
    each.records,
    sizeText(each.sizeBytes),
  ]);
  const names = ['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', 'EARLIEST', 'LATEST', 'RECORDS', 'SIZE'];
  const settings = topic.configs.map(({ name, value, source }) => [name, value, sources[source] ?? source]);
  const groups = topic.groups.map(({ groupId, state, lagRecords }) => [groupId, state, lagRecords]);
  return [
    `${topic.name}: ${head.join(', ')}`,
    '',
    columns(names, rows),
    '',
    settings.length === 0 ? 'All settings are the defaults.' : columns(['SETTING', 'VALUE', 'WHERE FROM'], settings),
    '',
    groups.length === 0 ? 'No group has committed offsets of it.' : columns(['GROUP', 'STATE', 'LAG'], groups),
  ].join('\n');
}
