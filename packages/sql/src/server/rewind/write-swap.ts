import type { KafkaClient } from '@headwater/client';
import type { TableDifference } from './table-difference.ts';

/** Says to the processes after this one that the swap was done. */
export interface SwapRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
}

export interface SwapWriting {
  readonly client: KafkaClient;
  readonly transactionalId: string;
  /** The table's. */
  readonly topic: string;
  /** Null: of a stream nothing is changed. */
  readonly difference: TableDifference | null;
  readonly swapRecord: SwapRecord | null;
  readonly signal: AbortSignal;
}

/** The longest that a broker allows by default: differences of a large table take their time. */
const transactionTimeoutMs = 900_000;

/** Writes what differs, and that the swap was done, all at once or nothing of it. */
export async function writeSwap({
  client,
  difference,
  signal,
  swapRecord,
  topic,
  transactionalId,
}: SwapWriting): Promise<void> {
  if (difference === null && swapRecord === null) return;
  const producer = client.transactionalProducer({
    transactionalId,
    transactionTimeoutMs,
    lingerMs: 0,
    allowAutoTopicCreation: false,
  });
  try {
    await producer.transaction(async () => {
      if (difference !== null) {
        for await (const changes of difference.changes(signal)) {
          const lots = Map.groupBy(changes, ({ partition }) => partition);
          await Promise.all(Array.from(lots, ([partition, records]) => producer.send({ topic, partition, records })));
        }
      }
      if (swapRecord !== null) {
        const { key, partition, topic: commands, value } = swapRecord;
        await producer.send({ topic: commands, partition, records: [{ key, value }] });
      }
      signal.throwIfAborted();
    });
  } finally {
    await producer.close();
  }
}
