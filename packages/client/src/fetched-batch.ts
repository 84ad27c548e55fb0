import { type BatchHeader, iterateBatches, openRecords, type RecordCursor, type RecordView } from '@headwater/protocol';

/**
 * A record batch as it came from the broker. Its records are decompressed and decoded when they are asked for; keys and
 * values are then views into the answer's buffer, so copy what is to be kept for long.
 */
export class FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly header: BatchHeader;
  /** The partition's state when this was fetched. */
  readonly highWatermark: number;
  readonly logStartOffset: number;
  /** The first offset that was asked for: a batch may start before it. */
  readonly fromOffset: number;
  private readonly buf: Buffer;
  private readonly bufOffset: number;

  constructor(from: {
    topic: string;
    partition: number;
    header: BatchHeader;
    highWatermark: number;
    logStartOffset: number;
    fromOffset: number;
    buf: Buffer;
    bufOffset: number;
  }) {
    this.topic = from.topic;
    this.partition = from.partition;
    this.header = from.header;
    this.highWatermark = from.highWatermark;
    this.logStartOffset = from.logStartOffset;
    this.fromOffset = from.fromOffset;
    this.buf = from.buf;
    this.bufOffset = from.bufOffset;
  }

  get sizeBytes(): number {
    return this.header.sizeBytes;
  }

  /** The offset to go on from after this batch. */
  get nextOffset(): number {
    return this.header.nextOffset;
  }

  /** The batch's bytes, as stored. */
  bytes(): Buffer {
    return this.buf.subarray(this.bufOffset, this.bufOffset + this.sizeBytes);
  }

  /** The records from `fromOffset` on; none of a control batch. */
  records(): RecordView[] {
    if (this.header.isControl) return [];
    const cursor = this.cursor();
    const records: RecordView[] = [];
    while (cursor.next()) if (cursor.offset >= this.fromOffset) records.push(cursor.view());
    return records;
  }

  /** A cursor on all records, those before `fromOffset` and control records too: nothing is allocated for a record. */
  cursor(): RecordCursor {
    return openRecords(this.buf, this.bufOffset);
  }
}

/** The whole batches of a partition's answer. */
export function splitBatches(
  records: Buffer | null,
  from: { topic: string; partition: number; highWatermark: number; logStartOffset: number; fromOffset: number },
): FetchedBatch[] {
  if (records === null) return [];
  const batches: FetchedBatch[] = [];
  for (const { header, offset } of iterateBatches(records)) {
    if (header.nextOffset <= from.fromOffset) continue;
    batches.push(new FetchedBatch({ ...from, header, buf: records, bufOffset: offset }));
  }
  return batches;
}
