const smallestLog2 = 12;
const largestLog2 = 20;
/** What a size keeps free at most, though always two buffers. */
const freeBytesPerSize = 1024 * 1024;

/**
 * Buffers for request frames, used again when a request has been handled. A fresh one for each frame makes the collector run for every
 * few hundred of them, and costs its pages each time.
 */
export class FramePool {
  /** By size: 4 KiB, 8 KiB … 1 MiB. */
  readonly #free: ArrayBuffer[][] = Array.from({ length: largestLog2 - smallestLog2 + 1 }, () => []);

  /** Whether frames of this size are worth it. */
  serves(sizeBytes: number): boolean {
    return sizeBytes > 2 ** smallestLog2 && sizeBytes <= 2 ** largestLog2;
  }

  /** A buffer of just this size, with anything in it. */
  take(sizeBytes: number): Buffer {
    const memory = this.#free[sizeIndex(sizeBytes)]!.pop() ?? newMemory(sizeBytes);
    return Buffer.from(memory, 0, sizeBytes);
  }

  /** Takes back what `take` gave; nobody may look at it any more. */
  release(frame: Buffer): void {
    const memory = frame.buffer as ArrayBuffer;
    const free = this.#free[sizeIndex(memory.byteLength)]!;
    if (free.length < Math.max(2, freeBytesPerSize / memory.byteLength)) free.push(memory);
  }
}

function sizeIndex(sizeBytes: number): number {
  return Math.max(0, 32 - Math.clz32(sizeBytes - 1) - smallestLog2);
}

/** Not zeroed. */
function newMemory(sizeBytes: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(2 ** (sizeIndex(sizeBytes) + smallestLog2)).buffer as ArrayBuffer;
}
