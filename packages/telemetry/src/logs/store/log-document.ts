import type { LogRecord } from '../log-record.ts';

/** Where a record lies on the log. */
export interface RecordPlace {
  topic: string;
  partition: number;
  offset: number;
}

/** A record as a pipeline leaves it: with the template of its message, where one was mined. */
export type ProcessedRecord = LogRecord & { template?: string };

/** Two lines of a bulk request. The id is the record's place: what is written again replaces itself. */
export function documentLines(
  index: string,
  record: ProcessedRecord,
  { offset, partition, topic }: RecordPlace,
): string {
  const { attributes } = record;
  const document: Record<string, unknown> = { '@timestamp': isoOf(record.timestampMs, record.receivedMs), ...record };
  if (attributes !== undefined) document['labels'] = Object.keys(attributes).map((key) => `${key}=${attributes[key]}`);
  document['record'] = { topic, partition, offset };
  return `{"index":{"_index":"${index}","_id":${JSON.stringify(`${topic}-${partition}-${offset}`)}}}\n${JSON.stringify(document)}\n`;
}

/** Years that ISO 8601 writes with four digits; what is beyond is shown as when it came. */
function isoOf(timestampMs: number, receivedMs: number): string {
  const isUsual = timestampMs >= 0 && timestampMs < 253_402_300_800_000;
  return new Date(isUsual ? timestampMs : receivedMs).toISOString();
}
