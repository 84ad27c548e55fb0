import { setTimeout as sleep } from 'node:timers/promises';
import { type GroupLag, lagsOf, requireGroups } from '../groups/group-lags.ts';
import { columns } from '../kafka-command/columns.ts';
import { type CommandContext, interruptedExitCode } from '../kafka-command/command-context.ts';
import { connectionFlags, connectionUsage, withKafka } from '../kafka-command/connect-kafka.ts';
import { isPlatformGroup } from '../kafka-command/find-topics.ts';
import { parseCommandFlags, wholeNumber } from '../kafka-command/parse-command-flags.ts';
import { goneReader, writeOutput } from '../kafka-command/write-output.ts';

export const lagUsage = `headwater lag: how far consumer groups are behind, on any Kafka

  headwater lag [GROUP...] [flags]     without a name: all groups but the platform's own

Flags:
  --internal               the platform's own groups, too
  --watch                  goes on, every two seconds, with how fast the lag grows or shrinks
  --every SECONDS          of --watch
  --max-lag N              ends with 1 when a group is more than N records behind, for scripts
${connectionUsage}`;

const command = 'lag';

/** Runs `headwater lag`. Resolves with the exit code. Throws HW_CLI_USAGE. */
export async function lagCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals: names } = parseCommandFlags(command, args, {
    ...connectionFlags,
    watch: { type: 'boolean' },
    internal: { type: 'boolean' },
    every: { type: 'string' },
    'max-lag': { type: 'string' },
  });
  if (values.help === true) {
    context.output.write(`${lagUsage}\n`);
    return 0;
  }
  const everyMs = (wholeNumber(command, 'every', values.every, 1) ?? 2) * 1000;
  const lagMax = wholeNumber(command, 'max-lag', values['max-lag']);
  const gone = goneReader(context.output);
  const signal = AbortSignal.any([context.signal, gone]);
  return withKafka(values, context, async (connected) => {
    if (names.length > 0) await requireGroups(connected, names, signal);
    let before: ReadonlyMap<string, number> | null = null;
    let beforeMs = 0;
    for (;;) {
      const asked =
        names.length > 0
          ? [...new Set(names)]
          : (await connected.client.listGroups({ signal }))
              .map(({ groupId }) => groupId)
              .filter((name) => values.internal === true || !isPlatformGroup(name));
      const groups = await lagsOf(connected, asked, signal);
      const nowMs = performance.now();
      const seconds = (nowMs - beforeMs) / 1000;
      await writeOutput(context.output, values.json === true ? jsonText(groups) : lagText(groups, before, seconds));
      const late = groups.filter(({ lagRecords }) => lagMax !== undefined && lagRecords > lagMax);
      for (const { groupId, lagRecords } of late) {
        context.errors.write(
          `${groupId} is ${lagRecords.toLocaleString('en-US')} records behind, more than ${lagMax!.toLocaleString('en-US')}\n`,
        );
      }
      if (late.length > 0) return 1;
      if (values.watch !== true) return 0;
      before = new Map(groups.map(({ groupId, lagRecords }) => [groupId, lagRecords]));
      beforeMs = nowMs;
      try {
        await sleep(everyMs, undefined, { signal });
      } catch {
        return gone.aborted ? 0 : interruptedExitCode;
      }
    }
  });
}

function jsonText(groups: readonly GroupLag[]): string {
  return `${JSON.stringify(groups.map(({ description: _, ...group }) => group))}\n`;
}

/** A line a topic of a group; with what was before, how fast the group's lag changes. */
export function lagText(
  groups: readonly GroupLag[],
  before: ReadonlyMap<string, number> | null,
  seconds: number,
): string {
  const rows = groups.flatMap(({ groupId, state, members, lagRecords, partitions }) => {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const past = before?.get(groupId);
    const change = past === undefined ? null : (lagRecords - past) / seconds;
    const shown =
      change === null
        ? ''
        : change > 0
          ? `grows by ${rate(change)}`
          : change < 0
            ? `shrinks by ${rate(-change)}`
            : 'steady';
    return topics.map((topic) => {
      const own = partitions.filter((each) => each.topic === topic);
      const lag = own.reduce((sum, each) => sum + (each.lagRecords ?? 0), 0);
      return [groupId, state, members, topic, own.length, lag, ...(before === null ? [] : [shown])];
    });
  });
  if (rows.length === 0) return 'no group has committed offsets\n';
  const names = [
    'GROUP',
    'STATE',
    'MEMBERS',
    'TOPIC',
    'PARTITIONS',
    'LAG',
    ...(before === null ? [] : ['OF THE GROUP']),
  ];
  return `${columns(names, rows)}\n${before === null ? '' : '\n'}`;
}

function rate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US')}/s`;
}
