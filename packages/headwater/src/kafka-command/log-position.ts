import { OffsetSpec } from '@headwater/client';
import type { Connected } from './connect-kafka.ts';
import type { Bounds } from './find-topics.ts';
import { usageError } from './parse-command-flags.ts';

/** Where to begin, as `--from` and `--to` say it. */
export type Position =
  | { kind: 'earliest' }
  | { kind: 'latest' }
  | { kind: 'offset'; offset: number }
  /** So many before the end, of each partition. */
  | { kind: 'last'; count: number }
  | { kind: 'time'; timestamp: number };

export const positionUsage =
  'earliest, latest, an OFFSET, -100 (the last 100 of each partition), -10m (s, m, h, d ago), or a time such as 2026-11-22T10:00:00Z';

const unitsMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Throws HW_CLI_USAGE. */
export function parsePosition(command: string, flag: string, text: string, nowMs: number): Position {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d{1,15}$/.test(text)) return { kind: 'offset', offset: Number(text) };
  if (/^-\d{1,15}$/.test(text)) return { kind: 'last', count: -Number(text) };
  const ago = /^-(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return { kind: 'time', timestamp: nowMs - Number(ago[1]) * unitsMs[ago[2]!]! };
  const timestamp = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(timestamp)) return { kind: 'time', timestamp };
  throw usageError(command, `--${flag} takes ${positionUsage}, not "${text}"`);
}

/** The offsets that a position means, by topic and partition, within what the logs hold. */
export async function offsetsAt(
  { client }: Connected,
  position: Position,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<Map<string, Map<number, number>>> {
  const found =
    position.kind !== 'time'
      ? {}
      : await client.listOffsetsOf(
          Object.fromEntries(
            [...bounds].map(([topic, partitions]) => [
              topic,
              Object.fromEntries([...partitions.keys()].map((partition) => [partition, position.timestamp])),
            ]),
          ),
          { signal },
        );
  const at = (topic: string, partition: number, earliest: number, latest: number): number => {
    switch (position.kind) {
      case 'earliest':
        return earliest;
      case 'latest':
        return latest;
      case 'offset':
        return Math.min(latest, Math.max(earliest, position.offset));
      case 'last':
        return Math.max(earliest, latest - position.count);
      case 'time': {
        const offset = found[topic]?.[partition]?.offset ?? OffsetSpec.latest;
        return offset < 0 ? latest : Math.max(earliest, offset);
      }
    }
  };
  return new Map(
    [...bounds].map(([topic, partitions]) => [
      topic,
      new Map(
        [...partitions].map(([partition, { earliest, latest }]) => [partition, at(topic, partition, earliest, latest)]),
      ),
    ]),
  );
}
