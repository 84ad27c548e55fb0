const newline = 0x0a;
/** What is kept of a connection for its next line. */
const keptBytesMax = 64 * 1024;

export interface SplitLine {
  text: string;
  /** It was longer than the bound: this is its beginning. */
  isCut: boolean;
}

/** Cuts a stream of bytes into lines (`\n`, `\r\n`), of which none keeps more than `lineBytesMax`. Empty ones are left out. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  /** Begun lines: one buffer that grows, so that a line of single bytes costs no more than another. */
  #pending: Buffer = Buffer.alloc(0);
  #pendingBytes = 0;
  #isCut = false;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Bytes of a line whose end has not come. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The lines that end in this chunk. */
  push(chunk: Buffer): SplitLine[] {
    const lines: SplitLine[] = [];
    let start = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
      if (this.#pendingBytes === 0 && !this.#isCut && at - start <= this.#lineBytesMax)
        addLine(lines, chunk, start, at, false);
      else {
        this.#append(chunk.subarray(start, at));
        this.#take(lines);
      }
      start = at + 1;
    }
    if (start < chunk.length) this.#append(chunk.subarray(start));
    return lines;
  }

  /** The last line, which nothing ended. */
  end(): SplitLine[] {
    const lines: SplitLine[] = [];
    this.#take(lines);
    return lines;
  }

  #append(part: Buffer): void {
    const room = this.#lineBytesMax - this.#pendingBytes;
    if (part.length > room) this.#isCut = true;
    const length = Math.min(part.length, room);
    const needed = this.#pendingBytes + length;
    if (needed > this.#pending.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(Math.max(needed, this.#pending.length * 2, 1_024), this.#lineBytesMax),
      );
      this.#pending.copy(larger, 0, 0, this.#pendingBytes);
      this.#pending = larger;
    }
    part.copy(this.#pending, this.#pendingBytes, 0, length);
    this.#pendingBytes = needed;
  }

  #take(lines: SplitLine[]): void {
    addLine(lines, this.#pending, 0, this.#pendingBytes, this.#isCut);
    if (this.#pending.length > keptBytesMax) this.#pending = Buffer.alloc(0);
    this.#pendingBytes = 0;
    this.#isCut = false;
  }
}

function addLine(lines: SplitLine[], bytes: Buffer, start: number, end: number, isCut: boolean): void {
  const last = end > start && bytes[end - 1] === 0x0d ? end - 1 : end;
  if (last > start) lines.push({ text: bytes.toString('utf8', start, last), isCut });
}
