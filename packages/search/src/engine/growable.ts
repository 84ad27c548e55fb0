/** Growing typed arrays: appended one number at a time, cut back when a write is undone. */
export class Int32List {
  length = 0;
  #items: Int32Array;

  constructor(capacity = 16) {
    this.#items = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.#items.length) {
      const larger = new Int32Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length++] = value;
  }

  get(index: number): number {
    return this.#items[index]!;
  }

  set(index: number, value: number): void {
    this.#items[index] = value;
  }

  last(): number {
    return this.length === 0 ? -1 : this.#items[this.length - 1]!;
  }

  /** A view: valid until the next push. */
  view(): Int32Array {
    return this.#items.subarray(0, this.length);
  }

  get sizeBytes(): number {
    return this.#items.byteLength;
  }
}

export class Float64List {
  length = 0;
  #items: Float64Array;

  constructor(capacity = 16) {
    this.#items = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.#items.length) {
      const larger = new Float64Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length++] = value;
  }

  get(index: number): number {
    return this.#items[index]!;
  }

  set(index: number, value: number): void {
    this.#items[index] = value;
  }

  view(): Float64Array {
    return this.#items.subarray(0, this.length);
  }

  get sizeBytes(): number {
    return this.#items.byteLength;
  }
}

export class BigInt64List {
  length = 0;
  #items = new BigInt64Array(16);

  push(value: bigint): void {
    if (this.length === this.#items.length) {
      const larger = new BigInt64Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length++] = value;
  }

  get(index: number): bigint {
    return this.#items[index]!;
  }

  view(): BigInt64Array {
    return this.#items.subarray(0, this.length);
  }

  get sizeBytes(): number {
    return this.#items.byteLength;
  }
}

/** Bytes that are appended to: postings, term dictionaries. */
export class ByteList {
  length = 0;
  #bytes: Buffer;

  constructor(capacity = 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  #reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.#bytes.length) return;
    let capacity = this.#bytes.length * 2;
    while (capacity < wanted) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** An unsigned number below 2^31, seven bits a byte. */
  varint(value: number): void {
    this.#reserve(5);
    const bytes = this.#bytes;
    let rest = value;
    while (rest > 0x7f) {
      bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.length++] = rest;
  }

  utf8(text: string): void {
    this.#reserve(text.length * 3);
    this.length += this.#bytes.write(text, this.length, 'utf8');
  }

  latin1(text: string): void {
    this.#reserve(text.length);
    this.length += this.#bytes.write(text, this.length, 'latin1');
  }

  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** A view of some bytes: valid until the next write. */
  slice(start: number, end: number): Buffer {
    return this.#bytes.subarray(start, end);
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** The bytes, in an array of just their size. */
  finish(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    bytes.set(this.#bytes.subarray(0, this.length));
    return bytes;
  }
}
