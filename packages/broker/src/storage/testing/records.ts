import { type BatchHeader, type BatchOptions, decodeRecords, encodeBatch, iterateBatches } from '@headwater/protocol';
import type { PartitionLog } from '../types.ts';

export interface StoredRecord {
  offset: number;
  timestamp: number;
  key: string | null;
  value: string | null;
}

/** A batch whose records have the given values, all with the key `k` and one timestamp. */
export function batchOf(
  values: (string | null)[],
  options: BatchOptions & { timestamp?: number; key?: string | null } = {},
): Buffer {
  const { timestamp = 1_700_000_000_000, key = 'k', ...rest } = options;
  return encodeBatch({ ...rest, records: values.map((value) => ({ key, value, timestamp })) });
}

export function headersOf(buffers: Buffer[]): BatchHeader[] {
  return buffers.flatMap((buffer) => Array.from(iterateBatches(buffer), ({ header }) => header));
}

export function recordsOf(buffers: Buffer[]): StoredRecord[] {
  return buffers.flatMap((buffer) =>
    Array.from(iterateBatches(buffer)).flatMap(({ offset }) =>
      decodeRecords(buffer, offset).map((record) => ({
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key?.toString() ?? null,
        value: record.value?.toString() ?? null,
      })),
    ),
  );
}

/** All that a consumer sees from `offset` to the high watermark. */
export async function readAll(
  log: PartitionLog,
  offset = log.logStartOffset,
  maxBytes = 100_000,
): Promise<StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (let next = offset; next < log.highWatermark; ) {
    const buffers = await log.read(next, maxBytes, true);
    const headers = headersOf(buffers);
    if (headers.length === 0) break;
    all.push(...recordsOf(buffers).filter((record) => record.offset >= next));
    next = headers.at(-1)!.nextOffset;
  }
  return all;
}

/** `0:a 1:b`, for short comparisons. */
export async function listing(log: PartitionLog, offset?: number): Promise<string> {
  return (await readAll(log, offset)).map((record) => `${record.offset}:${record.value}`).join(' ');
}
