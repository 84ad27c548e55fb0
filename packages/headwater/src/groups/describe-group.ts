import { type Cell, columns, counted } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { parseCommandFlags, usageError } from '../kafka-command/parse-command-flags.ts';
import { type GroupLag, lagsOf, requireGroups } from './group-lags.ts';

const command = 'groups describe';

/** `headwater groups describe`. */
export async function describeGroup(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals: names } = parseCommandFlags(command, args, connectionFlags);
  if (names.length === 0) throw usageError(command, 'which group? headwater groups list shows them');
  return withKafka(values, context, async (connected) => {
    const { signal, output } = context;
    await requireGroups(connected, names, signal);
    const groups = await lagsOf(connected, [...new Set(names)], signal);
    if (values.json === true) output.write(`${JSON.stringify(groups.map(groupJson))}\n`);
    else output.write(`${groups.map(groupText).join('\n\n')}\n`);
    return 0;
  });
}

function groupJson({ description, members: _, ...group }: GroupLag): unknown {
  const { protocol, coordinator, members } = description;
  return { ...group, protocol, coordinator, members };
}

function groupText(group: GroupLag): string {
  const { protocol, coordinator, members } = group.description;
  const head = [
    group.state,
    `protocol ${group.type}${protocol === '' ? '' : ` (${protocol})`}`,
    ...(coordinator === null ? [] : [`coordinator ${coordinator.host}:${coordinator.port}`]),
    counted(members.length, 'member'),
    `lag ${group.lagRecords.toLocaleString('en-US')}`,
  ];
  const rows = group.partitions.map((each): Cell[] => [
    each.topic,
    each.partition,
    each.committed,
    each.end,
    each.lagRecords,
    each.clientId ?? '-',
    each.host ?? '-',
  ]);
  const table =
    rows.length === 0
      ? 'It has committed no offsets.'
      : columns(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'CLIENT', 'HOST'], rows);
  return `${group.groupId}: ${head.join(', ')}\n\n${table}`;
}
