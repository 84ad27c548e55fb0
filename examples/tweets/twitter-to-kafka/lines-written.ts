import type { KafkaConnection } from '../common/kafka.ts';
import { type InRecord, TopicReader } from '../common/topic-reader.ts';

const sourceHeader = Buffer.from('source');
const lineHeader = Buffer.from('source-line');
/** So many records at the end of each partition are looked through. */
export const lookBackRecords = 20_000;

/** Headers that say which line of which file a record was made from. */
export function lineHeaders(source: string, line: number): Map<Buffer, Buffer> {
  return new Map([
    [sourceHeader, Buffer.from(source)],
    [lineHeader, Buffer.from(String(line))],
  ]);
}

/**
 * Finds in the topic how far a file was written: partition → the last line that reached it. Lines go out in order, and each
 * partition gets its share of them in order: after a crash every partition holds the beginning of its share, and what is
 * missing is exactly what comes after these lines.
 */
export async function linesWritten(
  connection: KafkaConnection,
  topic: string,
  source: string,
): Promise<Map<number, number>> {
  const reader = await TopicReader.open(connection, topic);
  try {
    const [earliest, latest] = await Promise.all([reader.earliestOffsets(), reader.latestOffsets()]);
    const from = new Map(
      [...latest].map(([partition, offset]) => [
        partition,
        Math.max(earliest.get(partition)!, offset - lookBackRecords),
      ]),
    );
    const lines = new Map<number, number>();
    await reader.readToEnd(from, (records) => {
      for (const record of records) {
        const line = lineOf(record, source);
        if (line !== undefined) lines.set(record.partition, Math.max(line, lines.get(record.partition) ?? 0));
      }
    });
    return lines;
  } finally {
    await reader.close();
  }
}

function lineOf({ headers }: InRecord, source: string): number | undefined {
  const header = (name: Buffer): string | undefined => headers.find(([key]) => key?.equals(name))?.[1]?.toString();
  return header(sourceHeader) === source ? Number(header(lineHeader)) : undefined;
}
