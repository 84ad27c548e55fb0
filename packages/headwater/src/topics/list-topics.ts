import { columns, sizeText } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { boundsOf, isPlatformTopic, recordsIn, sizesOf, totalSize } from '../kafka-command/find-topics.ts';
import { parseCommandFlags, usageError } from '../kafka-command/parse-command-flags.ts';

const command = 'topics list';

/** `headwater topics list`. */
export async function listTopics(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseCommandFlags(command, args, {
    ...connectionFlags,
    internal: { type: 'boolean' },
  });
  if (positionals.length > 0)
    throw usageError(command, `it takes no names ("${positionals[0]}"): topics describe does`);
  return withKafka(values, context, async (connected) => {
    const { signal, output, errors } = context;
    const all = (await connected.client.metadata(null, { signal })).topics.filter(({ errorCode }) => errorCode === 0);
    const shown = all.filter((topic) => values.internal === true || !isPlatformTopic(topic));
    shown.sort((a, b) => (a.name < b.name ? -1 : 1));
    const [bounds, sizes] = await Promise.all([
      boundsOf(connected, shown, signal),
      sizesOf(connected, shown, signal).catch(() => new Map<string, Map<number, number>>()),
    ]);
    const topics = shown.map((topic) => ({
      name: topic.name,
      internal: isPlatformTopic(topic),
      partitions: topic.partitions.length,
      replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
      records: recordsIn(bounds.get(topic.name)),
      sizeBytes: totalSize(sizes.get(topic.name)),
    }));
    if (values.json === true) {
      output.write(`${JSON.stringify(topics)}\n`);
      return 0;
    }
    const rows = topics.map((topic) => [
      topic.name,
      topic.partitions,
      topic.replicationFactor,
      topic.records,
      sizeText(topic.sizeBytes),
    ]);
    if (rows.length > 0) output.write(`${columns(['TOPIC', 'PARTITIONS', 'REPLICAS', 'RECORDS', 'SIZE'], rows)}\n`);
    else errors.write(`there is no topic at ${connected.address} yet: headwater topics create NAME\n`);
    const hidden = all.length - shown.length;
    if (hidden > 0) errors.write(`${hidden} of Kafka's and the platform's own are not shown: --internal shows them\n`);
    return 0;
  });
}
