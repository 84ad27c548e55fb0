import { HeadwaterError } from '../headwater-error.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { requireTopics } from '../kafka-command/find-topics.ts';
import { namedValues, parseCommandFlags, usageError, wholeNumber } from '../kafka-command/parse-command-flags.ts';

const command = 'topics alter';

/** `headwater topics alter`: all of it is checked by the broker before any of it is done. */
export async function alterTopic(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseCommandFlags(command, args, {
    ...connectionFlags,
    partitions: { type: 'string' },
    config: { type: 'string', multiple: true },
    'delete-config': { type: 'string', multiple: true },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw usageError(command, 'it takes the name of one topic');
  const count = wholeNumber(command, 'partitions', values.partitions, 1);
  const changes = [
    ...Object.entries(namedValues(command, 'config', values.config)).map(([key, value]) => ({ name: key, value })),
    ...(values['delete-config'] ?? []).map((key) => ({ name: key, value: null })),
  ];
  if (count === undefined && changes.length === 0) {
    throw usageError(command, 'what is to change? --partitions, --config or --delete-config');
  }
  return withKafka(values, context, async (connected) => {
    const { client } = connected;
    const { signal, output } = context;
    const [topic] = await requireTopics(connected, [name], signal);
    const before = topic!.partitions.length;
    if (count !== undefined && count < before) {
      throw new HeadwaterError(
        'HW_TOPICS_FEWER',
        `${name} has ${before} partitions, and partitions can only be added: to have ${count}, create another topic and copy (headwater consume ${name} --format record --exit | headwater produce OTHER --format record)`,
      );
    }
    const isGrowing = count !== undefined && count !== before;
    const resource = { type: 'topic', name } as const;
    for (const validateOnly of [true, false]) {
      if (changes.length > 0) {
        const [result] = await client.alterConfigs([{ resource, changes }], { validateOnly, signal });
        if (result!.error !== null) throw result!.error;
      }
      if (isGrowing) {
        const [result] = await client.createPartitions({ [name]: count }, { validateOnly, signal });
        if (result!.error !== null) throw result!.error;
      }
    }
    if (values.json === true) {
      const settings = Object.fromEntries(changes.map((change) => [change.name, change.value]));
      output.write(
        `${JSON.stringify({ name, partitions: count ?? before, partitionsBefore: before, configs: settings })}\n`,
      );
      return 0;
    }
    for (const { name: key, value } of changes) {
      output.write(value === null ? `${key} is the default again\n` : `${key} is ${value}\n`);
    }
    if (isGrowing) {
      output.write(`${count} partitions, ${before} before: keys may go to other partitions from now on\n`);
    } else if (count !== undefined) output.write(`it has ${before} partitions already\n`);
    return 0;
  });
}
