import { type CompressionName, compress, compressionIds } from '../compression/compression.ts';
import { ProtocolError } from '../protocol-error.ts';
import { varintSize, writeVarint, writeVarlong } from '../varint.ts';
import { BATCH_HEADER_BYTES, LOG_OVERHEAD_BYTES, type TimestampType, writeBatchHeader } from './batch-header.ts';
import { RawHeaders } from './raw-headers.ts';

export type Bytes = Uint8Array | string;

export interface RecordInput {
  key?: Bytes | null;
  value?: Bytes | null;
  headers?: readonly { key: string; value: Bytes | null }[];
  /** Milliseconds; default: the batch's `timestamp`. */
  timestamp?: number;
}

/** A record, or one whose headers stood in another batch. */
export interface BuiltRecord extends Omit<RecordInput, 'headers'> {
  headers?: RecordInput['headers'] | RawHeaders;
}

export interface BatchOptions {
  compression?: CompressionName;
  /** Of gzip (-1, 1 to 9) and zstd (-131072 to 22); absent: the codec's own. */
  compressionLevel?: number;
  baseOffset?: number;
  partitionLeaderEpoch?: number;
  producerId?: number;
  producerEpoch?: number;
  baseSequence?: number;
  isTransactional?: boolean;
  isControl?: boolean;
  timestampType?: TimestampType;
  /** Default: the last record's; a cleaner keeps that of the batch which it rewrites. */
  lastOffsetDelta?: number;
}

/** What the fixed parts of a record can take: six varints, a varlong and the attributes. */
const RECORD_OVERHEAD_BYTES_MAX = 5 * 5 + 10 + 1;
const HEADER_OVERHEAD_BYTES_MAX = 10;
/** Up to this length bytes are copied one by one: a call of `set` takes longer. */
const quickBytesMax = 48;

function length(bytes: Bytes): number {
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
}

/** No less than what the record will take in a batch, before compression. */
export function recordSizeMax(record: BuiltRecord): number {
  let size = RECORD_OVERHEAD_BYTES_MAX;
  if (record.key != null) size += length(record.key);
  if (record.value != null) size += length(record.value);
  const { headers } = record;
  if (headers === undefined) return size;
  if (headers instanceof RawHeaders) return size + headers.sizeBytes;
  for (const header of headers) {
    size += HEADER_OVERHEAD_BYTES_MAX + length(header.key) + (header.value === null ? 0 : length(header.value));
  }
  return size;
}

/**
 * Puts a batch together record by record, in the form in which it is sent: nothing is kept of a record but its bytes.
 *
 * @example
 * const builder = new BatchBuilder();
 * builder.append({ key: 'user-1', value: '{"clicks":3}', timestamp: Date.now() });
 * const batch = builder.finish({ compression: 'lz4' });
 */
export class BatchBuilder {
  recordsCount = 0;
  private buf: Buffer;
  private pos = BATCH_HEADER_BYTES;
  private baseTimestamp = 0;
  private maxTimestamp = -1;
  private lastOffsetDelta = -1;
  /** Of the record that was begun: where its body and its value begin. */
  private begunTimestamp = 0;
  private bodyStart = 0;
  private valueStart = 0;
  /** Bytes of the lengths of the last record and of its value, which nearly always are those of the next. */
  private prefixBytes = 1;
  private valuePrefixBytes = 1;

  constructor(capacityBytes = 1024) {
    this.buf = Buffer.allocUnsafeSlow(Math.max(capacityBytes, BATCH_HEADER_BYTES));
  }

  /** Bytes so far, with the header, before compression. */
  get sizeBytes(): number {
    return this.pos;
  }

  /** Appends and gives the record's offset in the batch; `offsetDelta` may leave gaps, as a compacted batch has them. */
  append(record: BuiltRecord, now = 0, offsetDelta = this.recordsCount): number {
    const timestamp = record.timestamp ?? now;
    if (this.recordsCount === 0) this.baseTimestamp = timestamp;
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    // The body goes behind a length as long as the most it can be, which nearly always is as long as the real one.
    const sizeMax = recordSizeMax(record);
    this.reserve(sizeMax);
    const { buf } = this;
    const prefixMax = varintSize(sizeMax);
    const start = this.pos + prefixMax;
    let at = start;
    buf[at++] = 0;
    at = writeVarlong(buf, at, timestamp - this.baseTimestamp);
    at = writeVarint(buf, at, offsetDelta);
    at = this.field(at, record.key);
    at = this.field(at, record.value);
    const headers = record.headers;
    if (headers instanceof RawHeaders) at = writeRaw(buf, at, headers);
    else {
      at = writeVarint(buf, at, headers === undefined ? 0 : headers.length);
      for (const header of headers ?? []) {
        at = this.field(at, header.key);
        at = this.field(at, header.value);
      }
    }
    const size = at - start;
    const prefix = varintSize(size);
    writeVarint(buf, this.pos, size);
    if (prefix < prefixMax) buf.copyWithin(this.pos + prefix, start, at);
    this.pos += prefix + size;
    this.lastOffsetDelta = offsetDelta;
    return this.recordsCount++;
  }

  /** What `beginRecord` says where to write to. It changes with `beginRecord` and `append`. */
  get bytes(): Buffer {
    return this.buf;
  }

  /**
   * Begins a record whose value its caller writes straight into `bytes`, from the position on that this gives, where there is room for
   * `roomBytes` at least, and for `headersBytes` behind it. `endRecord` makes it part of the batch; otherwise it is forgotten with the next one.
   */
  beginRecord(
    timestamp: number,
    key: Uint8Array | null,
    keyBytes: number,
    roomBytes: number,
    headersBytes = 0,
  ): number {
    this.reserve(RECORD_OVERHEAD_BYTES_MAX + keyBytes + roomBytes + headersBytes);
    const { buf } = this;
    this.begunTimestamp = timestamp;
    let at = this.pos + this.prefixBytes;
    this.bodyStart = at;
    buf[at++] = 0;
    at = writeVarlong(buf, at, this.recordsCount === 0 ? 0 : timestamp - this.baseTimestamp);
    at = writeVarint(buf, at, this.recordsCount);
    if (key === null) at = writeVarint(buf, at, -1);
    else {
      at = writeVarint(buf, at, keyBytes);
      if (keyBytes > quickBytesMax) buf.set(key.subarray(0, keyBytes), at);
      else for (let i = 0; i < keyBytes; i++) buf[at + i] = key[i]!;
      at += keyBytes;
    }
    this.valueStart = at + this.valuePrefixBytes;
    return this.valueStart;
  }

  /** The value ends there: the record is in the batch, with the headers. */
  endRecord(valueEnd: number, headers: RawHeaders | null = null): void {
    const { buf, valueStart } = this;
    const valueBytes = valueEnd - valueStart;
    const lengthAt = valueStart - this.valuePrefixBytes;
    const valuePrefixBytes = varintSize(valueBytes);
    let at = valueEnd;
    if (valuePrefixBytes !== this.valuePrefixBytes) {
      buf.copyWithin(lengthAt + valuePrefixBytes, valueStart, valueEnd);
      at = lengthAt + valuePrefixBytes + valueBytes;
      this.valuePrefixBytes = valuePrefixBytes;
    }
    writeVarint(buf, lengthAt, valueBytes);
    if (headers === null) buf[at++] = 0;
    else at = writeRaw(buf, at, headers);
    const size = at - this.bodyStart;
    const prefixBytes = varintSize(size);
    if (prefixBytes !== this.prefixBytes) {
      buf.copyWithin(this.pos + prefixBytes, this.bodyStart, at);
      this.prefixBytes = prefixBytes;
    }
    writeVarint(buf, this.pos, size);
    this.pos += prefixBytes + size;
    const timestamp = this.begunTimestamp;
    if (this.recordsCount === 0) this.baseTimestamp = timestamp;
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    this.lastOffsetDelta = this.recordsCount++;
  }

  private field(at: number, bytes: Bytes | null | undefined): number {
    const { buf } = this;
    if (bytes === null || bytes === undefined) return writeVarint(buf, at, -1);
    if (typeof bytes === 'string') {
      const after = bytes.length < 32 ? writeAscii(buf, at, bytes) : -1;
      if (after !== -1) return after;
      const size = Buffer.byteLength(bytes);
      const start = writeVarint(buf, at, size);
      return start + buf.write(bytes, start, size, 'utf8');
    }
    const { length } = bytes;
    const start = writeVarint(buf, at, length);
    if (length > quickBytesMax) buf.set(bytes, start);
    else for (let i = 0; i < length; i++) buf[start + i] = bytes[i]!;
    return start + length;
  }

  private reserve(bytes: number): void {
    const needed = this.pos + bytes;
    if (needed <= this.buf.length) return;
    if (needed > 0x7fff_ffff) throw new ProtocolError('HW_PROTOCOL_TOO_LARGE', `a batch of ${needed} bytes`);
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buf.length * 2));
    this.buf.copy(larger, 0, 0, this.pos);
    this.buf = larger;
  }

  /** The batch; the builder is not used after it. An empty one is allowed: compaction leaves such. */
  finish(options: BatchOptions = {}): Buffer {
    const compression = options.compression ?? 'none';
    let batch = this.buf.subarray(0, this.pos);
    if (compression !== 'none') {
      const packed = compress(compression, this.buf.subarray(BATCH_HEADER_BYTES, this.pos), options.compressionLevel);
      batch = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + packed.length);
      packed.copy(batch, BATCH_HEADER_BYTES);
    }
    writeBatchHeader(batch, 0, {
      baseOffset: options.baseOffset ?? 0,
      batchLength: batch.length - LOG_OVERHEAD_BYTES,
      partitionLeaderEpoch: options.partitionLeaderEpoch ?? -1,
      compressionId: compressionIds[compression],
      timestampType: options.timestampType ?? 'CreateTime',
      isTransactional: options.isTransactional ?? false,
      isControl: options.isControl ?? false,
      lastOffsetDelta: options.lastOffsetDelta ?? Math.max(0, this.lastOffsetDelta),
      baseTimestamp: this.baseTimestamp,
      maxTimestamp: this.maxTimestamp,
      producerId: options.producerId ?? -1,
      producerEpoch: options.producerEpoch ?? -1,
      baseSequence: options.baseSequence ?? -1,
      recordsCount: this.recordsCount,
    });
    return batch;
  }
}

function writeRaw(buf: Buffer, offset: number, { count, data, end, start }: RawHeaders): number {
  let at = writeVarint(buf, offset, count);
  if (end - start > quickBytesMax) data.copy(buf, at, start, end);
  else for (let i = start; i < end; i++) buf[at + i - start] = data[i]!;
  at += end - start;
  return at;
}

/** The quick way for a short text: length and characters, or -1 when it is not ASCII. */
function writeAscii(buf: Buffer, offset: number, text: string): number {
  const { length } = text;
  // A length below 64 takes one byte.
  buf[offset] = length << 1;
  let at = offset + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return -1;
    buf[at++] = code;
  }
  return at;
}

/** One batch of the given records. */
export function encodeBatch(
  batch: BatchOptions & { records: readonly (RecordInput & { offsetDelta?: number })[]; timestamp?: number },
): Buffer {
  const builder = new BatchBuilder(BATCH_HEADER_BYTES + batch.records.length * 64);
  const now = batch.timestamp ?? 0;
  for (const record of batch.records) builder.append(record, now, record.offsetDelta);
  return builder.finish(batch);
}
