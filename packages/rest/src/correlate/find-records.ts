import { type KafkaClient, OffsetSpec } from '@headwater/client';
import { murmur2Partition, type RecordView } from '@headwater/protocol';

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface PlacedRecord extends Place {
  readonly record: RecordView;
}

/** What was looked through, and found. */
export interface Scan {
  readonly found: PlacedRecord[];
  readonly scannedRecords: number;
  readonly isComplete: boolean;
  readonly problem?: string;
}

export interface ScanBounds {
  readonly recordsMax: number;
  readonly foundMax: number;
  readonly untilMs: number;
}

export const placeKey = ({ offset, partition, topic }: Place): string => `${topic}/${partition}/${offset}`;

/** The record at a place; undefined when it is there no more. */
export async function readRecord(
  client: KafkaClient,
  { offset, partition, topic }: Place,
  signal: AbortSignal,
): Promise<RecordView | undefined> {
  const [answer] = await client.fetch([{ topic, partition, offset, maxBytes: 1024 * 1024 }], { signal, isolation });
  if (answer === undefined || answer.errorCode !== 0) return undefined;
  for (const batch of answer.batches) {
    const record = batch.records().find((each) => each.offset === offset);
    if (record !== undefined) return record;
    if (batch.nextOffset > offset) return undefined;
  }
  return undefined;
}

/** What a transaction has given up is part of no path. */
const isolation = 'read_committed';
const fetchBytes = 256 * 1024;
const positionsMax = 100;
const traceparentKey = Buffer.from('traceparent');
const correlationKeys = ['x-correlation-id', 'correlation-id'].map((name) => Buffer.from(name));
/** Where the trace's id stands in `00-ID-…`. */
const traceIdAt = 3;

/** Records of topics whose headers have one of the ids, with a time in the window. */
export async function recordsWithIds(
  client: KafkaClient,
  topics: readonly { name: string; partitions: readonly number[] }[],
  ids: { traceId: string | null; correlationId: string | null },
  { fromMs, toMs }: { fromMs: number; toMs: number },
  bounds: ScanBounds,
  signal: AbortSignal,
): Promise<Scan> {
  const [traceId, correlationId] = [ids.traceId, ids.correlationId].map((id) => (id === null ? null : Buffer.from(id)));
  const ask = (spec: number) =>
    client.listOffsetsOf(
      Object.fromEntries(
        topics.map(({ name, partitions }) => [name, Object.fromEntries(partitions.map((p) => [p, spec]))]),
      ),
      { signal },
    );
  const [starts, ends] = await Promise.all([ask(Math.max(0, fromMs)), ask(OffsetSpec.latest)]);
  let left = topics.flatMap(({ name: topic, partitions }) =>
    partitions.flatMap((partition) => {
      const offset = starts[topic]?.[partition]?.offset ?? -1;
      const end = ends[topic]?.[partition]?.offset ?? -1;
      return offset >= 0 && offset < end ? [{ topic, partition, offset, end, maxBytes: fetchBytes }] : [];
    }),
  );
  const found: PlacedRecord[] = [];
  let scannedRecords = 0;
  while (left.length > 0) {
    if (scannedRecords >= bounds.recordsMax || found.length >= bounds.foundMax || Date.now() > bounds.untilMs) {
      const problem = `${left.length} partitions were not looked through to the end: ask with a smaller windowMs`;
      return { found, scannedRecords, isComplete: false, problem };
    }
    const turn = left.slice(0, positionsMax);
    const answers = await client.fetch(turn, { signal, isolation });
    const done = new Set<(typeof left)[number]>();
    for (const position of turn) {
      const answer = answers.find((each) => each.topic === position.topic && each.partition === position.partition);
      if (answer === undefined || answer.errorCode !== 0 || answer.batches.length === 0) done.add(position);
      for (const batch of answer?.batches ?? []) {
        position.offset = batch.nextOffset;
        if (batch.header.isControl) continue;
        const cursor = batch.cursor();
        while (cursor.next()) {
          if (cursor.offset < batch.fromOffset || cursor.offset >= position.end) continue;
          scannedRecords++;
          if (cursor.timestamp < fromMs || cursor.timestamp > toMs || cursor.headersCount === 0) continue;
          const holds = (key: Buffer, wanted: Buffer | null | undefined, from: number): boolean => {
            const at = wanted ? cursor.findHeader(key) : -1;
            if (at < 0 || cursor.headerLength < from + wanted!.length) return false;
            return cursor.data.compare(wanted!, 0, wanted!.length, at + from, at + from + wanted!.length) === 0;
          };
          const isOf =
            holds(traceparentKey, traceId, traceIdAt) ||
            correlationKeys.some(
              (key) => holds(key, correlationId, 0) && cursor.headerLength === correlationId!.length,
            );
          if (isOf) found.push({ ...placeIn(position), offset: cursor.offset, record: cursor.view() });
        }
        // Times go on within a partition, about: what is far beyond the window ends it.
        if (batch.header.baseTimestamp > toMs + 60_000) done.add(position);
      }
      if (position.offset >= position.end) done.add(position);
    }
    // Those that were just read go behind the others.
    left = [...left.slice(turn.length), ...turn].filter((position) => !done.has(position));
  }
  return { found, scannedRecords, isComplete: true };
}

function placeIn({ partition, topic }: { topic: string; partition: number }): { topic: string; partition: number } {
  return { topic, partition };
}

const firstWindow = 2_000;

/** The newest record of a key, from the end of the key's partition backwards. Keys are text, or the number in eight or four bytes. */
export async function newestOfKey(
  client: KafkaClient,
  topic: { name: string; partitions: readonly number[] },
  key: string,
  bounds: ScanBounds,
  signal: AbortSignal,
): Promise<Scan> {
  const keys = keyForms(key);
  const partitions = [...new Set(keys.map((bytes) => murmur2Partition(bytes, topic.partitions.length)))];
  const ask = (spec: number) =>
    client.listOffsets(topic.name, Object.fromEntries(partitions.map((p) => [p, spec])), { signal });
  const [earliest, latest] = await Promise.all([ask(OffsetSpec.earliest), ask(OffsetSpec.latest)]);
  let scannedRecords = 0;
  for (const partition of partitions) {
    const first = earliest[partition]!.offset;
    let end = latest[partition]!.offset;
    for (let size = firstWindow; end > first; size = Math.min(50_000, size * 4)) {
      if (scannedRecords >= bounds.recordsMax || Date.now() > bounds.untilMs) {
        const problem = `${topic.name}/${partition} was looked through from its end to offset ${end}, not to its beginning`;
        return { found: [], scannedRecords, isComplete: false, problem };
      }
      const start = Math.max(first, end - size);
      let newest: PlacedRecord | undefined;
      for (let offset = start; offset < end; ) {
        const [answer] = await client.fetch([{ topic: topic.name, partition, offset, maxBytes: 1024 * 1024 }], {
          signal,
        });
        if (answer === undefined || answer.errorCode !== 0 || answer.batches.length === 0) break;
        for (const batch of answer.batches) {
          offset = batch.nextOffset;
          if (batch.header.isControl) continue;
          const cursor = batch.cursor();
          while (cursor.next()) {
            if (cursor.offset < batch.fromOffset || cursor.offset >= end) continue;
            scannedRecords++;
            const { data, keyLength, keyStart } = cursor;
            const isKey = keys.some(
              (bytes) =>
                bytes.length === keyLength && data.compare(bytes, 0, keyLength, keyStart, keyStart + keyLength) === 0,
            );
            if (isKey) newest = { topic: topic.name, partition, offset: cursor.offset, record: cursor.view() };
          }
        }
      }
      if (newest !== undefined) return { found: [newest], scannedRecords, isComplete: true };
      end = start;
    }
  }
  return { found: [], scannedRecords, isComplete: true };
}

function keyForms(key: string): Buffer[] {
  const forms = [Buffer.from(key)];
  if (!/^-?\d{1,19}$/.test(key)) return forms;
  const number = BigInt(key);
  if (BigInt.asIntN(64, number) === number) {
    const long = Buffer.alloc(8);
    long.writeBigInt64BE(number);
    forms.push(long);
  }
  if (BigInt.asIntN(32, number) === number) {
    const int = Buffer.alloc(4);
    int.writeInt32BE(Number(number));
    forms.push(int);
  }
  return forms;
}
