import { ClientError } from './client-error.ts';

/** Of an answer that may share its memory with others. */
const smallBytes = 1024;

/** Cuts the bytes of a connection into frames: a size of four bytes, then that many. */
export class FrameSplitter {
  private readonly maxFrameBytes: number;
  private readonly onFrame: (frame: Buffer) => void;
  private readonly sizeBytes = Buffer.alloc(4);
  private sizeFilled = 0;
  private frame: Buffer | null = null;
  private filled = 0;

  constructor(maxFrameBytes: number, onFrame: (frame: Buffer) => void) {
    this.maxFrameBytes = maxFrameBytes;
    this.onFrame = onFrame;
  }

  /** Each frame gets a buffer of its own and of its exact size: `chunk` may be used again. */
  push(chunk: Buffer): void {
    let pos = 0;
    while (pos < chunk.length) {
      if (this.frame !== null) {
        const copied = chunk.copy(this.frame, this.filled, pos);
        this.filled += copied;
        pos += copied;
        if (this.filled === this.frame.length) {
          const { frame } = this;
          this.frame = null;
          this.onFrame(frame);
        }
        continue;
      }
      while (this.sizeFilled < 4 && pos < chunk.length) this.sizeBytes[this.sizeFilled++] = chunk[pos++]!;
      if (this.sizeFilled < 4) return;
      this.sizeFilled = 0;
      const size = this.sizeBytes.readInt32BE(0);
      if (size < 4 || size > this.maxFrameBytes) {
        const message = `an answer of ${size} bytes: this is not a Kafka broker, or the answer is above maxFrameBytes (${this.maxFrameBytes})`;
        throw new ClientError('HW_CLIENT_BAD_ANSWER', message);
      }
      this.frame = size <= smallBytes ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size);
      this.filled = 0;
    }
  }
}
