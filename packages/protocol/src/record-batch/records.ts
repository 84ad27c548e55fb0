/**
 * The records of a batch. One record:
 *
 *     length: varint                 bytes that follow
 *     attributes: int8               unused
 *     timestampDelta: varlong        to the batch's baseTimestamp
 *     offsetDelta: varint            to the batch's baseOffset
 *     keyLength: varint, key         -1: null
 *     valueLength: varint, value     -1: null
 *     headersCount: varint, [keyLength: varint, key, valueLength: varint, value]
 */
import { decompress } from '../compression/compression.ts';
import { ProtocolError } from '../protocol-error.ts';
import { readVarint, readVarlong, type VarintCursor } from '../varint.ts';
import { BATCH_HEADER_BYTES, type BatchHeader, readBatchHeader } from './batch-header.ts';
import { RawHeaders } from './raw-headers.ts';

export interface RecordHeader {
  key: string;
  value: Buffer | null;
}

/** A record as it is in its batch; key, value and header values are views, not copies. */
export interface RecordView {
  offset: number;
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeader[];
}

export interface DecodeOptions {
  /** Bound on the decompressed size; default 256 MiB. */
  maxBytes?: number;
}

const MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

function invalid(message: string, offset: number): never {
  throw new ProtocolError('HW_PROTOCOL_INVALID_RECORD', message, { offset });
}

/**
 * Steps through the records of one batch without making an object for each: after `next()` the positions of key and
 * value are in the cursor's fields, and `key()`, `value()`, `headers()` make views for whoever asks.
 */
export class RecordCursor implements VarintCursor {
  readonly header: BatchHeader;
  /** The records' bytes, decompressed. */
  readonly data: Buffer;
  pos: number;
  offset = -1;
  timestamp = -1;
  offsetDelta = -1;
  keyStart = 0;
  /** -1 when the key is null. */
  keyLength = -1;
  valueStart = 0;
  /** -1 when the value is null. */
  valueLength = -1;
  headersCount = 0;
  /** Of the value that `findHeader` found; -1 when it is null. */
  headerLength = -1;
  private headersStart = 0;
  private readonly end: number;
  private seen = 0;

  constructor(header: BatchHeader, data: Buffer, start: number, end: number) {
    this.header = header;
    this.data = data;
    this.pos = start;
    this.end = end;
  }

  /** Goes to the next record; false after the last. Throws on a record that does not fit its batch. */
  next(): boolean {
    const { data } = this;
    if (this.seen === this.header.recordsCount) {
      if (this.pos !== this.end) invalid(`${this.end - this.pos} bytes after the last record`, this.pos);
      return false;
    }
    this.seen++;
    const length = readVarint(data, this, this.end);
    const end = this.pos + length;
    if (length < 0 || end > this.end) invalid(`a record of ${length} bytes, ${this.end - this.pos} are left`, this.pos);
    this.pos++;
    if (this.pos > end) invalid('a record without attributes', this.pos);
    const { header } = this;
    const timestampDelta = readVarlong(data, this, end);
    this.offsetDelta = readVarint(data, this, end);
    this.offset = header.baseOffset + this.offsetDelta;
    this.timestamp =
      header.timestampType === 'LogAppendTime' ? header.maxTimestamp : header.baseTimestamp + timestampDelta;
    this.keyLength = this.fieldLength(end);
    this.keyStart = this.pos;
    if (this.keyLength > 0) this.pos += this.keyLength;
    this.valueLength = this.fieldLength(end);
    this.valueStart = this.pos;
    if (this.valueLength > 0) this.pos += this.valueLength;
    this.headersCount = readVarint(data, this, end);
    this.headersStart = this.pos;
    if (this.headersCount === 0) {
      if (this.pos !== end) invalid('a record whose length does not match its content', this.pos);
    } else this.walkHeaders(end);
    return true;
  }

  private fieldLength(end: number): number {
    const length = readVarint(this.data, this, end);
    if (length < -1 || this.pos + length > end) invalid(`a length of ${length}, ${end - this.pos} are left`, this.pos);
    return length;
  }

  private walkHeaders(end: number): void {
    // A header takes two bytes at least: this bounds the count before the loop.
    if (this.headersCount < 0 || this.headersCount * 2 > end - this.pos) {
      invalid(`${this.headersCount} headers in ${end - this.pos} bytes`, this.pos);
    }
    for (let n = this.headersCount; n > 0; n--) {
      const keyLength = this.fieldLength(end);
      if (keyLength < 0) invalid('a header without a key', this.pos);
      this.pos += keyLength;
      const valueLength = this.fieldLength(end);
      if (valueLength > 0) this.pos += valueLength;
    }
    if (this.pos !== end) invalid('a record whose length does not match its content', this.pos);
  }

  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.data.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  value(): Buffer | null {
    return this.valueLength < 0 ? null : this.data.subarray(this.valueStart, this.valueStart + this.valueLength);
  }

  headers(): RecordHeader[] {
    return this.headersCount === 0 ? [] : this.rawHeaders().decode();
  }

  /** The headers as they stand here: to be put into another record. */
  rawHeaders(): RawHeaders {
    return new RawHeaders(this.data, this.headersStart, this.pos, this.headersCount);
  }

  /** Where the value of the first header with this key begins, without a view of it; -1: there is none. `headerLength` is its length. */
  findHeader(key: Uint8Array): number {
    if (this.headersCount === 0) return -1;
    const { data, end } = this;
    const at: VarintCursor = { pos: this.headersStart };
    for (let n = this.headersCount; n > 0; n--) {
      const keyLength = readVarint(data, at, end);
      const keyStart = at.pos;
      at.pos += keyLength;
      const valueLength = readVarint(data, at, end);
      if (keyLength === key.length && data.compare(key, 0, keyLength, keyStart, keyStart + keyLength) === 0) {
        this.headerLength = valueLength;
        return at.pos;
      }
      if (valueLength > 0) at.pos += valueLength;
    }
    return -1;
  }

  view(): RecordView {
    return {
      offset: this.offset,
      timestamp: this.timestamp,
      key: this.key(),
      value: this.value(),
      headers: this.headers(),
    };
  }
}

/** A cursor on the records of the batch at `offset`, which is decompressed first when it needs to be. */
export function openRecords(buf: Buffer, offset = 0, options: DecodeOptions = {}): RecordCursor {
  const header = readBatchHeader(buf, offset);
  const end = offset + header.sizeBytes;
  if (header.magic !== 2) {
    const message = `record batches of magic ${header.magic} are not supported: only 2 is`;
    throw new ProtocolError('HW_PROTOCOL_UNSUPPORTED_MAGIC', message, { offset });
  }
  if (header.sizeBytes < BATCH_HEADER_BYTES || end > buf.length) {
    const message = `a batch of ${header.sizeBytes} bytes, ${buf.length - offset} are there`;
    throw new ProtocolError('HW_PROTOCOL_TRUNCATED', message, { offset });
  }
  if (header.recordsCount < 0) {
    const message = `a batch of ${header.recordsCount} records`;
    throw new ProtocolError('HW_PROTOCOL_CORRUPT_BATCH', message, { offset });
  }
  const start = offset + BATCH_HEADER_BYTES;
  const { compression } = header;
  if (compression === 'none') return new RecordCursor(header, buf, start, end);
  if (compression === 'unknown') {
    const message = `compression ${header.attributes & 7} is none of gzip, snappy, lz4, zstd`;
    throw new ProtocolError('HW_PROTOCOL_UNSUPPORTED_COMPRESSION', message, { offset });
  }
  const data = decompress(compression, buf.subarray(start, end), options.maxBytes ?? MAX_DECOMPRESSED_BYTES);
  return new RecordCursor(header, data, 0, data.length);
}

/**
 * The records of the batch at `offset`, as views.
 *
 * @example
 * for (const { header, offset } of iterateBatches(records)) {
 *   if (!header.isControl) for (const record of decodeRecords(records, offset)) console.log(record.offset, record.value);
 * }
 */
export function decodeRecords(buf: Buffer, offset = 0, options: DecodeOptions = {}): RecordView[] {
  const cursor = openRecords(buf, offset, options);
  const records: RecordView[] = [];
  while (cursor.next()) records.push(cursor.view());
  return records;
}
