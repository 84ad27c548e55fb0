import { BoundedBytes } from '../decode/bounded-bytes.ts';
import type { SplitLine } from '../decode/line-splitter.ts';
import { LineSplitter } from '../decode/line-splitter.ts';

const zero = 0x30;
const nine = 0x39;
const space = 0x20;
/** `<`: every message begins with its priority. */
const priorityStart = 0x3c;
const lengthDigitsMax = 9;

/**
 * Cuts a TCP stream of syslog into messages (RFC 6587): by octet counting (`123 <34>1 …`) where a message begins with a number, else by newlines. Each
 * message may be framed either way. A counted one keeps its newlines.
 */
export class SyslogFraming {
  readonly #lines: LineSplitter;
  /** Of a counted message: bytes still to come. */
  #left = 0;
  readonly #message: BoundedBytes;
  /** What may be a length and the space after it. */
  #head = '';
  #isInLine = false;

  constructor(messageBytesMax: number) {
    this.#lines = new LineSplitter(messageBytesMax);
    this.#message = new BoundedBytes(messageBytesMax);
  }

  get pendingBytes(): number {
    return this.#message.length + this.#lines.pendingBytes;
  }

  push(chunk: Buffer): SplitLine[] {
    const messages: SplitLine[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) at = this.#counted(chunk, at, messages);
      else if (this.#isInLine) at = this.#line(chunk, at, messages);
      else at = this.#begin(chunk, at);
    }
    return messages;
  }

  /** A message that nothing ended; a counted one that is not whole is kept as far as it came. */
  end(): SplitLine[] {
    if (this.#head !== '') this.#lines.push(Buffer.from(this.#head));
    this.#head = '';
    const messages = this.#lines.end();
    if (this.#left > 0) {
      this.#message.isCut = true;
      this.#take(messages);
    }
    return messages;
  }

  #begin(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      const isAfterLength = this.#head.endsWith(' ');
      const isDigit = byte >= zero && byte <= nine && this.#head.length < lengthDigitsMax;
      if (!isAfterLength && (isDigit || (byte === space && this.#head !== ''))) {
        this.#head += String.fromCharCode(byte);
        continue;
      }
      const isCounted = isAfterLength && byte === priorityStart && Number(this.#head) > 0;
      if (isCounted) this.#left = Number(this.#head);
      else {
        this.#isInLine = true;
        this.#lines.push(Buffer.from(this.#head));
      }
      this.#head = '';
      return at;
    }
    return chunk.length;
  }

  #line(chunk: Buffer, start: number, messages: SplitLine[]): number {
    const newline = chunk.indexOf(0x0a, start);
    const end = newline === -1 ? chunk.length : newline + 1;
    messages.push(...this.#lines.push(chunk.subarray(start, end)));
    if (newline !== -1) this.#isInLine = false;
    return end;
  }

  #counted(chunk: Buffer, start: number, messages: SplitLine[]): number {
    const length = Math.min(this.#left, chunk.length - start);
    this.#message.append(chunk, start, start + length);
    this.#left -= length;
    if (this.#left === 0) this.#take(messages);
    return start + length;
  }

  #take(messages: SplitLine[]): void {
    const { isCut } = this.#message;
    const text = this.#message.take().replace(/[\r\n]+$/, '');
    if (text !== '') messages.push({ text, isCut, endOffset: 0 });
    this.#left = 0;
  }
}
