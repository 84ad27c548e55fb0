/** What is kept of its room for what comes next. */
const keptBytesMax = 64 * 1024;

/** Bytes that come in pieces, up to a bound: one buffer that grows, so that single bytes cost no more than large pieces. */
export class BoundedBytes {
  length = 0;
  /** More came than is kept. */
  isCut = false;
  readonly #bytesMax: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  append(from: Buffer, start: number, end: number): void {
    const room = this.#bytesMax - this.length;
    if (end - start > room) this.isCut = true;
    const taken = Math.min(end - start, room);
    const needed = this.length + taken;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#bytes.length * 2, 1_024), this.#bytesMax));
      this.#bytes.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    from.copy(this.#bytes, this.length, start, start + taken);
    this.length = needed;
  }

  /** All of it as text; begins anew. */
  take(): string {
    const text = this.#bytes.toString('utf8', 0, this.length);
    if (this.#bytes.length > keptBytesMax) this.#bytes = Buffer.alloc(0);
    this.length = 0;
    this.isCut = false;
    return text;
  }
}
