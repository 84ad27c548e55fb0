import { fail } from './value-fault.ts';

/** How deep messages may be nested in bytes and in values: what other implementations allow. */
export const nestingMax = 100;
/** Fields that the messages of one record may have together, so that a few bytes do not become much memory: so many, and some a byte. */
const fieldsMax = 2_000_000;
const fieldsPerByteMax = 4;
const shortTextBytes = 24;

interface NativeText {
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const wide = new BigInt64Array(1);
const wideUnsigned = new BigUint64Array(wide.buffer);
const halves = new Uint32Array(wide.buffer);

/** Reads what Protobuf's wire format is made of: https://protobuf.dev/programming-guides/encoding/. Never beyond `limit`. */
export class ProtoReader {
  bytes: Buffer = Buffer.alloc(0);
  #view = new DataView(this.bytes.buffer);
  at = 0;
  limit = 0;
  depth = 0;
  #fieldsLeft = 0;
  /** Upper half of the integer that was read last; the lower one is what `#varint` gives. */
  #high = 0;

  start(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { buffer, byteOffset, byteLength } = this.bytes;
    if (this.#view.buffer !== buffer || this.#view.byteOffset !== byteOffset || this.#view.byteLength !== byteLength) {
      this.#view = new DataView(buffer, byteOffset, byteLength);
    }
    this.at = start;
    this.limit = Math.min(end, byteLength);
    this.depth = 0;
    this.#fieldsLeft = fieldsMax + fieldsPerByteMax * (this.limit - start);
  }

  /** One message deeper, which has so many fields. */
  enter(fields: number): void {
    if (++this.depth > nestingMax) fail(`Messages are nested deeper than ${nestingMax}`);
    this.#fieldsLeft -= fields;
    if (this.#fieldsLeft < 0)
      fail(`The messages have more than ${fieldsMax} fields together, and more than ${fieldsPerByteMax} a byte`);
  }

  /** Number and wire type of a field. */
  tag(): number {
    const tag = this.uint32();
    if (tag >>> 3 === 0 || this.#high !== 0) fail('A field has the number 0 or one that is too great');
    return tag;
  }

  #varint(): number {
    const { bytes, limit } = this;
    let { at } = this;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= limit) this.#ends();
      const byte = bytes[at++]!;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        this.#high = 0;
        return low;
      }
    }
    if (at >= limit) this.#ends();
    let byte = bytes[at++]!;
    low |= byte << 28;
    let high = (byte & 0x7f) >>> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (shift > 31) fail('An integer has more than ten bytes');
      if (at >= limit) this.#ends();
      byte = bytes[at++]!;
      high |= (byte & 0x7f) << shift;
    }
    this.at = at;
    this.#high = high;
    return low;
  }

  #ends(): never {
    return fail('The bytes end within a field');
  }

  uint32(): number {
    return this.#varint() >>> 0;
  }

  int32(): number {
    return this.#varint() | 0;
  }

  sint32(): number {
    const value = this.#varint();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    return this.#varint() !== 0 || this.#high !== 0;
  }

  int64(): bigint {
    halves[0] = this.#varint();
    halves[1] = this.#high;
    return wide[0]!;
  }

  uint64(): bigint {
    halves[0] = this.#varint();
    halves[1] = this.#high;
    return wideUnsigned[0]!;
  }

  sint64(): bigint {
    const value = this.uint64();
    return (value >> 1n) ^ -(value & 1n);
  }

  #take(size: number): number {
    const { at } = this;
    if (size > this.limit - at) this.#ends();
    this.at = at + size;
    return at;
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  sfixed32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  sfixed64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Where what has its length before it ends. */
  end(): number {
    const size = this.uint32();
    if (this.#high !== 0 || size > this.limit - this.at) this.#ends();
    return this.at + size;
  }

  /** A copy of its own. */
  copy(): Uint8Array {
    const end = this.end();
    const copy = new Uint8Array(end - this.at);
    copy.set(this.bytes.subarray(this.at, end));
    this.at = end;
    return copy;
  }

  string(): string {
    const end = this.end();
    const { bytes, at } = this;
    this.at = end;
    if (end - at <= shortTextBytes) {
      let text = '';
      let i = at;
      for (; i < end; i++) {
        const byte = bytes[i]!;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (i === end) return text;
    }
    const text = (bytes as unknown as NativeText).utf8Slice(at, end);
    return text.includes('\uFFFD') ? this.#strict(at, end) : text;
  }

  /** U+FFFD stands for bytes that are no text, or for itself. */
  #strict(start: number, end: number): string {
    try {
      return strictUtf8.decode(this.bytes.subarray(start, end));
    } catch {
      return fail('The bytes of a text are not UTF-8');
    }
  }

  /** Goes over a field that nobody asks for. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint();
        return;
      case 1:
        this.#take(8);
        return;
      case 2:
        this.at = this.end();
        return;
      case 3:
        this.#skipGroup(tag >>> 3);
        return;
      case 5:
        this.#take(4);
        return;
      default:
        fail(`A field has the wire type ${tag & 7}, which there is not here`);
    }
  }

  #skipGroup(number: number): void {
    this.enter(0);
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) !== 4) this.skip(tag);
      else if (tag >>> 3 === number) break;
      else fail('A group ends that did not begin');
    }
    this.depth--;
  }

  /** The int64 kinds as numbers, for who asked for it. */
  safe(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) fail(`${value} is beyond the safe integers; ask for bigint`);
    return number;
  }
}
