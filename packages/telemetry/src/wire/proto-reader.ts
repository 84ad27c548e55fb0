/** Reads Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding/): as much as Zipkin's and OpenTelemetry's messages need. */
export class ProtoReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Field number times 8, and the wire type. */
  tag(): number {
    return this.varint();
  }

  /** Up to 2^53; what is larger loses its last digits. @throws RangeError */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) throw new RangeError('the message is cut off');
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new RangeError('a number has more than ten bytes');
  }

  /** A signed number of 64 bits; as a text where a number would lose digits. @throws RangeError */
  int64(): number | string {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= this.#end) throw new RangeError('the message is cut off');
      const byte = this.#bytes[this.#at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const signed = BigInt.asIntN(64, value);
      const number = Number(signed);
      return Number.isSafeInteger(number) ? number : String(signed);
    }
    throw new RangeError('a number has more than ten bytes');
  }

  fixed64(): bigint {
    this.#need(8);
    const value = this.#bytes.readBigUInt64LE(this.#at);
    this.#at += 8;
    return value;
  }

  double(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  fixed32(): number {
    this.#need(4);
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  /** A view. */
  bytes(): Buffer {
    const length = this.varint();
    this.#need(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  message(): ProtoReader {
    return new ProtoReader(this.bytes());
  }

  /** Passes over a field that is not known. @throws RangeError for groups, which proto3 does not have */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.fixed64();
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.fixed32();
    else throw new RangeError(`a field has the wire type ${wireType}`);
  }

  #need(length: number): void {
    if (length > this.#end - this.#at) throw new RangeError('the message is cut off');
  }
}
