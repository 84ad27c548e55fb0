import type { KafkaConnection, OutHeader } from '../common/kafka.ts';
import { type InRecord, TopicReader } from '../common/topic-reader.ts';
import type { SourcedTweet } from './source.ts';

const sourceHeader = 'source';
const lineHeader = 'source-line';
const keyHeader = 'source-key';
const afterHeader = 'source-after';
/** So many records at the end of each partition are looked through. */
export const lookBackRecords = 20_000;

/** What the topic holds of a source. */
export interface Written {
  /**
   * Partition → the last line that reached it. Lines go out in order, and each partition gets its share of them in order: after a crash
   * every partition holds the beginning of its share, and what is missing is exactly what comes after these lines.
   */
  lines: ReadonlyMap<number, number>;
  /** Every line up to this one is there, whatever partition it went to. */
  allLinesUpTo: number;
  /** The furthest cursor up to which a live source's tweets are all there. */
  after?: string;
  /** The keys of a live source's tweets that are there, some of them from after that cursor. */
  keys: ReadonlySet<string>;
}

export const nothingWritten: Written = { lines: new Map(), allLinesUpTo: 0, keys: new Set() };

/** Headers that say where a record's source has it; none when the source cannot go on where it was. */
export function placeHeaders(source: string | undefined, { line, place }: SourcedTweet): OutHeader[] {
  if (source === undefined || (line === undefined && place === undefined)) return [];
  const of = (key: string, value: string): OutHeader => ({ key, value: Buffer.from(value) });
  return [
    of(sourceHeader, source),
    ...(line === undefined ? [] : [of(lineHeader, String(line))]),
    ...(place === undefined ? [] : [of(keyHeader, place.key)]),
    ...(place?.after === undefined ? [] : [of(afterHeader, place.after)]),
  ];
}

/** Finds in the topic how far a source was written. Cursors are decimal numbers of any length. */
export async function placesWritten(connection: KafkaConnection, topic: string, source: string): Promise<Written> {
  const reader = new TopicReader(connection, topic);
  try {
    const [earliest, latest] = await Promise.all([reader.earliestOffsets(), reader.latestOffsets()]);
    const from = new Map(
      [...latest].map(([partition, offset]) => [
        partition,
        Math.max(earliest.get(partition)!, offset - lookBackRecords),
      ]),
    );
    const lines = new Map<number, number>();
    const keys = new Set<string>();
    let after: bigint | undefined;
    await reader.readToEnd(from, (records) => {
      for (const record of records) {
        if (headerOf(record, sourceHeader) !== source) continue;
        const line = headerOf(record, lineHeader);
        if (line !== undefined) {
          lines.set(record.partition, Math.max(Number(line), lines.get(record.partition) ?? 0));
        }
        const key = headerOf(record, keyHeader);
        if (key !== undefined) keys.add(key);
        const cursor = headerOf(record, afterHeader);
        if (cursor === undefined || !/^\d{1,30}$/.test(cursor)) continue;
        if (after === undefined || BigInt(cursor) > after) after = BigInt(cursor);
      }
    });
    const allLinesUpTo = Math.min(...[...latest.keys()].map((partition) => lines.get(partition) ?? 0));
    return { lines, allLinesUpTo, keys, ...(after !== undefined && { after: String(after) }) };
  } finally {
    await reader.close();
  }
}

function headerOf({ headers }: InRecord, name: string): string | undefined {
  return headers.find(({ key }) => key === name)?.value?.toString();
}
