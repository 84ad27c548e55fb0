/** A record of `__consumer_offsets` that says something else than its layout allows. */
export class LogRecordError extends Error {
  readonly code = 'HW_BROKER_OFFSETS_RECORD';
}

export const noBytes: Buffer = Buffer.alloc(0);

/** Bytes of a text in UTF-8; null has none. */
export function byteLength(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}

/**
 * Fields of Kafka's internal records, one after the other. With `isCompact` lengths are the varints of the flexible versions. The
 * size is a first guess: it grows.
 */
export class RecordWriter {
  readonly #isCompact: boolean;
  #buffer: Buffer;
  #offset = 0;

  constructor(sizeBytes: number, isCompact = false) {
    this.#buffer = Buffer.allocUnsafeSlow(sizeBytes);
    this.#isCompact = isCompact;
  }

  int8(value: number): this {
    this.#reserve(1);
    this.#offset = this.#buffer.writeInt8(value, this.#offset);
    return this;
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#offset = this.#buffer.writeInt16BE(value, this.#offset);
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    this.#offset = this.#buffer.writeInt32BE(value, this.#offset);
    return this;
  }

  int64(value: number): this {
    this.#reserve(8);
    this.#offset = this.#buffer.writeBigInt64BE(BigInt(value), this.#offset);
    return this;
  }

  uuid(value: string): this {
    this.#reserve(16);
    this.#offset += this.#buffer.write(value, this.#offset, 16, 'base64url');
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.#isCompact ? this.varint(0) : this.int16(-1);
    const sizeBytes = Buffer.byteLength(value);
    if (this.#isCompact) this.varint(sizeBytes + 1);
    else this.int16(sizeBytes);
    this.#reserve(sizeBytes);
    this.#offset += this.#buffer.write(value, this.#offset);
    return this;
  }

  bytes(value: Buffer): this {
    if (this.#isCompact) this.varint(value.length + 1);
    else this.int32(value.length);
    this.#reserve(value.length);
    this.#offset += value.copy(this.#buffer, this.#offset);
    return this;
  }

  arrayLength(count: number): this {
    return this.#isCompact ? this.varint(count + 1) : this.int32(count);
  }

  strings(values: readonly string[]): this {
    this.arrayLength(values.length);
    for (const value of values) this.string(value);
    return this;
  }

  int32s(values: readonly number[]): this {
    this.arrayLength(values.length);
    for (const value of values) this.int32(value);
    return this;
  }

  /** Tagged fields, in the order of their tags; none by default. */
  tags(...fields: readonly { tag: number; value: Buffer }[]): this {
    this.varint(fields.length);
    for (const { tag, value } of fields) {
      this.varint(tag).varint(value.length).#reserve(value.length);
      this.#offset += value.copy(this.#buffer, this.#offset);
    }
    return this;
  }

  varint(value: number): this {
    this.#reserve(5);
    let left = value;
    while (left >= 0x80) {
      this.#buffer[this.#offset++] = (left & 0x7f) | 0x80;
      left = Math.floor(left / 0x80);
    }
    this.#buffer[this.#offset++] = left;
    return this;
  }

  done(): Buffer {
    return this.#buffer.subarray(0, this.#offset);
  }

  #reserve(sizeBytes: number): void {
    if (this.#offset + sizeBytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#offset + sizeBytes, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#offset);
    this.#buffer = larger;
  }
}

/** Reads what `RecordWriter` writes. Everything throws LogRecordError when the record ends too early. */
export class RecordReader {
  readonly #buffer: Buffer;
  readonly #isCompact: boolean;
  #offset = 0;

  constructor(buffer: Buffer, isCompact: boolean) {
    this.#buffer = buffer;
    this.#isCompact = isCompact;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#buffer.length;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  int64(): number {
    return Number(this.#buffer.readBigInt64BE(this.#take(8)));
  }

  uuid(): string {
    const start = this.#take(16);
    return this.#buffer.toString('base64url', start, start + 16);
  }

  string(): string | null {
    const sizeBytes = this.#isCompact ? this.#varint() - 1 : this.int16();
    if (sizeBytes < 0) return null;
    const start = this.#take(sizeBytes);
    return this.#buffer.toString('utf8', start, start + sizeBytes);
  }

  text(): string {
    return this.string() ?? '';
  }

  /** A copy: members outlive the batch that they were read from. */
  bytes(): Buffer {
    const sizeBytes = this.#isCompact ? this.#varint() - 1 : this.int32();
    if (sizeBytes <= 0) return noBytes;
    const start = this.#take(sizeBytes);
    return Buffer.from(this.#buffer.subarray(start, start + sizeBytes));
  }

  arrayLength(): number {
    const count = this.#isCompact ? this.#varint() - 1 : this.int32();
    if (count > this.#buffer.length - this.#offset) throw new LogRecordError(`${count} elements do not fit the record`);
    return count;
  }

  strings(): string[] {
    return Array.from({ length: Math.max(0, this.arrayLength()) }, () => this.text());
  }

  int32s(): number[] {
    return Array.from({ length: Math.max(0, this.arrayLength()) }, () => this.int32());
  }

  /** Tagged fields by their tags; of a version without them none. */
  tags(): Map<number, RecordReader> {
    const fields = new Map<number, RecordReader>();
    if (!this.#isCompact) return fields;
    for (let left = this.#varint(); left > 0; left--) {
      const tag = this.#varint();
      const sizeBytes = this.#varint();
      const start = this.#take(sizeBytes);
      fields.set(tag, new RecordReader(this.#buffer.subarray(start, start + sizeBytes), true));
    }
    return fields;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer[this.#take(1)]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new LogRecordError(`a number of more than 5 bytes at ${this.#offset}`);
  }

  #take(sizeBytes: number): number {
    const start = this.#offset;
    if (sizeBytes < 0 || start + sizeBytes > this.#buffer.length) {
      throw new LogRecordError(`the record ends at ${this.#buffer.length}, ${sizeBytes} bytes expected at ${start}`);
    }
    this.#offset += sizeBytes;
    return start;
  }
}
