import { HeadwaterError } from '../headwater-error.ts';
import { columns, counted } from '../kafka-command/columns.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import { type Connected, connectionFlags, withKafka } from '../kafka-command/connect-kafka.ts';
import { type Bounds, boundsOf, requireTopics } from '../kafka-command/find-topics.ts';
import { offsetsAt, type Position, parsePosition } from '../kafka-command/log-position.ts';
import { parseCommandFlags, usageError } from '../kafka-command/parse-command-flags.ts';

const command = 'groups reset';

interface Wanted {
  readonly topic: string;
  /** Undefined: all. */
  readonly partitions?: readonly number[];
}

interface Move {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing was committed. */
  readonly from: number | null;
  readonly to: number;
  readonly skippedRecords: number;
  readonly replayedRecords: number;
}

/** `headwater groups reset`: only the topics that are named, and nothing is changed without `--execute`. */
export async function resetGroup(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseCommandFlags(command, args, {
    ...connectionFlags,
    topic: { type: 'string', multiple: true },
    'all-topics': { type: 'boolean' },
    to: { type: 'string' },
    shift: { type: 'string' },
    execute: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  });
  const [groupId, ...more] = positionals;
  if (groupId === undefined || more.length > 0) throw usageError(command, 'it takes the name of one group');
  const wanted = (values.topic ?? []).map(wantedOf);
  if (wanted.length > 0 === (values['all-topics'] === true)) {
    throw usageError(command, 'which topics? --topic NAME, several times where needed, or --all-topics');
  }
  if ((values.to === undefined) === (values.shift === undefined))
    throw usageError(command, 'where to? --to WHERE, or --shift N');
  if (values.execute === true && values['dry-run'] === true)
    throw usageError(command, '--execute and --dry-run: give one of the two');
  const position = values.to === undefined ? null : parsePosition(command, 'to', values.to, Date.now());
  const shift = values.shift === undefined ? 0 : Number(values.shift);
  if (!Number.isSafeInteger(shift) || values.shift === '')
    throw usageError(command, `--shift takes a whole number, such as -100, not "${values.shift}"`);
  return withKafka(values, context, async (connected) => {
    const { signal, output, errors } = context;
    const moves = await movesOf(connected, groupId, wanted, position, shift, signal);
    const isExecuted = values.execute === true;
    if (isExecuted) await execute(connected, groupId, moves, signal);
    if (values.json === true) {
      output.write(`${JSON.stringify({ groupId, isExecuted, moves })}\n`);
      return 0;
    }
    const rows = moves.map(({ topic, partition, from, to, skippedRecords, replayedRecords }) => {
      const what =
        skippedRecords > 0
          ? `skips ${counted(skippedRecords, 'record')}`
          : replayedRecords > 0
            ? `replays ${counted(replayedRecords, 'record')}`
            : 'stays';
      return [topic, partition, from, to, from === null ? 'had none' : what];
    });
    output.write(`${columns(['TOPIC', 'PARTITION', 'FROM', 'TO', 'WHICH'], rows)}\n`);
    if (isExecuted) errors.write(`${groupId} is there now\n`);
    else {
      const first = moves.find(({ skippedRecords, replayedRecords }) => skippedRecords + replayedRecords > 0);
      if (first !== undefined) {
        const start = Math.min(first.from ?? first.to, first.to);
        const count = Math.min(10, first.skippedRecords + first.replayedRecords);
        errors.write(
          `the first of them: headwater consume ${first.topic} --partition ${first.partition} --from ${start} --max ${count}\n`,
        );
      }
      errors.write('nothing is changed; --execute does it\n');
    }
    return 0;
  });
}

function wantedOf(text: string): Wanted {
  const match = /^([^:]+)(?::(\d+(?:,\d+)*))?$/.exec(text);
  if (match === null) throw usageError(command, `--topic takes NAME or NAME:0,1 with partitions, not "${text}"`);
  const [, topic, list] = match;
  return { topic: topic!, ...(list !== undefined && { partitions: list.split(',').map(Number) }) };
}

async function movesOf(
  connected: Connected,
  groupId: string,
  given: readonly Wanted[],
  position: Position | null,
  shift: number,
  signal: AbortSignal,
): Promise<Move[]> {
  const committed = new Map(
    (await connected.client.committedOffsets(groupId, { signal })).map(({ topic, partition, offset }) => [
      `${topic}/${partition}`,
      offset,
    ]),
  );
  const wanted =
    given.length > 0
      ? given
      : [...new Set([...committed.keys()].map((place) => place.slice(0, place.lastIndexOf('/'))))].map(
          (topic): Wanted => ({ topic }),
        );
  if (wanted.length === 0)
    throw new HeadwaterError('HW_GROUPS_EMPTY', `${groupId} has committed no offsets: name its topics by --topic`);
  const found = await requireTopics(
    connected,
    wanted.map(({ topic }) => topic),
    signal,
  );
  const chosen = found.map((topic) => {
    const { partitions } = wanted.find((one) => one.topic === topic.name)!;
    const missing = partitions?.find((index) => !topic.partitions.some(({ partition }) => partition === index));
    if (missing !== undefined)
      throw new HeadwaterError(
        'HW_GROUPS_PARTITION',
        `${topic.name} has no partition ${missing}: it has 0 to ${topic.partitions.length - 1}`,
      );
    return {
      ...topic,
      partitions: topic.partitions.filter(({ partition }) => partitions?.includes(partition) ?? true),
    };
  });
  const bounds = await boundsOf(connected, chosen, signal);
  const targets = position === null ? null : await offsetsAt(connected, position, bounds, signal);
  return [...bounds].flatMap(([topic, held]) =>
    [...held.keys()].map((partition): Move => {
      const from = committed.get(`${topic}/${partition}`) ?? null;
      const to =
        targets === null ? shifted(topic, partition, from, shift, bounds) : targets.get(topic)!.get(partition)!;
      const { earliest } = held.get(partition)!;
      const start = from === null ? to : Math.max(from, earliest);
      return {
        topic,
        partition,
        from,
        to,
        skippedRecords: Math.max(0, to - start),
        replayedRecords: Math.max(0, start - to),
      };
    }),
  );
}

function shifted(topic: string, partition: number, from: number | null, shift: number, bounds: Bounds): number {
  if (from === null) {
    throw new HeadwaterError(
      'HW_GROUPS_NO_OFFSET',
      `nothing is committed of ${topic}-${partition}, so there is nothing to shift: --to earliest or latest`,
    );
  }
  const { earliest, latest } = bounds.get(topic)!.get(partition)!;
  return Math.min(latest, Math.max(earliest, from + shift));
}

async function execute(
  connected: Connected,
  groupId: string,
  moves: readonly Move[],
  signal: AbortSignal,
): Promise<void> {
  const [group] = await connected.client.describeGroups([groupId], { signal });
  if (group!.members.length > 0) {
    const who = group!.members.slice(0, 3).map(({ clientId, clientHost }) => `${clientId} (${clientHost})`);
    throw new HeadwaterError(
      'HW_GROUPS_BUSY',
      `${groupId} has ${counted(group!.members.length, 'member')}, which would go on where they are: stop ${who.join(', ')}${group!.members.length > 3 ? ', …' : ''} first`,
    );
  }
  const offsets: Record<string, Record<number, number>> = {};
  for (const { topic, partition, to } of moves) (offsets[topic] ??= {})[partition] = to;
  await connected.client.commitOffsets(groupId, offsets, { signal });
}
