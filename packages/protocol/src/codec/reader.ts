import { ProtocolError } from '../protocol-error.ts';
import { readUuid } from '../uuid.ts';

/** An element of two bytes becomes an object of a hundred: without a bound one frame of 100 MiB could fill the heap. */
const MAX_ELEMENTS = 4_000_000;

/**
 * Reads the protocol's primitive types from a frame. Every length is checked against the bytes that are left before
 * anything is allocated for it. The codecs of the messages are built on this; nothing else should need it.
 */
export class Reader {
  readonly buf: Buffer;
  pos: number;
  end: number;
  private elements = 0;

  constructor(buf: Buffer, pos = 0, end = buf.length) {
    this.buf = buf;
    this.pos = pos;
    this.end = end;
  }

  private truncated(needed: number): never {
    throw new ProtocolError('HW_PROTOCOL_TRUNCATED', `${needed} bytes needed, ${this.end - this.pos} left`, {
      offset: this.pos,
    });
  }

  malformed(what: string): never {
    throw new ProtocolError('HW_PROTOCOL_MALFORMED', what, { offset: this.pos });
  }

  bool(): boolean {
    if (this.pos >= this.end) this.truncated(1);
    return this.buf[this.pos++] !== 0;
  }

  int8(): number {
    if (this.pos >= this.end) this.truncated(1);
    return (this.buf[this.pos++]! << 24) >> 24;
  }

  int16(): number {
    const { buf, pos } = this;
    if (pos + 2 > this.end) this.truncated(2);
    this.pos = pos + 2;
    return (((buf[pos]! << 8) | buf[pos + 1]!) << 16) >> 16;
  }

  uint16(): number {
    return this.int16() & 0xffff;
  }

  int32(): number {
    const { buf, pos } = this;
    if (pos + 4 > this.end) this.truncated(4);
    this.pos = pos + 4;
    return (buf[pos]! << 24) | (buf[pos + 1]! << 16) | (buf[pos + 2]! << 8) | buf[pos + 3]!;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** The nearest double: exact up to 2^53, which no offset, id or timestamp of a real log passes. */
  int64(): number {
    const high = this.int32();
    return high * 0x1_0000_0000 + (this.int32() >>> 0);
  }

  float64(): number {
    if (this.pos + 8 > this.end) this.truncated(8);
    const value = this.buf.readDoubleBE(this.pos);
    this.pos += 8;
    return value;
  }

  uuid(): string {
    if (this.pos + 16 > this.end) this.truncated(16);
    const value = readUuid(this.buf, this.pos);
    this.pos += 16;
    return value;
  }

  uvarint(): number {
    const first = this.pos < this.end ? this.buf[this.pos]! : 128;
    if (first < 128) {
      this.pos++;
      return first;
    }
    return this.longUvarint();
  }

  private longUvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.pos >= this.end) this.truncated(1);
      const byte = this.buf[this.pos++]!;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 128) return value >>> 0;
    }
    return this.malformed('a varint longer than 32 bits');
  }

  /** Length of a string or of bytes; -1 is null. */
  compactLength(): number {
    return this.uvarint() - 1;
  }

  text(length: number): string {
    if (length < 0) this.malformed(`a length of ${length}: the field may not be null`);
    return this.textOrNull(length)!;
  }

  textOrNull(length: number): string | null {
    if (length < 0) return this.null(length);
    const { buf, pos } = this;
    const end = pos + length;
    if (end > this.end) this.truncated(length);
    this.pos = end;
    // Most texts of the protocol are short names; below some 20 characters a loop beats the call into C++.
    if (length < 20) {
      let text = '';
      for (let i = pos; i < end; i++) {
        const byte = buf[i]!;
        if (byte > 127) return buf.toString('utf8', pos, end);
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return buf.toString('utf8', pos, end);
  }

  bytes(length: number): Buffer {
    if (length < 0) this.malformed(`a length of ${length}: the field may not be null`);
    return this.bytesOrNull(length)!;
  }

  /** A view into the frame, not a copy. */
  bytesOrNull(length: number): Buffer | null {
    if (length < 0) return this.null(length);
    const { pos } = this;
    if (pos + length > this.end) this.truncated(length);
    this.pos = pos + length;
    return this.buf.subarray(pos, pos + length);
  }

  private null(length: number): null {
    if (length !== -1) this.malformed(`a length of ${length}`);
    return null;
  }

  /** Number of elements; each takes at least `minBytes`, so an array cannot claim more of them than the frame holds. */
  count(length: number, minBytes: number): number {
    if (length < 0) this.malformed(`an array of length ${length}: the field may not be null`);
    if (length * minBytes > this.end - this.pos) this.truncated(length * minBytes);
    this.elements += length;
    if (this.elements > MAX_ELEMENTS) {
      const message = `more than ${MAX_ELEMENTS} elements in the arrays of one message`;
      throw new ProtocolError('HW_PROTOCOL_TOO_LARGE', message, { offset: this.pos });
    }
    return length;
  }

  /** As `count`, with -1 for null. */
  countOrNull(length: number, minBytes: number): number {
    if (length < 0) {
      this.null(length);
      return -1;
    }
    return this.count(length, minBytes);
  }

  /** Reads a tagged field's size and gives the position at which it must end. */
  tagEnd(): number {
    const size = this.uvarint();
    if (this.pos + size > this.end) this.truncated(size);
    return this.pos + size;
  }

  closeTag(end: number): void {
    if (this.pos !== end) this.malformed('a tagged field whose size does not match its content');
  }

  skipTags(): void {
    for (let n = this.uvarint(); n > 0; n--) {
      this.uvarint();
      this.pos = this.tagEnd();
    }
  }
}
