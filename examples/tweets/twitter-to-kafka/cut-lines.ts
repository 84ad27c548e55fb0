const newline = 0x0a;

/** Cuts bytes that come in pieces of any size at newlines. A line that is too long is not kept: undefined stands for it. */
export class LineCutter {
  readonly #lineBytesMax: number;
  #pieces: Buffer[] = [];
  #sizeBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that end in this chunk, without their newline. */
  push(chunk: Buffer): (Buffer | undefined)[] {
    const lines: (Buffer | undefined)[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#add(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
    return lines;
  }

  /** What came after the last newline, if anything did. */
  end(): (Buffer | undefined)[] {
    return this.#sizeBytes > 0 ? [this.#take()] : [];
  }

  #add(piece: Buffer): void {
    this.#sizeBytes += piece.length;
    if (this.#sizeBytes > this.#lineBytesMax) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  #take(): Buffer | undefined {
    const line = this.#sizeBytes > this.#lineBytesMax ? undefined : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#sizeBytes = 0;
    return line;
  }
}
