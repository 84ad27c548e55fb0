import type { KafkaClient, PartitionReader } from '@headwater/client';
import { OffsetSpec } from '@headwater/client';
import type { StateStore } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';

/** A store, and the changelog that it is filled from. */
export interface Restoration {
  readonly store: Pick<StateStore, 'restore'>;
  readonly topic: string;
  readonly partition: number;
  /** -1: from the beginning. */
  readonly fromOffset: number;
  /** Undefined: to the end as it is now. */
  readonly toOffset: number | undefined;
  /** Called when it begins. */
  onBegin?(fromOffset: number, endOffset: number): void;
  /** Called as it goes on; a promise is waited for. */
  onProgress?(nextOffset: number, endOffset: number): Promise<void> | undefined;
  /** Called once all are restored. */
  onRestored?(nextOffset: number): void;
}

export interface RestoreOptions {
  readonly isolation: 'read_uncommitted' | 'read_committed';
  readonly signal: AbortSignal;
}

/** How many records are read back before others get a turn. */
const sliceRecords = 20_000;

/** Fills stores from their changelogs; the offsets up to which they were read, in the order given. */
export async function restoreStores(
  client: KafkaClient,
  restorations: readonly Restoration[],
  { isolation, signal }: RestoreOptions,
): Promise<number[]> {
  if (restorations.length === 0) return [];
  const [ends, starts] = await Promise.all([
    boundsOf(client, restorations, OffsetSpec.latest, signal),
    boundsOf(client, restorations, OffsetSpec.earliest, signal),
  ]);
  if (ends.every((end, index) => end <= Math.max(restorations[index]!.fromOffset, starts[index]!))) {
    return ends.map((end, index) => Math.max(end, restorations[index]!.fromOffset, starts[index]!));
  }
  const open = new Map<string, { restoration: Restoration; end: number }>();
  const result: number[] = [];
  let failure: unknown = null;
  let wake: () => void = () => {};
  const reader: PartitionReader = client.partitionReader({
    isolation,
    partitionMaxBytes: 4 * 1024 * 1024,
    onReady: () => wake(),
    onAnswered: () => wake(),
    onOutOfRange: (topic, partition) => {
      failure = new StreamsError(
        'HW_STREAMS_TASK_CORRUPTED',
        `${topic}-${partition} lost what was being restored from it`,
      );
      wake();
    },
    onError: (error) => {
      failure = error;
      wake();
    },
  });
  const onAbort = () => {
    failure = signal.reason;
    wake();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    restorations.forEach((restoration, index) => {
      const { fromOffset, partition, toOffset, topic } = restoration;
      const end = Math.min(toOffset ?? Number.MAX_SAFE_INTEGER, ends[index]!);
      const start = Math.max(fromOffset, starts[index]!);
      result.push(Math.max(end, start));
      restoration.onBegin?.(start, Math.max(end, start));
      if (start >= end) return;
      open.set(`${topic}/${partition}`, { restoration, end });
      reader.add(topic, partition, start);
    });
    while (open.size > 0) {
      if (failure !== null) throw failure;
      const news = new Promise<void>((resolve) => {
        wake = resolve;
      });
      let records = 0;
      for (let batch = reader.take(); batch !== null; batch = reader.take()) {
        const found = open.get(`${batch.topic}/${batch.partition}`);
        if (found === undefined) continue;
        const { end, restoration } = found;
        const cursor = batch.cursor();
        while (cursor.next()) {
          if (cursor.offset < batch.fromOffset || cursor.offset >= end) continue;
          const key = cursor.key();
          if (key !== null) restoration.store.restore(key, cursor.value(), cursor.timestamp);
          records++;
        }
        const waiting = restoration.onProgress?.(Math.min(batch.nextOffset, end), end);
        if (waiting !== undefined) await waiting;
        if (records < sliceRecords) continue;
        records = 0;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      for (const [key, { end, restoration }] of open) {
        if (reader.position(restoration.topic, restoration.partition) < end) continue;
        open.delete(key);
        reader.remove(restoration.topic, restoration.partition);
      }
      if (open.size > 0 && !reader.hasReady) await news;
    }
    return result;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await reader.close();
  }
}

/**
 * Ends count what transactions have not ended yet. One that has committed the offsets is to be in the state, and its end may not have come
 * to this partition so far: it is waited for, as is one of an instance that died.
 */
async function boundsOf(
  client: KafkaClient,
  restorations: readonly Restoration[],
  spec: number,
  signal: AbortSignal,
): Promise<number[]> {
  const wanted: Record<string, Record<number, number>> = {};
  for (const { partition, topic } of restorations) (wanted[topic] ??= {})[partition] = spec;
  const found = await client.listOffsetsOf(wanted, { isolation: 'read_uncommitted', signal });
  return restorations.map(({ partition, topic }) => found[topic]![partition]!.offset);
}
