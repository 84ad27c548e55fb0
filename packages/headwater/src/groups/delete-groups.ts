import { HeadwaterError } from '../headwater-error.ts';
import { counted } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { confirmed } from '../kafka-command/confirm.ts';
import { connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { parseCommandFlags, usageError } from '../kafka-command/parse-command-flags.ts';
import { lagsOf, requireGroups } from './group-lags.ts';

const command = 'groups delete';

/** `headwater groups delete`: its offsets are gone with it. */
export async function deleteGroups(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseCommandFlags(command, args, {
    ...connectionFlags,
    yes: { type: 'boolean', short: 'y' },
  });
  const names = [...new Set(positionals)];
  if (names.length === 0) throw usageError(command, 'which group?');
  return withKafka(values, context, async (connected) => {
    const { signal, output, errors } = context;
    await requireGroups(connected, names, signal);
    const groups = await lagsOf(connected, names, signal);
    const busy = groups.find(({ members }) => members > 0);
    if (busy !== undefined) {
      throw new HeadwaterError(
        'HW_GROUPS_BUSY',
        `${busy.groupId} has ${counted(busy.members, 'member')}: stop them first (headwater groups describe ${busy.groupId})`,
      );
    }
    for (const { groupId, state, partitions, lagRecords } of groups) {
      errors.write(
        `${groupId}: ${state}, offsets of ${counted(partitions.length, 'partition')}, lag ${lagRecords.toLocaleString('en-US')}\n`,
      );
    }
    if (values.yes !== true && !(await confirmed(groups.length, 'group', context))) return 1;
    const results = await connected.client.deleteGroups(names, { signal });
    for (const { groupId, error } of results) {
      if (error !== null) errors.write(`headwater: ${error.message} [${error.kafkaName ?? error.code}]\n`);
      else if (values.json !== true) output.write(`${groupId} deleted\n`);
    }
    const deleted = results.filter(({ error }) => error === null).map(({ groupId }) => groupId);
    if (values.json === true) output.write(`${JSON.stringify({ deleted })}\n`);
    return deleted.length === results.length ? 0 : 1;
  });
}
