import type { TopicPartition } from '../by-leader.ts';
import { ClientError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { listOffsets, OffsetSpec } from '../list-offsets.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import type { PartitionState, StartSpec } from './partition-state.ts';

/** What `autoOffsetReset` says at this moment; null: to fail. */
export function resetSpec(reset: ConsumerOptions['autoOffsetReset'] = 'latest'): StartSpec | null {
  if (reset === 'fail') return null;
  if (typeof reset === 'string') return reset;
  return 'agoMs' in reset ? { timestamp: Date.now() - reset.agoMs } : reset;
}

export function noOffset({ topic, partition }: TopicPartition, why: string): ClientError {
  const message = `${topic}-${partition}: ${why}; seek() to where to read, or set autoOffsetReset`;
  return new ClientError('HW_CLIENT_NO_OFFSET', message);
}

/** The offsets that each partition's `startAt` means; past the last record where none is late enough. */
export async function findStartOffsets(
  cluster: Cluster,
  states: readonly PartitionState[],
  isolation: 'read_uncommitted' | 'read_committed',
  signal: AbortSignal,
): Promise<Map<PartitionState, number>> {
  const found = new Map<PartitionState, number>();
  let rest = states.map((state) => ({ state, timestamp: timestampOf(state.startAt!) }));
  while (rest.length > 0) {
    const wanted: Record<string, Record<number, number>> = {};
    for (const { state, timestamp } of rest) (wanted[state.topic] ??= {})[state.partition] = timestamp;
    const answers = await listOffsets(cluster, wanted, { isolation, signal });
    const later: typeof rest = [];
    for (const { state } of rest) {
      const { offset } = answers[state.topic]![state.partition]!;
      if (offset < 0) later.push({ state, timestamp: OffsetSpec.latest });
      else found.set(state, offset);
    }
    rest = later;
  }
  return found;
}

function timestampOf(spec: StartSpec): number {
  return typeof spec === 'string' ? OffsetSpec[spec] : spec.timestamp;
}
