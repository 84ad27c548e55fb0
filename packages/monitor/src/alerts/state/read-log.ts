import { type KafkaClient, OffsetSpec } from '@headwater/client';

/** A record of a log, as it is stored. */
export interface LogRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface ReadLogOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  /** A time in milliseconds, or all that is there. */
  readonly from: number | 'earliest';
  /** By partition; default the ends of now. */
  readonly until?: Readonly<Record<number, number>>;
  /** Default 1,000,000. */
  readonly recordsMax?: number;
  readonly signal?: AbortSignal;
}

const recordsMaxDefault = 1_000_000;

/** Reads a topic from somewhere to its end of now. Resolves with false when there was more than it may read. A topic that is not there is empty. */
export async function readLog(
  options: ReadLogOptions,
  onRecord: (record: LogRecord, partition: number) => void,
): Promise<boolean> {
  const { client, from, recordsMax = recordsMaxDefault, signal, topic } = options;
  const partitions = await partitionsOf(client, topic);
  if (partitions.length === 0) return true;
  const wanted = (spec: number): Record<number, number> =>
    Object.fromEntries(partitions.map((partition) => [partition, spec]));
  const ends = await client.listOffsets(topic, wanted(OffsetSpec.latest));
  const starts = await client.listOffsets(topic, wanted(from === 'earliest' ? OffsetSpec.earliest : from));
  const open = new Map<number, number>();
  const offsets: Record<number, number> = {};
  for (const partition of partitions) {
    const end = options.until?.[partition] ?? ends[partition]?.offset ?? 0;
    const start = starts[partition]?.offset ?? -1;
    if (start === -1 || start >= end) continue;
    open.set(partition, end);
    offsets[partition] = start;
  }
  if (open.size === 0) return true;
  let count = 0;
  const tail = client.tail({
    topics: [topic],
    partitions: [...open.keys()],
    from: { offsets: { [topic]: offsets } },
    ...(signal && { signal }),
  });
  try {
    for await (const batch of tail) {
      const end = open.get(batch.partition);
      if (end === undefined) continue;
      for (const record of batch.records()) {
        if (record.offset >= end) break;
        if (++count > recordsMax) return false;
        onRecord(record, batch.partition);
      }
      if (batch.nextOffset >= end) open.delete(batch.partition);
      if (open.size === 0) break;
    }
  } finally {
    await tail.close();
  }
  return true;
}

/** Empty: there is no such topic. */
export async function partitionsOf(client: KafkaClient, topic: string): Promise<number[]> {
  const { topics } = await client.metadata([topic]);
  const found = topics.find(({ name }) => name === topic);
  return found?.partitions?.map(({ partition }) => partition) ?? [];
}
