import { ProtocolError } from '../protocol-error.ts';
import { writeUuid } from '../uuid.ts';

const SCRATCH_BYTES = 64 * 1024;
/** Below this many bytes, copying `records` costs less than one more element for writev. */
const REFERENCE_BYTES_MIN = 1024;
const MAX_FRAME_BYTES = 0x7fff_ffff;

/** The buffer that messages are put together in; encoding is synchronous, so one is enough. */
let sharedScratch: Buffer | null = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

interface Reference {
  /** Position in the writer's own bytes before which `data` belongs. */
  at: number;
  data: Uint8Array;
}

/**
 * Writes the protocol's primitive types. Big `records` are not copied in but remembered by reference, so that
 * `chunks()` can hand them to the socket as they are.
 */
export class Writer {
  buf: Buffer;
  pos = 0;
  private references: Reference[] | null = null;
  private referencedBytes = 0;

  constructor() {
    this.buf = sharedScratch ?? Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    sharedScratch = null;
  }

  /** Bytes written so far, with those by reference. */
  get sizeBytes(): number {
    return this.pos + this.referencedBytes;
  }

  private grow(bytes: number): void {
    const needed = this.pos + bytes;
    if (needed > MAX_FRAME_BYTES) throw new ProtocolError('HW_PROTOCOL_TOO_LARGE', `a message of ${needed} bytes`);
    const larger = Buffer.allocUnsafeSlow(Math.min(MAX_FRAME_BYTES, Math.max(needed, this.buf.length * 2)));
    this.buf.copy(larger, 0, 0, this.pos);
    this.buf = larger;
  }

  private invalid(type: string, value: unknown): never {
    const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
    throw new ProtocolError('HW_PROTOCOL_INVALID_VALUE', `${shown} is not ${type}`);
  }

  bool(value: boolean): void {
    if (typeof value !== 'boolean') this.invalid('a boolean', value);
    if (this.pos + 1 > this.buf.length) this.grow(1);
    this.buf[this.pos++] = value ? 1 : 0;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) this.invalid('an int8', value);
    if (this.pos + 1 > this.buf.length) this.grow(1);
    this.buf[this.pos++] = value;
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) this.invalid('an int16', value);
    this.put16(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) this.invalid('a uint16', value);
    this.put16(value);
  }

  private put16(value: number): void {
    if (this.pos + 2 > this.buf.length) this.grow(2);
    const { buf, pos } = this;
    buf[pos] = value >>> 8;
    buf[pos + 1] = value;
    this.pos = pos + 2;
  }

  int32(value: number): void {
    if ((value | 0) !== value) this.invalid('an int32', value);
    this.put32(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) this.invalid('a uint32', value);
    this.put32(value);
  }

  private put32(value: number): void {
    if (this.pos + 4 > this.buf.length) this.grow(4);
    const { buf, pos } = this;
    buf[pos] = value >>> 24;
    buf[pos + 1] = value >>> 16;
    buf[pos + 2] = value >>> 8;
    buf[pos + 3] = value;
    this.pos = pos + 4;
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) {
      // Java's Long.MAX_VALUE and MIN_VALUE, as the reader gives them.
      if (value !== 2 ** 63 && value !== -(2 ** 63)) this.invalid('an integer that a double holds exactly', value);
      this.put32(value > 0 ? 0x7fff_ffff : 0x8000_0000);
      this.put32(value > 0 ? 0xffff_ffff : 0);
      return;
    }
    this.put32(Math.floor(value / 0x1_0000_0000));
    this.put32(value);
  }

  float64(value: number): void {
    if (typeof value !== 'number') this.invalid('a number', value);
    if (this.pos + 8 > this.buf.length) this.grow(8);
    this.buf.writeDoubleBE(value, this.pos);
    this.pos += 8;
  }

  uuid(value: string): void {
    if (this.pos + 16 > this.buf.length) this.grow(16);
    writeUuid(this.buf, this.pos, value);
    this.pos += 16;
  }

  uvarint(value: number): void {
    if (this.pos + 5 > this.buf.length) this.grow(5);
    let rest = value;
    while (rest > 127) {
      this.buf[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buf[this.pos++] = rest;
  }

  /** A text with its length as an int16. */
  string(value: string): void {
    if (typeof value !== 'string') this.invalid('a string', value);
    if (this.ascii(value, 2)) return;
    const length = Buffer.byteLength(value);
    if (length > 0x7fff) this.invalid(`a string of at most 32767 bytes (it has ${length})`, value);
    this.put16(length);
    this.utf8(value, length);
  }

  stringOrNull(value: string | null): void {
    if (value === null) this.put16(-1);
    else this.string(value);
  }

  /** A text with its length plus one as a varint. */
  compactString(value: string): void {
    if (typeof value !== 'string') this.invalid('a string', value);
    if (this.ascii(value, 1)) return;
    const length = Buffer.byteLength(value);
    this.uvarint(length + 1);
    this.utf8(value, length);
  }

  compactStringOrNull(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  /** The quick way for short names; false, with nothing written, when the text is another one. */
  private ascii(value: string, lengthBytes: 1 | 2): boolean {
    const { length } = value;
    if (length > 40) return false;
    if (this.pos + lengthBytes + length > this.buf.length) this.grow(lengthBytes + length);
    const { buf } = this;
    let at = this.pos + lengthBytes;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) return false;
      buf[at++] = code;
    }
    if (lengthBytes === 1) buf[this.pos] = length + 1;
    else {
      buf[this.pos] = 0;
      buf[this.pos + 1] = length;
    }
    this.pos = at;
    return true;
  }

  private utf8(value: string, length: number): void {
    if (this.pos + length > this.buf.length) this.grow(length);
    this.buf.write(value, this.pos, length, 'utf8');
    this.pos += length;
  }

  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) this.invalid('a Buffer', value);
    this.int32(value.length);
    this.raw(value);
  }

  bytesOrNull(value: Uint8Array | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) this.invalid('a Buffer', value);
    this.uvarint(value.length + 1);
    this.raw(value);
  }

  compactBytesOrNull(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0);
    else this.compactBytes(value);
  }

  records(value: Uint8Array | readonly Uint8Array[]): void {
    this.int32(this.recordsLength(value));
    this.recordsParts(value);
  }

  recordsOrNull(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.int32(-1);
    else this.records(value);
  }

  compactRecords(value: Uint8Array | readonly Uint8Array[]): void {
    this.uvarint(this.recordsLength(value) + 1);
    this.recordsParts(value);
  }

  compactRecordsOrNull(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.uvarint(0);
    else this.compactRecords(value);
  }

  private recordsLength(value: Uint8Array | readonly Uint8Array[]): number {
    if (value instanceof Uint8Array) return value.length;
    if (!Array.isArray(value)) this.invalid('a Buffer or an array of them', value);
    let length = 0;
    for (const part of value as readonly Uint8Array[]) {
      if (!(part instanceof Uint8Array)) this.invalid('a Buffer', part);
      length += part.length;
    }
    return length;
  }

  private recordsParts(value: Uint8Array | readonly Uint8Array[]): void {
    if (value instanceof Uint8Array) this.recordsPart(value);
    else for (const part of value) this.recordsPart(part);
  }

  private recordsPart(data: Uint8Array): void {
    if (data.length < REFERENCE_BYTES_MIN) {
      this.raw(data);
      return;
    }
    this.references ??= [];
    this.references.push({ at: this.pos, data });
    this.referencedBytes += data.length;
  }

  raw(data: Uint8Array): void {
    if (this.pos + data.length > this.buf.length) this.grow(data.length);
    this.buf.set(data, this.pos);
    this.pos += data.length;
  }

  arrayLength(value: { readonly length: number }): number {
    if (!Array.isArray(value)) this.invalid('an array', value);
    this.int32(value.length);
    return value.length;
  }

  compactArrayLength(value: { readonly length: number }): number {
    if (!Array.isArray(value)) this.invalid('an array', value);
    this.uvarint(value.length + 1);
    return value.length;
  }

  /** Starts a tagged field of yet unknown size; `closeTag` puts the size in. */
  openTag(tag: number): number {
    this.uvarint(tag);
    if (this.pos + 1 > this.buf.length) this.grow(1);
    return this.pos++;
  }

  closeTag(start: number): void {
    const size = this.pos - start - 1;
    if (size < 128) {
      this.buf[start] = size;
      return;
    }
    const content = Buffer.from(this.buf.subarray(start + 1, this.pos));
    this.pos = start;
    this.uvarint(size);
    this.raw(content);
  }

  /** Space for the frame's size, which `buffer` and `chunks` fill in. */
  reserveSize(): void {
    this.put32(0);
  }

  private putSize(): void {
    const size = this.sizeBytes - 4;
    if (size > MAX_FRAME_BYTES) throw new ProtocolError('HW_PROTOCOL_TOO_LARGE', `a message of ${size} bytes`);
    this.buf.writeInt32BE(size, 0);
  }

  /** The whole message in one buffer of its own. */
  buffer(framed: boolean): Buffer {
    if (framed) this.putSize();
    const size = this.sizeBytes;
    const out = size < 4096 ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size);
    let from = 0;
    let at = 0;
    for (const { at: to, data } of this.references ?? []) {
      at += this.buf.copy(out, at, from, to);
      out.set(data, at);
      at += data.length;
      from = to;
    }
    this.buf.copy(out, at, from, this.pos);
    return out;
  }

  /** The message as buffers to be written one after the other; those of big `records` are the caller's own. */
  chunks(framed: boolean): Buffer[] {
    if (this.references === null) return [this.buffer(framed)];
    if (framed) this.putSize();
    const own = Buffer.from(this.buf.subarray(0, this.pos));
    const chunks: Buffer[] = [];
    let from = 0;
    for (const { at, data } of this.references) {
      if (at > from) chunks.push(own.subarray(from, at));
      chunks.push(Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.length));
      from = at;
    }
    if (this.pos > from) chunks.push(own.subarray(from, this.pos));
    return chunks;
  }

  /** Gives the scratch buffer back; the writer is not used after it. */
  release(): void {
    if (this.buf.length === SCRATCH_BYTES) sharedScratch = this.buf;
  }
}
