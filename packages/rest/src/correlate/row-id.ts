import { createHash } from 'node:crypto';
import type { Place } from './find-records.ts';

/** The namespace of the ids that sinks give their rows: see packages/connect/README.md. */
const namespace = Buffer.from('5c1c7f4e9b0a5d6f8a3e2d7b4c90e1f2', 'hex');

/** The id of the row that a sink writes for a record: UUID version 5 (RFC 9562) of `<topic>:<partition>:<offset>`. */
export function rowIdOf({ offset, partition, topic }: Place): string {
  const bytes = createHash('sha1').update(namespace).update(`${topic}:${partition}:${offset}`).digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const isRowId = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** Places from which a row may come: from the last on, back to the first. */
export interface PlaceRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** The first that is not meant. */
  readonly to: number;
}

/** Between two breaths of the process. */
const chunk = 2_000;

/** The place whose row has this id, by trying: an id cannot be read backwards. The newest places first, in turns over the ranges. */
export async function placeOfRowId(
  id: string,
  ranges: readonly PlaceRange[],
  { signal, triesMax }: { triesMax: number; signal: AbortSignal },
): Promise<{ place: Place | undefined; tries: number; isComplete: boolean }> {
  const wanted = id.toLowerCase();
  const left = ranges.map((range) => ({ ...range }));
  let tries = 0;
  while (left.some(({ from, to }) => to > from)) {
    for (const range of left) {
      for (const end = Math.max(range.from, range.to - chunk); range.to > end; ) {
        if (tries >= triesMax) return { place: undefined, tries, isComplete: false };
        tries++;
        range.to--;
        const place = { topic: range.topic, partition: range.partition, offset: range.to };
        if (rowIdOf(place) === wanted) return { place, tries, isComplete: true };
      }
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }
  return { place: undefined, tries, isComplete: true };
}
