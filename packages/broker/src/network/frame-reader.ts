import { BrokerError } from '../broker-error.ts';
import type { FramePool } from './frame-pool.ts';
import type { MemoryBudget } from './memory-budget.ts';

/** A frame up to this size is allocated at once; a larger one grows with the bytes that really come, and out of a budget. */
const allocateAtOnceBytes = 1024 * 1024;
/** From this many missing bytes on, the socket may read into the frame itself. */
const directReadBytesMin = 16 * 1024;
const produceApiKey = 0;

/**
 * Cuts a stream of bytes into frames: a size of 4 bytes, then as many bytes.
 *
 * Frames of Produce are lent: whoever gets one may look at it and write into it until `handled` is called, and no longer. Their memory is
 * the input's, or comes from a pool. Any other frame belongs to whom it was given. A size that is only claimed costs nothing: what is
 * allocated follows what has arrived.
 */
export class FrameReader {
  #maxFrameBytes: number;
  #limitName = 'socket.request.max.bytes';
  readonly #budget: MemoryBudget;
  readonly #pool: FramePool;
  #reservedBytes = 0;
  #input: Buffer | null = null;
  #inputOffset = 0;
  #size = 0;
  #sizeBytesRead = 0;
  #frame: Buffer | null = null;
  #filled = 0;
  /** The frame under way, or the one that was given last, is of the pool. */
  #pooled: Buffer | null = null;

  constructor(maxFrameBytes: number, budget: MemoryBudget, pool: FramePool) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#budget = budget;
    this.#pool = pool;
  }

  /** From the next frame on; `settingName` is what the error names. */
  limit(maxFrameBytes: number, settingName = 'socket.request.max.bytes'): void {
    this.#maxFrameBytes = maxFrameBytes;
    this.#limitName = settingName;
  }

  /** Whether a frame has begun and has not ended. */
  get isInsideFrame(): boolean {
    return this.#sizeBytesRead > 0 || this.#input !== null;
  }

  /** Gives the bytes to be cut; they must stay as they are until `next` has returned null, or `keepRest` was called. */
  feed(bytes: Buffer): void {
    if (this.#input === null) {
      this.#input = bytes;
      this.#inputOffset = 0;
      return;
    }
    this.#input = Buffer.concat([this.#input.subarray(this.#inputOffset), bytes]);
    this.#inputOffset = 0;
  }

  /** Copies what has not been cut yet: the memory that was fed is about to be used again. */
  keepRest(): void {
    if (this.#input === null) return;
    this.#input = Buffer.from(this.#input.subarray(this.#inputOffset));
    this.#inputOffset = 0;
  }

  /** Where the next bytes of a large frame may be read to without a copy; null when `feed` is the way. */
  directTarget(): Buffer | null {
    if (this.#frame === null || this.#input !== null) return null;
    if (this.#frame.length - this.#filled < directReadBytesMin) return null;
    return this.#frame.subarray(this.#filled);
  }

  /** Bytes were read into what `directTarget` gave; `next` may have a frame now. */
  filledDirectly(sizeBytes: number): void {
    this.#filled += sizeBytes;
  }

  /**
   * The next whole frame, without its size; null when more bytes are needed. Call `handled` before the next one.
   *
   * @throws BrokerError HW_BROKER_FRAME when the size makes no sense, or the budget is used up: the stream cannot be cut any further
   */
  next(): Buffer | null {
    if (this.#frame === null && !this.#startFrame()) return null;
    if (!this.#fillFrame()) return null;
    const frame = this.#frame!;
    this.#frame = null;
    this.#sizeBytesRead = 0;
    this.#size = 0;
    this.#giveBackBudget();
    if (this.#pooled === null || isProduce(frame)) return frame;
    const own = Buffer.from(frame);
    this.handled();
    return own;
  }

  /** The frame that `next` gave last has been handled. */
  handled(): void {
    if (this.#pooled === null) return;
    this.#pool.release(this.#pooled);
    this.#pooled = null;
  }

  /** Gives back what was taken from the budget and the pool; nothing is read any more. */
  close(): void {
    this.#giveBackBudget();
    this.#frame = null;
    this.handled();
  }

  #giveBackBudget(): void {
    this.#budget.release(this.#reservedBytes);
    this.#reservedBytes = 0;
  }

  #startFrame(): boolean {
    const input = this.#input;
    if (input === null) return false;
    while (this.#sizeBytesRead < 4) {
      if (this.#inputOffset === input.length) return this.#inputUsedUp();
      this.#size = (this.#size << 8) | input[this.#inputOffset++]!;
      this.#sizeBytesRead++;
    }
    const size = this.#size;
    if (size < 0 || size > this.#maxFrameBytes) throw badSize(size, this.#maxFrameBytes, this.#limitName);
    const rest = input.subarray(this.#inputOffset);
    if (rest.length >= size && isProduce(rest)) {
      this.#frame = rest.subarray(0, size);
      this.#filled = size;
      this.#inputOffset += size;
      if (rest.length === size) this.#inputUsedUp();
      return true;
    }
    // What it will be is not always known yet: `next` copies what was not meant for the pool.
    if (this.#pool.serves(size) && (rest.length < 2 || isProduce(rest))) {
      this.#pooled = this.#pool.take(size);
      this.#frame = this.#pooled;
    } else this.#frame = Buffer.allocUnsafe(Math.min(size, allocateAtOnceBytes));
    this.#filled = 0;
    return true;
  }

  #fillFrame(): boolean {
    for (;;) {
      const frame = this.#frame!;
      if (this.#input !== null) {
        const copied = this.#input.copy(frame, this.#filled, this.#inputOffset);
        this.#filled += copied;
        this.#inputOffset += copied;
        if (this.#inputOffset === this.#input.length) this.#inputUsedUp();
      }
      if (this.#filled < frame.length) return false;
      if (frame.length === this.#size) return true;
      this.#frame = this.#grow(frame);
    }
  }

  #grow(frame: Buffer): Buffer {
    const sizeBytes = Math.min(this.#size, frame.length * 2);
    if (!this.#budget.reserve(sizeBytes - this.#reservedBytes)) {
      const message = `Large requests under way take more than queued.max.request.bytes (${this.#budget.maxBytes}).`;
      throw new BrokerError('HW_BROKER_FRAME', message);
    }
    this.#reservedBytes = sizeBytes;
    const larger = Buffer.allocUnsafeSlow(sizeBytes);
    frame.copy(larger);
    return larger;
  }

  #inputUsedUp(): false {
    this.#input = null;
    this.#inputOffset = 0;
    return false;
  }
}

function isProduce(frame: Buffer): boolean {
  return frame.length >= 2 && frame.readInt16BE(0) === produceApiKey;
}

/** Most such connections are not from Kafka clients at all: say what they look like. */
function badSize(size: number, maxBytes: number, limitName: string): BrokerError {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(size);
  const text = bytes.toString('latin1');
  const hint = /^(GET |POST|PUT |HEAD|DELE|OPTI|PATC)/.test(text)
    ? ' It looks like HTTP: this port speaks the Kafka protocol.'
    : bytes[0] === 0x16 && bytes[1] === 0x03
      ? ' It looks like TLS: this listener is plaintext (security.protocol=PLAINTEXT).'
      : '';
  const problem = size < 0 ? 'is negative' : `is above ${limitName} (${maxBytes})`;
  return new BrokerError('HW_BROKER_FRAME', `The request size ${size} ${problem}.${hint}`);
}
