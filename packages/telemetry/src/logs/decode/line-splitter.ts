import { BoundedBytes } from './bounded-bytes.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;

export interface SplitLine {
  text: string;
  /** It was longer than the bound: this is its beginning. */
  isCut: boolean;
  /** Bytes of the stream up to and with what ended it. */
  endOffset: number;
}

/** Cuts a stream of bytes into lines (`\n`, `\r\n`), of which none keeps more than `lineBytesMax`. Empty ones are left out, unless told. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  readonly #pending: BoundedBytes;
  readonly #keepsEmpty: boolean;
  #offset: number;

  /** @param offset of the stream's first byte */
  constructor(lineBytesMax: number, { keepsEmpty = false, offset = 0 } = {}) {
    this.#keepsEmpty = keepsEmpty;
    this.#lineBytesMax = lineBytesMax;
    this.#pending = new BoundedBytes(lineBytesMax);
    this.#offset = offset;
  }

  /** Bytes of a line whose end has not come. */
  get pendingBytes(): number {
    return this.#pending.length;
  }

  /** The lines that end in this chunk. */
  push(chunk: Buffer): SplitLine[] {
    const lines: SplitLine[] = [];
    let start = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
      const endOffset = this.#offset + at + 1;
      if (this.#pending.length === 0 && at - start <= this.#lineBytesMax) {
        const end = at > start && chunk[at - 1] === carriageReturn ? at - 1 : at;
        if (end > start || this.#keepsEmpty)
          lines.push({ text: chunk.toString('utf8', start, end), isCut: false, endOffset });
      } else {
        this.#pending.append(chunk, start, at);
        this.#take(lines, endOffset);
      }
      start = at + 1;
    }
    if (start < chunk.length) this.#pending.append(chunk, start, chunk.length);
    this.#offset += chunk.length;
    return lines;
  }

  /** The last line, which nothing ended. */
  end(): SplitLine[] {
    const lines: SplitLine[] = [];
    if (this.#pending.length > 0) this.#take(lines, this.#offset);
    return lines;
  }

  #take(lines: SplitLine[], endOffset: number): void {
    const { isCut } = this.#pending;
    const text = this.#pending.take();
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (line !== '' || this.#keepsEmpty) lines.push({ text: line, isCut, endOffset });
  }
}
