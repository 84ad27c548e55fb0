import type { RecordHeader } from '@headwater/protocol';
import type { SavedRecord } from '../processor/record-context.ts';

/** A row of a suppress buffer as its changelog has it. */
export interface SuppressedRow {
  readonly record: SavedRecord;
  readonly priorValue: Buffer | null;
  readonly oldValue: Buffer | null;
  readonly newValue: Buffer | null;
  /** By which rows are in order. */
  readonly timeMs: number;
}

/** The header by which Kafka Streams knows the form of the value: its version 3, of 2.4.1 and later. */
export const suppressedVersion: readonly RecordHeader[] = [{ key: 'v', value: Buffer.of(3) }];

const absent = -1;
const sameAsPrior = -2;

/*
 * value     => context priorValue oldValue newValue timeMs(8)
 * context   => timestamp(8) offset(8) topic partition(4) headersCount(4) [headerKey headerValue]
 * others    => length(4, -1: null, -2 of the old value: that of the prior one) bytes
 */
export function encodeSuppressed({ newValue, oldValue, priorValue, record, timeMs }: SuppressedRow): Buffer {
  const parts: Buffer[] = [long(record.timestamp), long(record.offset)];
  const add = (bytes: Buffer | null) => {
    parts.push(int(bytes === null ? absent : bytes.length));
    if (bytes !== null) parts.push(bytes);
  };
  add(Buffer.from(record.topic));
  parts.push(int(record.partition), int(record.headers.length));
  for (const { key, value } of record.headers) {
    add(Buffer.from(key));
    add(value === null || value === undefined ? null : Buffer.from(value));
  }
  add(priorValue);
  if (oldValue !== null && priorValue !== null && oldValue.equals(priorValue)) parts.push(int(sameAsPrior));
  else add(oldValue);
  add(newValue);
  parts.push(long(timeMs));
  return Buffer.concat(parts);
}

export function decodeSuppressed(data: Buffer): SuppressedRow {
  let at = 0;
  const readInt = () => {
    at += 4;
    return data.readInt32BE(at - 4);
  };
  const readLong = () => {
    at += 8;
    return Number(data.readBigInt64BE(at - 8));
  };
  const readBytes = (length: number) => {
    if (length < 0) return null;
    at += length;
    return Buffer.from(data.subarray(at - length, at));
  };
  const timestamp = readLong();
  const offset = readLong();
  const topic = readBytes(readInt())!.toString();
  const partition = readInt();
  const headers: RecordHeader[] = [];
  for (let count = readInt(); count > 0; count--) {
    const key = readBytes(readInt())!.toString();
    headers.push({ key, value: readBytes(readInt()) });
  }
  const priorValue = readBytes(readInt());
  const oldLength = readInt();
  const oldValue = oldLength === sameAsPrior ? priorValue : readBytes(oldLength);
  const newValue = readBytes(readInt());
  return {
    record: { topic, partition, offset, timestamp, headers },
    priorValue,
    oldValue,
    newValue,
    timeMs: readLong(),
  };
}

function int(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
