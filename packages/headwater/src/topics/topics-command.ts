import type { CommandContext } from '../kafka-command/command-context.ts';
import { connectionUsage } from '../kafka-command/connect-kafka.ts';
import { usageError } from '../kafka-command/parse-command-flags.ts';
import { alterTopic } from './alter-topic.ts';
import { createTopics } from './create-topics.ts';
import { deleteTopics } from './delete-topics.ts';
import { describeTopics } from './describe-topics.ts';
import { listTopics } from './list-topics.ts';

export const topicsUsage = `headwater topics: the topics of any Kafka

  headwater topics create NAME...    [--partitions N] [--replication-factor N] [--config KEY=VALUE]... [--if-not-exists]
  headwater topics list              [--internal]: Kafka's and the platform's own, too
  headwater topics describe NAME...  partitions, offsets, size, settings that differ from the defaults, groups that read it
  headwater topics alter NAME        [--partitions N] [--config KEY=VALUE]... [--delete-config KEY]...
  headwater topics delete NAME...    [--yes]: says what goes and asks; without a terminal it needs --yes

${connectionUsage}`;

const actions = {
  create: createTopics,
  list: listTopics,
  describe: describeTopics,
  alter: alterTopic,
  delete: deleteTopics,
};

/** Runs `headwater topics`. Resolves with the exit code. Throws HW_CLI_USAGE. */
export async function topicsCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const [action, ...rest] = args;
  if (action === undefined) throw usageError('topics', 'what about topics? create, list, describe, alter or delete');
  if (action === 'help' || args.includes('--help') || args.includes('-h')) {
    context.output.write(`${topicsUsage}\n`);
    return 0;
  }
  if (!Object.hasOwn(actions, action)) {
    throw usageError('topics', `there is no "topics ${action}": create, list, describe, alter and delete are there`);
  }
  return actions[action as keyof typeof actions](rest, context);
}
