import { ProxyError } from './proxy-error.ts';

/**
 * Cuts a stream of bytes into the JSON objects that lie in it one after the other, with or without white space between them,
 * wherever the chunks are cut. It looks at braces and strings only; what is inside is the parser's to judge.
 */
export class JsonSplitter {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;

  /** `maxBytes`: the largest object. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True in the middle of an object. */
  get isOpen(): boolean {
    return this.#depth > 0;
  }

  /**
   * The objects that are whole with this chunk; of one that began in an earlier chunk a copy, else a view of the chunk.
   *
   * @throws ProxyError 400 where something else than an object begins, or one is too large. Nothing can be read after that.
   */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === 0x5c) this.#isEscaped = true;
        else if (byte === 0x22) this.#isInText = false;
      } else if (this.#depth === 0) {
        if (byte === 0x7b) {
          this.#depth = 1;
          start = at;
        } else if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
          throw broken(
            `Unexpected character (${shownByte(byte)}): an object is expected, such as {"value":{"type":"JSON","data":1}}`,
          );
        }
      } else if (byte === 0x22) this.#isInText = true;
      else if (byte === 0x7b || byte === 0x5b) this.#depth++;
      else if (byte === 0x7d || byte === 0x5d) {
        this.#depth--;
        if (this.#depth === 0) yield this.#take(chunk.subarray(start, at + 1));
      }
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start));
  }

  #keep(part: Buffer): void {
    this.#check(part.length);
    this.#pending.push(part);
    this.#pendingBytes += part.length;
  }

  #take(part: Buffer): Buffer {
    this.#check(part.length);
    if (this.#pending.length === 0) return part;
    const whole = Buffer.concat([...this.#pending, part], this.#pendingBytes + part.length);
    this.#pending = [];
    this.#pendingBytes = 0;
    return whole;
  }

  #check(moreBytes: number): void {
    if (this.#pendingBytes + moreBytes <= this.#maxBytes) return;
    throw broken(`The size of the produce request is larger than the limit of ${this.#maxBytes} bytes`);
  }
}

function broken(what: string): ProxyError {
  return new ProxyError(400, 400, `Bad Request: Error processing message: ${what}`);
}

function shownByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `code ${byte}`;
}
