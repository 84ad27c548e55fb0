/**
 * Cuts a stream of the protocol's messages (a type byte, a length of four bytes that counts itself, a body) into whole ones, for either direction.
 * A message that is whole in its chunk is a view of it, not a copy.
 */
export class MessageSplitter {
  #chunks: Buffer[] = [];
  #byteCount = 0;
  #wanted = 5;
  readonly #maxBytes: number;

  /** @param maxBytes largest message, its head counted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a message that is not whole yet. */
  get bufferedBytes(): number {
    return this.#byteCount;
  }

  /**
   * @param onMessage gets type and whole message, head included
   * @throws RangeError for a length that cannot be, or is more than is taken
   */
  push(chunk: Buffer, onMessage: (type: number, message: Buffer) => void): void {
    if (this.#byteCount > 0) {
      this.#chunks.push(chunk);
      this.#byteCount += chunk.length;
      if (this.#byteCount < this.#wanted) return;
      chunk = Buffer.concat(this.#chunks, this.#byteCount);
      this.#chunks = [];
      this.#byteCount = 0;
    }
    let offset = 0;
    while (chunk.length - offset >= 5) {
      const length = chunk.readInt32BE(offset + 1) + 1;
      if (length < 5) throw new RangeError(`a message cannot have the length ${length - 1}`);
      if (length > this.#maxBytes) {
        throw new RangeError(`a message of ${length} bytes is more than the ${this.#maxBytes} that are taken`);
      }
      if (chunk.length - offset < length) {
        this.#wanted = length;
        this.#keep(chunk, offset);
        return;
      }
      const message = chunk.subarray(offset, (offset += length));
      onMessage(message[0]!, message);
    }
    this.#wanted = 5;
    this.#keep(chunk, offset);
  }

  #keep(chunk: Buffer, offset: number): void {
    if (offset >= chunk.length) return;
    this.#chunks.push(chunk.subarray(offset));
    this.#byteCount = chunk.length - offset;
  }
}
