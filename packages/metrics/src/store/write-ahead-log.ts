import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Frame: `u32 length, u32 crc32, samples`; a sample: `u32 series, f64 time, u32 lower half of the value, u32 upper half`. */
const headBytes = 8;
const sampleBytes = 20;
const frameSamplesMax = 3_000;

/**
 * Samples that are not in a closed chunk yet. What was flushed survives `kill -9`; it is not synced to the disk itself, so a machine that loses
 * power may lose the last seconds.
 */
export class WriteAheadLog {
  readonly #directory: string;
  readonly #frame = Buffer.allocUnsafe(headBytes + frameSamplesMax * sampleBytes);
  #length = headBytes;
  #number = 0;
  #descriptor: number | undefined;
  bytes = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Calls back for each sample that was written before, then begins a new file. A torn end is left out. */
  open(onSample: (ref: number, timeMs: number, low: number, high: number) => void): void {
    const numbers = this.#numbers();
    for (const number of numbers) {
      const bytes = readFileSync(this.#path(number));
      this.bytes += bytes.length;
      for (let at = 0; at + headBytes <= bytes.length; ) {
        const end = at + headBytes + bytes.readUInt32LE(at);
        if (end > bytes.length || crc32(bytes.subarray(at + headBytes, end)) !== bytes.readUInt32LE(at + 4)) break;
        for (let i = at + headBytes; i + sampleBytes <= end; i += sampleBytes)
          onSample(
            bytes.readUInt32LE(i),
            bytes.readDoubleLE(i + 4),
            bytes.readUInt32LE(i + 12),
            bytes.readUInt32LE(i + 16),
          );
        at = end;
      }
    }
    this.#number = (numbers.at(-1) ?? 0) + 1;
  }

  add(ref: number, timeMs: number, low: number, high: number): void {
    const frame = this.#frame;
    frame.writeUInt32LE(ref, this.#length);
    frame.writeDoubleLE(timeMs, this.#length + 4);
    frame.writeUInt32LE(low, this.#length + 12);
    frame.writeUInt32LE(high, this.#length + 16);
    this.#length += sampleBytes;
    if (this.#length === frame.length) this.flush();
  }

  flush(): void {
    if (this.#length === headBytes) return;
    const frame = this.#frame.subarray(0, this.#length);
    frame.writeUInt32LE(this.#length - headBytes, 0);
    frame.writeUInt32LE(crc32(frame.subarray(headBytes)), 4);
    this.#descriptor ??= openSync(this.#path(this.#number), 'a');
    this.#length = headBytes;
    this.bytes += writeSync(this.#descriptor, frame);
  }

  /** All that was written is in closed chunks now. */
  restart(): void {
    this.close();
    for (const number of this.#numbers()) rmSync(this.#path(number), { force: true });
    this.#number += 1;
    this.bytes = 0;
  }

  /** May be called twice. */
  close(): void {
    this.flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #numbers(): number[] {
    return readdirSync(this.#directory)
      .flatMap((name) => /^wal-(\d{8})\.bin$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  #path(number: number): string {
    return join(this.#directory, `wal-${String(number).padStart(8, '0')}.bin`);
  }
}
