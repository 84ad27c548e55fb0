const initialBytes = 1024;
/** A buffer that one large value has grown is given back by `reset`. */
const keptBytesMax = 1024 * 1024;
/** Far beyond what a topic takes: a value that refers to one text a thousand times must not fill the memory. */
const bytesMax = 256 * 1024 * 1024;
/** Below it a loop is faster than the call into native code. */
const shortTextChars = 24;
const safeLow = -Number.MAX_SAFE_INTEGER;

/** What Node's own encoders are made of: no argument checks, no view of the range. */
interface NativeText {
  utf8Write(text: string, offset: number, length: number): number;
}

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);
const float = new Float32Array(1);
const floatBytes = new Uint8Array(float.buffer);
const wide = new BigInt64Array(1);
const halves = new Uint32Array(wide.buffer);

/**
 * A buffer that grows, for encoders. One is kept and used for many records: `reset()`, write, then `finish()` (a copy of its own) or
 * `view()` (good until the next write). Integers are little endian.
 *
 * `buffer` and `length` are public for generated code, which calls `ensure(n)` once and then writes `buffer[length++]` itself; `ensure`
 * may replace `buffer`.
 */
export class ByteWriter {
  buffer: Buffer = Buffer.allocUnsafeSlow(initialBytes);
  /** Bytes written so far; the next byte goes to `buffer[length]`. */
  length = 0;

  /** Forgets what was written. */
  reset(): void {
    this.length = 0;
    if (this.buffer.length > keptBytesMax) this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Makes room for n more bytes. */
  ensure(n: number): void {
    if (this.length + n > this.buffer.length) this.#grow(n);
  }

  #grow(n: number): void {
    if (this.length + n > bytesMax) throw new RangeError(`An encoded value has at most ${bytesMax} bytes`);
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + n));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }

  byte(value: number): void {
    this.ensure(1);
    this.buffer[this.length++] = value;
  }

  /** An unsigned variable-length integer: seven bits a byte, the low ones first; 0 to 2^53-1. */
  varint(value: number): void {
    this.ensure(8);
    const { buffer } = this;
    let rest = value;
    while (rest >= 0x1000_0000) {
      buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      buffer[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.length++] = rest;
  }

  /** The low 64 bits of the value as an unsigned variable-length integer: a negative one takes ten bytes, as protobuf has it. */
  varint64(value: bigint): void {
    wide[0] = value;
    this.#halves(halves[0]!, halves[1]!);
  }

  /** A variable-length integer in zigzag form: small ones of both signs are short; within ±(2^53-1). */
  zigzag(value: number): void {
    if (value >= -0x4000_0000 && value < 0x4000_0000) this.varint(((value << 1) ^ (value >> 31)) >>> 0);
    else if (value >= safeLow / 2 && value <= -safeLow / 2) this.varint(value < 0 ? -2 * value - 1 : 2 * value);
    else this.zigzag64(BigInt(value));
  }

  /** The low 64 bits of the value in zigzag form. */
  zigzag64(value: bigint): void {
    wide[0] = value;
    const low = halves[0]!;
    const high = halves[1]!;
    const sign = (high | 0) >> 31;
    this.#halves(((low << 1) ^ sign) >>> 0, (((high << 1) | (low >>> 31)) ^ sign) >>> 0);
  }

  #halves(lowHalf: number, highHalf: number): void {
    this.ensure(10);
    const { buffer } = this;
    let low = lowHalf;
    let high = highHalf;
    while (high !== 0) {
      buffer[this.length++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    while (low >= 0x80) {
      buffer[this.length++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    buffer[this.length++] = low;
  }

  fixed32(value: number): void {
    this.ensure(4);
    const { buffer } = this;
    buffer[this.length++] = value;
    buffer[this.length++] = value >>> 8;
    buffer[this.length++] = value >>> 16;
    buffer[this.length++] = value >>> 24;
  }

  /** The low 64 bits of the value. */
  fixed64(value: bigint): void {
    wide[0] = value;
    this.fixed32(halves[0]!);
    this.fixed32(halves[1]!);
  }

  float(value: number): void {
    float[0] = value;
    this.ensure(4);
    const { buffer } = this;
    for (let i = 0; i < 4; i++) buffer[this.length++] = floatBytes[i]!;
  }

  double(value: number): void {
    double[0] = value;
    this.ensure(8);
    const { buffer } = this;
    for (let i = 0; i < 8; i++) buffer[this.length++] = doubleBytes[i]!;
  }

  /** The bytes, without their length. */
  bytes(view: Uint8Array): void {
    this.ensure(view.length);
    this.buffer.set(view, this.length);
    this.length += view.length;
  }

  /** The text in UTF-8, without its length; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    this.ensure(value.length * 3);
    this.length = this.#utf8(value, this.length);
  }

  /** The text in UTF-8 after its length in bytes as `varint`: what protobuf has. */
  varintText(value: string): void {
    this.#sizedText(value, 0);
  }

  /** The text in UTF-8 after its length in bytes as `zigzag`: what Avro has. */
  zigzagText(value: string): void {
    this.#sizedText(value, 1);
  }

  /** The length is written last: room for it is guessed, and the text moved where the guess was wrong. */
  #sizedText(value: string, shift: 0 | 1): void {
    this.ensure(value.length * 3 + 8);
    const start = this.length;
    const guess = varintSize(value.length * (shift + 1));
    const end = this.#utf8(value, start + guess);
    const sizeBytes = end - start - guess;
    const size = sizeBytes * (shift + 1);
    const taken = varintSize(size);
    if (taken !== guess) this.buffer.copyWithin(start + taken, start + guess, end);
    this.varint(size);
    this.length += sizeBytes;
  }

  /** Returns where the text ends. The room is there. */
  #utf8(value: string, start: number): number {
    const { buffer } = this;
    const chars = value.length;
    if (chars <= shortTextChars) {
      let i = 0;
      for (; i < chars; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        buffer[start + i] = code;
      }
      if (i === chars) return start + chars;
    }
    return start + (buffer as unknown as NativeText).utf8Write(value, start, buffer.length - start);
  }

  /** What was written, as a copy of its own; small ones share a block of memory, which is many times faster than one each. */
  finish(): Uint8Array {
    const copy = Buffer.allocUnsafe(this.length);
    this.buffer.copy(copy, 0, 0, this.length);
    return copy;
  }

  /** What was written, good until the next write. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  return 5;
}
