import type { OutRecord } from '../common/kafka.ts';
import type { InRecord } from '../common/topic-reader.ts';
import type { WordUpdate } from './word-counts.ts';

/**
 * A record of `twitter-analytics-topic`: key = the word; value = `{"word","wordCount","createdAt"}`; header `counted` = what
 * the count holds, as `<id of the source topic>/<partition>:<offset of the last tweet counted>,…`.
 */
const countedHeader = Buffer.from('counted');

export function toRecord(update: WordUpdate, topic: string, sourceTopicId: string, nowMs: number): OutRecord {
  const counted = [...update.counted].map(([partition, offset]) => `${partition}:${offset}`).join(',');
  return {
    topic,
    key: Buffer.from(update.word),
    value: Buffer.from(JSON.stringify({ word: update.word, wordCount: update.count, createdAt: nowMs })),
    headers: new Map([[countedHeader, Buffer.from(`${sourceTopicId}/${counted}`)]]),
  };
}

/**
 * Reads such a record; undefined when it is none. Offsets of another source topic (deleted and created anew under its name)
 * say nothing about this one: the count goes on, with all of the new topic before it.
 */
export function fromRecord(record: InRecord, sourceTopicId: string): WordUpdate | undefined {
  if (record.key === null || record.value === null) return undefined;
  const count = countIn(record.value);
  if (count === undefined) return undefined;
  const header = record.headers.find(([name]) => name?.equals(countedHeader))?.[1]?.toString() ?? '';
  const slash = header.indexOf('/');
  const isOurs = header.slice(0, slash) === sourceTopicId;
  return {
    word: record.key.toString(),
    count,
    counted: isOurs ? offsetsIn(header.slice(slash + 1)) : new Map(),
  };
}

function countIn(value: Buffer): number | undefined {
  try {
    const count = (JSON.parse(value.toString()) as { wordCount?: unknown } | null)?.wordCount;
    return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
  } catch {
    return undefined;
  }
}

function offsetsIn(text: string): Map<number, number> {
  const offsets = new Map<number, number>();
  for (const match of text.matchAll(/(\d+):(\d+)/g)) offsets.set(Number(match[1]), Number(match[2]));
  return offsets;
}
