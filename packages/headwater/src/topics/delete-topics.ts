import { counted, sizeText } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { confirmed } from '../kafka-command/confirm.ts';
import { connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { boundsOf, recordsIn, requireTopics, sizesOf, totalSize } from '../kafka-command/find-topics.ts';
import { groupsReading } from '../kafka-command/groups-reading.ts';
import { parseCommandFlags, usageError } from '../kafka-command/parse-command-flags.ts';

const command = 'topics delete';

/** `headwater topics delete`: says what goes, and asks. */
export async function deleteTopics(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseCommandFlags(command, args, {
    ...connectionFlags,
    yes: { type: 'boolean', short: 'y' },
  });
  const names = [...new Set(positionals)];
  if (names.length === 0) throw usageError(command, 'which topic?');
  return withKafka(values, context, async (connected) => {
    const { signal, output, errors } = context;
    const topics = await requireTopics(connected, names, signal);
    const partitions = Object.fromEntries(
      topics.map((topic) => [topic.name, topic.partitions.map((each) => each.partition)]),
    );
    const [bounds, sizes, groups] = await Promise.all([
      boundsOf(connected, topics, signal),
      sizesOf(connected, topics, signal).catch(() => new Map<string, Map<number, number>>()),
      groupsReading(connected, partitions, signal),
    ]);
    for (const { name, partitions: held } of topics) {
      const size = totalSize(sizes.get(name));
      const readers = groups
        .filter((group) => group.topic === name)
        .map(({ groupId, state }) => `${groupId} (${state})`);
      const what = [
        counted(held.length, 'partition'),
        counted(recordsIn(bounds.get(name)), 'record'),
        ...(size === null ? [] : [sizeText(size)]),
        readers.length === 0 ? 'no group has offsets of it' : `read by ${readers.join(', ')}`,
      ];
      errors.write(`${name}: ${what.join(', ')}\n`);
    }
    if (values.yes !== true && !(await confirmed(topics.length, 'topic', context))) return 1;
    const results = await connected.client.deleteTopics(names, { signal });
    for (const { name, error } of results) {
      if (error !== null) errors.write(`headwater: ${error.message} [${error.kafkaName ?? error.code}]\n`);
      else if (values.json !== true) output.write(`${name} deleted\n`);
    }
    const deleted = results.filter(({ error }) => error === null).map(({ name }) => name);
    if (values.json === true) output.write(`${JSON.stringify({ deleted })}\n`);
    return deleted.length === results.length ? 0 : 1;
  });
}
