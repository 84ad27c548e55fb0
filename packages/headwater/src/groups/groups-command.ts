import type { CommandContext } from '../kafka-command/command-context.ts';
import { connectionUsage } from '../kafka-command/connect-kafka.ts';
import { positionUsage } from '../kafka-command/log-position.ts';
import { usageError } from '../kafka-command/parse-command-flags.ts';
import { deleteGroups } from './delete-groups.ts';
import { describeGroup } from './describe-group.ts';
import { listGroups } from './list-groups.ts';
import { resetGroup } from './reset-group.ts';

export const groupsUsage = `headwater groups: the consumer groups of any Kafka

  headwater groups list               with state, members, topics and lag; --internal: the platform's own, too
  headwater groups describe GROUP     its members, and offset, end and lag of each partition
  headwater groups reset GROUP --topic TOPIC[:0,1]... --to WHERE | --shift N   [--execute]
                                      says what would be skipped or replayed; --execute does it, and needs a group without members
                                      (--all-topics: of all that it has offsets of)
  headwater groups delete GROUP...    [--yes]

  WHERE                    ${positionUsage}
${connectionUsage}`;

const actions = { list: listGroups, describe: describeGroup, reset: resetGroup, delete: deleteGroups };

/** Runs `headwater groups`. Resolves with the exit code. Throws HW_CLI_USAGE. */
export async function groupsCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const [action, ...rest] = args;
  if (action === undefined) throw usageError('groups', 'what about groups? list, describe, reset or delete');
  if (action === 'help' || args.includes('--help') || args.includes('-h')) {
    context.output.write(`${groupsUsage}\n`);
    return 0;
  }
  if (!Object.hasOwn(actions, action)) {
    throw usageError('groups', `there is no "groups ${action}": list, describe, reset and delete are there`);
  }
  return actions[action as keyof typeof actions](rest, context);
}
