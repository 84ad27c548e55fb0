import type { Clock, ClockTimer } from '../clock/clock.ts';

/** What a consumer asks of a partition by default, and what storage reads more to find a batch's start. */
const sizeBytes = 1024 * 1024 + 64 * 1024;
/** Smaller reads are cheap to allocate, and larger ones are rare. */
const pooledBytesMin = 128 * 1024;
const freeMax = 16;
const idleMs = 5_000;

/**
 * Memory for reads from files, used again when an answer has left. Fresh memory costs more than the read: pages to be zeroed and
 * mapped, and a garbage collection for every 64 MiB.
 */
export class ReadBuffers {
  readonly #clock: Clock;
  #free: Buffer[] = [];
  #timer: ClockTimer | null = null;
  #isUsed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Buffers that wait for the next read. */
  get freeCount(): number {
    return this.#free.length;
  }

  /** A buffer of just this size. `release` the very same when nobody looks at it any more, or let go of it. */
  take(wantedBytes: number): Buffer {
    if (wantedBytes < pooledBytesMin || wantedBytes > sizeBytes) return Buffer.allocUnsafeSlow(wantedBytes);
    this.#isUsed = true;
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(sizeBytes);
    return wantedBytes === sizeBytes ? buffer : buffer.subarray(0, wantedBytes);
  }

  release(buffer: Buffer): void {
    if (buffer.buffer.byteLength !== sizeBytes || this.#free.length >= freeMax) return;
    this.#free.push(Buffer.from(buffer.buffer, 0, sizeBytes));
    this.#timer ??= this.#clock.schedule(idleMs, () => this.#dropIdle());
  }

  close(): void {
    this.#timer?.cancel();
    this.#free = [];
  }

  #dropIdle(): void {
    this.#timer = null;
    if (!this.#isUsed) this.#free = [];
    this.#isUsed = false;
    if (this.#free.length > 0) this.#timer = this.#clock.schedule(idleMs, () => this.#dropIdle());
  }
}
