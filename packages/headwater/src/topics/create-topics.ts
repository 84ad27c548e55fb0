import { ErrorCode } from '@headwater/protocol';
import { counted } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { namedValues, parseCommandFlags, usageError, wholeNumber } from '../kafka-command/parse-command-flags.ts';

const command = 'topics create';

/** `headwater topics create`. */
export async function createTopics(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals: names } = parseCommandFlags(command, args, {
    ...connectionFlags,
    partitions: { type: 'string' },
    'replication-factor': { type: 'string' },
    config: { type: 'string', multiple: true },
    'if-not-exists': { type: 'boolean' },
  });
  if (names.length === 0)
    throw usageError(command, 'it needs the name of a topic, such as headwater topics create orders');
  const partitions = wholeNumber(command, 'partitions', values.partitions, 1);
  const replicationFactor = wholeNumber(command, 'replication-factor', values['replication-factor'], 1);
  const configs = namedValues(command, 'config', values.config);
  return withKafka(values, context, async ({ client }) => {
    const { signal, output, errors } = context;
    const wanted = [...new Set(names)].map((name) => ({
      name,
      configs,
      ...(partitions !== undefined && { partitions }),
      ...(replicationFactor !== undefined && { replicationFactor }),
    }));
    const results = await client.createTopics(wanted, { signal });
    let exitCode = 0;
    const created: unknown[] = [];
    for (const { name, topicId, partitions: count, replicationFactor: replicas, error } of results) {
      const isThere = error?.kafkaCode === ErrorCode.TOPIC_ALREADY_EXISTS;
      if (error !== null && !(isThere && values['if-not-exists'] === true)) {
        exitCode = 1;
        errors.write(
          `headwater: ${error.message}${isThere ? ' (--if-not-exists is content with that)' : ''} [${error.kafkaName ?? error.code}]\n`,
        );
        continue;
      }
      created.push({ name, created: error === null, topicId, partitions: count, replicationFactor: replicas });
      if (values.json === true) continue;
      const shape =
        count == null
          ? ''
          : `: ${counted(count, 'partition')}${replicas == null ? '' : `, replication factor ${replicas}`}`;
      output.write(error === null ? `${name} created${shape}\n` : `${name} is there already\n`);
    }
    if (values.json === true) output.write(`${JSON.stringify(created)}\n`);
    return exitCode;
  });
}
