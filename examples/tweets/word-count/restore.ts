import type { KafkaConnection } from '../common/kafka.ts';
import { type InRecord, TopicReader } from '../common/topic-reader.ts';
import { fromRecord } from './count-record.ts';
import { WordCounts } from './word-counts.ts';

/** Reads the counts back from the topic that they were written to; the newest record of a word holds all there is to know. */
export async function restoreCounts(
  connection: KafkaConnection,
  topic: string,
  sourceTopicId: string,
  signal: AbortSignal,
): Promise<{ counts: WordCounts; records: number; ignoredRecords: number }> {
  const counts = new WordCounts();
  let total = 0;
  let ignoredRecords = 0;
  const reader = await TopicReader.open(connection, topic);
  try {
    const onRecords = (records: InRecord[]): void => {
      total += records.length;
      for (const record of records) {
        const update = fromRecord(record, sourceTopicId);
        if (update !== undefined) counts.restore(update);
        // A key without a value takes the word out: that is what it means in a compacted topic.
        else if (record.key !== null && record.value === null) counts.forget(record.key.toString());
        else ignoredRecords += 1;
      }
    };
    await reader.readToEnd(await reader.earliestOffsets(), onRecords, signal);
    signal.throwIfAborted();
  } finally {
    await reader.close();
  }
  return { counts, records: total, ignoredRecords };
}
