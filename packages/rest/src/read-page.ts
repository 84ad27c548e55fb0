import type { FetchedBatch, KafkaClient } from '@headwater/client';
import { HttpError } from '@headwater/http';
import type { RecordView } from '@headwater/protocol';
import { type PartitionBounds, positionsFrom, topicBounds } from './bounds.ts';
import type { ConsumeQuery } from './consume-query.ts';
import { formatCursor, type Positions } from './cursor.ts';
import { recordFilter } from './record-filter.ts';
import { type Placed, recordJson } from './record-json.ts';
import type { RecordSchemas } from './schemas/record-schemas.ts';

/** A filter looks at no more than this in one request; the cursor of the answer goes on from there. */
const scanRecordsMax = 200_000;
const scanTimeMs = 4_000;
const fetchBytes = 1024 * 1024;

interface Found {
  record: RecordView;
  at: Placed;
}

interface Page {
  found: Found[];
  /** The first offset of each partition that is after the page. */
  next: Positions;
  /** The first offset of each partition that the page began with. */
  start: Positions;
  scannedRecords: number;
}

/** Reads a page of a topic as JSON text: `{"topic","records","cursor","previousCursor","scannedRecords","partitions"}`. */
export async function readPage(
  client: KafkaClient,
  topic: string,
  query: ConsumeQuery,
  signal: AbortSignal,
  schemas: RecordSchemas | null = null,
): Promise<string> {
  const bounds = await topicBounds(client, topic, query.partition, signal);
  const given = await givenPositions(client, topic, bounds, query, signal);
  const page =
    query.order === 'asc'
      ? await readForward(client, topic, bounds, given, query, signal)
      : await readBackward(client, topic, bounds, given, query, signal);
  await schemas?.prepare(page.found.map(({ record }) => record));
  const records = page.found.map(({ record, at }) => recordJson(record, at, query.format, schemas));
  return (
    `{"topic":${JSON.stringify(topic)},"records":[${records.join(',')}],` +
    `"cursor":"${formatCursor(page.next)}","previousCursor":"${formatCursor(page.start)}",` +
    `"scannedRecords":${page.scannedRecords},"partitions":${JSON.stringify(bounds)}}`
  );
}

/** Ascending: the first offset to read. Descending: the offset to stay below. Partitions that a cursor leaves out are at their end. */
async function givenPositions(
  client: KafkaClient,
  topic: string,
  bounds: readonly PartitionBounds[],
  query: ConsumeQuery,
  signal: AbortSignal,
): Promise<Positions> {
  const { positions } = query;
  if (positions === null) {
    const from = query.from ?? (query.order === 'asc' ? 'earliest' : 'latest');
    return await positionsFrom(client, topic, bounds, from, signal);
  }
  // What retention has taken since cannot be gone on from: the page begins with what is left.
  return new Map(
    bounds.map(({ partition, earliest, latest }) => [
      partition,
      Math.max(earliest, Math.min(positions.get(partition) ?? latest, latest)),
    ]),
  );
}

/** Records from the positions on, the oldest first over all partitions. */
async function readForward(
  client: KafkaClient,
  topic: string,
  bounds: readonly PartitionBounds[],
  start: Positions,
  query: ConsumeQuery,
  signal: AbortSignal,
): Promise<Page> {
  const lanes = bounds.map((bound) => new Lane(topic, bound, start.get(bound.partition)!));
  const matches = recordFilter(query.contains);
  const found: Found[] = [];
  const untilMs = Date.now() + scanTimeMs;
  let scannedRecords = 0;
  let sizeBytes = 0;
  while (found.length < query.limit && sizeBytes < query.maxBytes && scannedRecords < scanRecordsMax) {
    const empty = lanes.filter((lane) => lane.isEmpty && !lane.isAtEnd);
    if (empty.length > 0) await fill(client, empty, signal);
    const lane = oldest(lanes);
    if (lane === undefined) {
      if (lanes.every(({ isAtEnd }) => isAtEnd)) break;
      continue;
    }
    const next = lane.take();
    scannedRecords += 1;
    if (!matches(next.record)) {
      if ((scannedRecords & 1023) === 0 && Date.now() > untilMs) break;
      continue;
    }
    found.push(next);
    sizeBytes += (next.record.value?.length ?? 0) + (next.record.key?.length ?? 0);
  }
  return { found, start, next: new Map(lanes.map((lane) => [lane.partition, lane.nextOffset])), scannedRecords };
}

/** Records below the positions, the newest first over all partitions. */
async function readBackward(
  client: KafkaClient,
  topic: string,
  bounds: readonly PartitionBounds[],
  before: Positions,
  query: ConsumeQuery,
  signal: AbortSignal,
): Promise<Page> {
  const windowRecords = Math.max(16, Math.ceil((query.limit * 2) / bounds.length));
  const lanes = bounds.map((bound) => new BackwardLane(topic, bound, before.get(bound.partition)!, windowRecords));
  const matches = recordFilter(query.contains);
  const found: Found[] = [];
  const untilMs = Date.now() + scanTimeMs;
  let scannedRecords = 0;
  let sizeBytes = 0;
  while (found.length < query.limit && sizeBytes < query.maxBytes) {
    const empty = lanes.filter((lane) => lane.isEmpty && !lane.isAtEnd);
    if (empty.length > 0) {
      // Which record is the newest is known only when every partition shows its own.
      if (scannedRecords >= scanRecordsMax || Date.now() > untilMs) break;
      const scanned = await Promise.all(empty.map((lane) => lane.widen(client, matches, signal)));
      for (const count of scanned) scannedRecords += count;
      continue;
    }
    const lane = newest(lanes);
    if (lane === undefined) break;
    const next = lane.take();
    found.push(next);
    sizeBytes += (next.record.value?.length ?? 0) + (next.record.key?.length ?? 0);
  }
  const start = new Map(lanes.map((lane) => [lane.partition, lane.position]));
  return { found, start, next: new Map(before), scannedRecords };
}

/** The lane whose last waiting record is the newest; undefined when none waits. */
function newest(lanes: readonly BackwardLane[]): BackwardLane | undefined {
  let best: BackwardLane | undefined;
  for (const lane of lanes) {
    if (lane.isEmpty) continue;
    if (best === undefined || lane.lastTimestamp > best.lastTimestamp) best = lane;
  }
  return best;
}

/** One partition on its way down: a log is read forward only, so window by window before what was shown. */
class BackwardLane {
  readonly partition: number;
  readonly #topic: string;
  readonly #bound: PartitionBounds;
  #windowRecords: number;
  /** Everything from here on was looked at. */
  #low: number;
  /** What matched and waits, the newest last. */
  #waiting: Found[] = [];

  constructor(topic: string, bound: PartitionBounds, before: number, windowRecords: number) {
    this.#topic = topic;
    this.#bound = bound;
    this.partition = bound.partition;
    this.#low = before;
    this.#windowRecords = windowRecords;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get isAtEnd(): boolean {
    return this.#low <= this.#bound.earliest;
  }

  get lastTimestamp(): number {
    return this.#waiting.at(-1)!.record.timestamp;
  }

  /** The offset that an older page stays below. */
  get position(): number {
    const last = this.#waiting.at(-1);
    return last === undefined ? this.#low : last.record.offset + 1;
  }

  take(): Found {
    return this.#waiting.pop()!;
  }

  /** Looks at the window before what was looked at; gives how many records were there. */
  async widen(client: KafkaClient, matches: (record: RecordView) => boolean, signal: AbortSignal): Promise<number> {
    const from = Math.max(this.#bound.earliest, this.#low - this.#windowRecords);
    const lane = new Lane(this.#topic, { ...this.#bound, latest: this.#low }, from);
    let scanned = 0;
    while (!lane.isAtEnd || !lane.isEmpty) {
      if (lane.isEmpty) {
        await fill(client, [lane], signal);
        continue;
      }
      const next = lane.take();
      scanned += 1;
      if (matches(next.record)) this.#waiting.push(next);
    }
    this.#low = from;
    // A filter that finds little, or a compacted log, needs larger steps.
    if (this.isEmpty) this.#windowRecords = Math.min(20_000, this.#windowRecords * 4);
    return scanned;
  }
}

/** The lane whose first waiting record is the oldest; undefined while none waits. */
function oldest(lanes: readonly Lane[]): Lane | undefined {
  let best: Lane | undefined;
  for (const lane of lanes) {
    if (lane.isEmpty) continue;
    if (best === undefined || lane.firstTimestamp < best.firstTimestamp) best = lane;
  }
  return best;
}

async function fill(client: KafkaClient, lanes: readonly Lane[], signal: AbortSignal): Promise<void> {
  const positions = lanes.map((lane) => ({ ...lane.position(), maxBytes: fetchBytes }));
  const results = await client.fetch(positions, { signal });
  for (const lane of lanes) {
    const result = results.find(({ partition }) => partition === lane.partition);
    if (result === undefined) continue;
    // Retention may have passed the position since the bounds were read: there is nothing to show of what is gone.
    if (result.errorCode !== 0) lane.end();
    else lane.add(result.batches);
  }
}

/** One partition on its way from a position up to the end that was read at the start. */
class Lane {
  readonly partition: number;
  readonly #topic: string;
  readonly #end: number;
  #fetchOffset: number;
  #waiting: Found[] = [];
  #at = 0;
  #isEnded = false;
  nextOffset: number;

  constructor(topic: string, bound: PartitionBounds, from: number) {
    this.#topic = topic;
    this.partition = bound.partition;
    this.#end = bound.latest;
    this.#fetchOffset = from;
    this.nextOffset = from;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#waiting.length;
  }

  /** Nothing more is to be fetched; records may still wait. */
  get isAtEnd(): boolean {
    return this.#isEnded || this.#fetchOffset >= this.#end;
  }

  get firstTimestamp(): number {
    return this.#waiting[this.#at]!.record.timestamp;
  }

  position(): { topic: string; partition: number; offset: number } {
    return { topic: this.#topic, partition: this.partition, offset: this.#fetchOffset };
  }

  add(batches: readonly FetchedBatch[]): void {
    this.#waiting = [];
    this.#at = 0;
    if (batches.length === 0) this.#isEnded = true;
    for (const batch of batches) {
      this.#fetchOffset = batch.nextOffset;
      const at: Placed = {
        topic: this.#topic,
        partition: this.partition,
        timestampType: batch.header.timestampType === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
      };
      for (const record of records(batch)) if (record.offset < this.#end) this.#waiting.push({ record, at });
    }
    if (this.isEmpty) this.nextOffset = Math.min(this.#fetchOffset, this.#end);
  }

  take(): Found {
    const found = this.#waiting[this.#at]!;
    this.#at += 1;
    this.nextOffset = this.isEmpty ? Math.min(this.#fetchOffset, this.#end) : found.record.offset + 1;
    return found;
  }

  end(): void {
    this.#isEnded = true;
  }
}

/** The records of a batch; one that cannot be decoded is named by its place, and how to go past it. */
export function records(batch: FetchedBatch): RecordView[] {
  try {
    return batch.records();
  } catch (cause) {
    const { topic, partition, header } = batch;
    throw new HttpError(
      502,
      'HW_REST_UNREADABLE_BATCH',
      `${topic}, partition ${partition}: the batch at offset ${header.baseOffset} cannot be read (${(cause as Error).message}); go on from offset ${header.nextOffset}`,
      { topic, partition, offset: header.baseOffset, nextOffset: header.nextOffset },
      cause,
    );
  }
}
