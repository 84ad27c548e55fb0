/** Gathers messages that lie side by side in one buffer, so that thousands of rows are one write. */
export class OutputBatch {
  #pieces: Buffer[] = [];

  add(message: Buffer): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.buffer === message.buffer && last.byteOffset + last.length === message.byteOffset) {
      this.#pieces[this.#pieces.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + message.length);
    } else this.#pieces.push(message);
  }

  /** Everything so far, in one piece. */
  take(): Buffer | null {
    if (this.#pieces.length === 0) return null;
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    return all;
  }
}
