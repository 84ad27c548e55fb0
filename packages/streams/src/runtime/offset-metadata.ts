/*
 * What is committed beside an offset, in Kafka Streams' form (TopicPartitionMetadata, ProcessorMetadata), as base64:
 *   version(1) = 2, the greatest timestamp of the partition(8), and when operators keep times: how many(4), of each the length(4) of its
 *   name, the name in UTF-8, the time(8)
 */
const version = 2;
/** A broker takes 4,096 characters (`offset.metadata.max.bytes`). */
const charactersMax = 4_000;

export interface OffsetMetadata {
  /** -1: not known. */
  readonly partitionTimeMs: number;
  /** Of operators, by names of their choice. */
  readonly times: ReadonlyMap<string, number>;
}

export function encodeOffsetMetadata({ partitionTimeMs, times }: OffsetMetadata): string {
  if (partitionTimeMs < 0 && times.size === 0) return '';
  const head = Buffer.alloc(9);
  head[0] = version;
  head.writeBigInt64BE(wholeMs(partitionTimeMs), 1);
  if (times.size === 0) return head.toString('base64');
  const count = Buffer.alloc(4);
  count.writeInt32BE(times.size);
  const entries = Array.from(times, ([name, timeMs]) => {
    const nameBytes = Buffer.from(name);
    const entry = Buffer.alloc(12 + nameBytes.length);
    entry.writeInt32BE(nameBytes.length);
    nameBytes.copy(entry, 4);
    entry.writeBigInt64BE(wholeMs(timeMs), 4 + nameBytes.length);
    return entry;
  });
  const text = Buffer.concat([head, count, ...entries]).toString('base64');
  return text.length > charactersMax ? head.toString('base64') : text;
}

/** A timestamp extractor may give parts of milliseconds, or what is no time at all. */
function wholeMs(timeMs: number): bigint {
  const whole = Math.floor(timeMs);
  return Number.isSafeInteger(whole) ? BigInt(whole) : -1n;
}

/** Of what is not in this form, as another client may have written it, nothing is known. */
export function decodeOffsetMetadata(text: string | null): OffsetMetadata {
  const times = new Map<string, number>();
  const data = Buffer.from(text ?? '', 'base64');
  if (data.length < 9 || data[0] === 0 || data[0]! > version) return { partitionTimeMs: -1, times };
  const partitionTimeMs = Number(data.readBigInt64BE(1));
  try {
    let at = 13;
    for (let left = data.length > 9 ? data.readInt32BE(9) : 0; left > 0; left--) {
      const end = at + 4 + data.readInt32BE(at);
      times.set(data.toString('utf8', at + 4, end), Number(data.readBigInt64BE(end)));
      at = end + 8;
    }
  } catch {
    times.clear();
  }
  return { partitionTimeMs, times };
}
