const initialBytes = 1_024;
/** A buffer that one large row has grown is given back. */
const keptBytesMax = 1024 * 1024;
/** Far beyond what a topic takes: a row that refers to one text a thousand times must not fill the memory. */
const rowBytesMax = 256 * 1024 * 1024;
const quote = 0x22;
const minus = 0x2d;
const zero = 0x30;
const backslash = 0x5c;
const shortTextMax = 64;

/** JSON as it is written: bytes in a buffer that grows and is used again. Not re-entrant. */
export class JsonBytes {
  #own: Buffer = Buffer.allocUnsafeSlow(initialBytes);
  /** The one above, or somebody else's. */
  #buffer: Buffer = this.#own;
  #limit = this.#own.length;
  #at = 0;

  reset(): void {
    if (this.#own.length > keptBytesMax) this.#own = Buffer.allocUnsafeSlow(initialBytes);
    this.#buffer = this.#own;
    this.#limit = this.#own.length;
    this.#at = 0;
  }

  /** Begins in the caller's buffer, at `start`; `finishIn` says whether all had room there. */
  resetIn(target: Buffer, start: number, limit: number): void {
    this.#buffer = target;
    this.#limit = limit;
    this.#at = start;
  }

  /** Where what was written in the caller's buffer ends; -1 when it would have been after the limit. */
  finishIn(target: Buffer): number {
    const isThere = this.#buffer === target;
    // Lets go of it.
    this.#buffer = this.#own;
    this.#limit = this.#own.length;
    return isThere ? this.#at : -1;
  }

  /** What was written, as bytes of their own. */
  finish(): Buffer {
    const copy = Buffer.allocUnsafe(this.#at);
    this.#buffer.copy(copy, 0, 0, this.#at);
    return copy;
  }

  /** ASCII as it is. */
  ascii(text: string): void {
    const { length } = text;
    this.#ensure(length);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let index = 0; index < length; index++) buffer[at++] = text.charCodeAt(index);
    this.#at = at;
  }

  byte(byte: number): void {
    this.#ensure(1);
    this.#buffer[this.#at++] = byte;
  }

  /** Some bytes; few, in all likelihood. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#ensure(length);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let index = 0; index < length; index++) buffer[at++] = bytes[index]!;
    this.#at = at;
  }

  /** A text with its quotes and escapes. Most texts are short and have nothing to escape. */
  text(text: string): void {
    const { length } = text;
    if (length > shortTextMax) {
      this.#utf8(JSON.stringify(text));
      return;
    }
    this.#ensure(length + 2);
    const buffer = this.#buffer;
    let at = this.#at;
    buffer[at++] = quote;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
        this.#utf8(JSON.stringify(text));
        return;
      }
      buffer[at++] = code;
    }
    buffer[at++] = quote;
    this.#at = at;
  }

  /** A whole number up to 2^53. */
  integer(value: number): void {
    this.#ensure(20);
    const buffer = this.#buffer;
    let rest = value;
    if (rest < 0) {
      buffer[this.#at++] = minus;
      rest = -rest;
    }
    if (rest < 1e9) {
      this.#digits(rest, digitsOf(rest));
      return;
    }
    const high = Math.floor(rest / 1e9);
    this.#digits(high, digitsOf(high));
    this.#digits(rest - high * 1e9, 9);
  }

  #digits(value: number, count: number): void {
    const buffer = this.#buffer;
    let rest = value | 0;
    for (let at = this.#at + count - 1; at >= this.#at; at--) {
      const tenth = (rest / 10) | 0;
      buffer[at] = zero + rest - tenth * 10;
      rest = tenth;
    }
    this.#at += count;
  }

  #utf8(text: string): void {
    this.#ensure(text.length * 3);
    this.#at += this.#buffer.write(text, this.#at, 'utf8');
  }

  #ensure(bytes: number): void {
    if (this.#at + bytes > this.#limit) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    if (this.#buffer !== this.#own) {
      // Goes on where there is room, from wherever: what stands in the caller's buffer is of no use any more.
      this.reset();
      if (bytes <= this.#limit) return;
    }
    if (this.#at + bytes > rowBytesMax) throw new RangeError(`A row has at most ${rowBytesMax} bytes`);
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#own.length * 2, this.#at + bytes));
    this.#own.copy(larger, 0, 0, this.#at);
    this.#own = larger;
    this.#buffer = larger;
    this.#limit = larger.length;
  }
}

/** Of a number below 10^9. */
function digitsOf(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1_000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  return value < 100_000_000 ? 8 : 9;
}
