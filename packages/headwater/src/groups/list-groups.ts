import { columns } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { isPlatformGroup } from '../kafka-command/find-topics.ts';
import { parseCommandFlags, usageError } from '../kafka-command/parse-command-flags.ts';
import { lagsOf } from './group-lags.ts';

const command = 'groups list';

/** `headwater groups list`. */
export async function listGroups(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseCommandFlags(command, args, {
    ...connectionFlags,
    internal: { type: 'boolean' },
  });
  if (positionals.length > 0)
    throw usageError(command, `it takes no names ("${positionals[0]}"): groups describe does`);
  return withKafka(values, context, async (connected) => {
    const { signal, output, errors } = context;
    const all = (await connected.client.listGroups({ signal })).map(({ groupId }) => groupId);
    const names = all.filter((name) => values.internal === true || !isPlatformGroup(name));
    const groups = (await lagsOf(connected, names, signal)).map(({ partitions, description: _, ...group }) => ({
      ...group,
      topics: [...new Set(partitions.map(({ topic }) => topic))],
    }));
    if (values.json === true) output.write(`${JSON.stringify(groups)}\n`);
    else if (groups.length === 0) errors.write(`there is no group at ${connected.address} yet\n`);
    else {
      const rows = groups.map((group) => [
        group.groupId,
        group.state,
        group.type,
        group.members,
        group.lagRecords,
        group.topics.join(', '),
      ]);
      output.write(`${columns(['GROUP', 'STATE', 'TYPE', 'MEMBERS', 'LAG', 'TOPICS'], rows)}\n`);
    }
    const hidden = all.length - names.length;
    if (hidden > 0 && values.json !== true) {
      errors.write(`${hidden} of the platform's own are not shown: --internal shows them\n`);
    }
    return 0;
  });
}
