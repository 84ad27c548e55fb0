/**
 * Samples of one series, packed. Grammar of a body, for each sample after the chunk's first time:
 *
 *     sample := time value
 *     time   := varint(zigzag(delta of deltas, ms))       not for the first sample
 *     value  := 0..119                                     integer that differs by -60..59 from the one before
 *             | 120..126 byte{1..7}                        integer that differs by a zigzag number of that many bytes, little end first
 *             | 1LLLSSS0+ byte{S+1}                        bits that differ from those before: L bytes of zeros lead, S+1 bytes follow
 *
 * The value before the first is 0. Bits are kept as they are, so that the marker of staleness (a NaN of its own) survives.
 */
const scratch = new Float64Array(1);
const scratchBits = new Uint32Array(scratch.buffer);
const littleEnd = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
if (!littleEnd) throw new Error('chunks are written for machines with the little end first');

/** What Prometheus writes when a series has ended: a NaN of its own. */
export const staleHigh = 0x7ff00000;
export const staleLow = 2;
const bytesOfSampleMax = 20;

/** Packs samples as they come. */
export class ChunkWriter {
  count = 0;
  firstMs = 0;
  lastMs = 0;
  #bytes = new Uint8Array(48);
  #length = 0;
  #deltaMs = 0;
  #value = 0;
  #low = 0;
  #high = 0;

  get sizeBytes(): number {
    return this.#length;
  }

  /** What is held for it, used or not. */
  get capacityBytes(): number {
    return this.#bytes.length;
  }

  /** The bits of the last value. */
  get lastLow(): number {
    return this.#low;
  }
  get lastHigh(): number {
    return this.#high;
  }

  /** @param low the value's lower 32 bits @param high the upper ones */
  add(timeMs: number, low: number, high: number): void {
    if (this.#length + bytesOfSampleMax > this.#bytes.length) this.#grow();
    const bytes = this.#bytes;
    let at = this.#length;
    if (this.count === 0) this.firstMs = timeMs;
    else {
      const deltaMs = timeMs - this.lastMs;
      let zigzag = zigzagOf(deltaMs - this.#deltaMs);
      while (zigzag > 127) {
        bytes[at++] = (zigzag % 128) | 128;
        zigzag = Math.floor(zigzag / 128);
      }
      bytes[at++] = zigzag;
      this.#deltaMs = deltaMs;
    }
    this.lastMs = timeMs;
    this.count += 1;
    scratchBits[0] = low;
    scratchBits[1] = high;
    const value = scratch[0]!;
    const step = value - this.#value;
    // -0 is told from 0 by its bits.
    const isWhole =
      Number.isSafeInteger(value) &&
      Number.isSafeInteger(this.#value) &&
      Math.abs(step) < 2 ** 52 &&
      (value !== 0 || high === 0);
    if (isWhole && (this.#value !== 0 || this.#high === 0)) {
      if (step >= -60 && step <= 59) bytes[at++] = step + 60;
      else {
        let zigzag = zigzagOf(step);
        const head = at++;
        let size = 0;
        while (zigzag > 0) {
          bytes[at++] = zigzag % 256;
          zigzag = Math.floor(zigzag / 256);
          size += 1;
        }
        bytes[head] = 119 + size;
      }
    } else at = this.#writeBits(at, (low ^ this.#low) >>> 0, (high ^ this.#high) >>> 0);
    this.#value = value;
    this.#low = low;
    this.#high = high;
    this.#length = at;
  }

  /** A copy of exactly what is there. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What is there, until the next sample. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #writeBits(start: number, low: number, high: number): number {
    const bytes = this.#bytes;
    let at = start;
    const byteAt = (i: number): number => (i < 4 ? (high >>> (24 - i * 8)) & 255 : (low >>> (56 - i * 8)) & 255);
    let lead = 0;
    while (lead < 7 && byteAt(lead) === 0) lead += 1;
    let end = 7;
    while (end > lead && byteAt(end) === 0) end -= 1;
    bytes[at++] = 128 | (lead << 3) | (end - lead);
    for (let i = lead; i <= end; i++) bytes[at++] = byteAt(i);
    return at;
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

function zigzagOf(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** Samples unpacked: parallel arrays that grow and are used again. */
export class SampleBuffer {
  times = new Float64Array(512);
  values = new Float64Array(512);
  /** The values' bits, the lower half of each first. */
  bits = new Uint32Array(this.values.buffer);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  ensure(length: number): void {
    if (length <= this.times.length) return;
    const capacity = Math.max(length, this.times.length * 2);
    const times = new Float64Array(capacity);
    times.set(this.times.subarray(0, this.length));
    const values = new Float64Array(capacity);
    new Uint32Array(values.buffer).set(this.bits.subarray(0, this.length * 2));
    this.times = times;
    this.values = values;
    this.bits = new Uint32Array(values.buffer);
  }

  isStale(i: number): boolean {
    return this.bits[i * 2 + 1] === staleHigh && this.bits[i * 2] === staleLow;
  }
}

/** Appends the samples of a chunk whose time lies in [fromMs, toMs]. */
export function readChunk(
  bytes: Uint8Array,
  count: number,
  firstMs: number,
  out: SampleBuffer,
  fromMs: number,
  toMs: number,
): void {
  out.ensure(out.length + count);
  const { bits, times, values } = out;
  let to = out.length;
  let at = 0;
  let time = firstMs;
  let deltaMs = 0;
  let value = 0;
  let low = 0;
  let high = 0;
  // Bits are worked out from the value only where the next sample differs from it by bits.
  let isBits = true;
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      let byte = bytes[at++]!;
      let zigzag = byte & 127;
      let scale = 128;
      while (byte > 127) {
        byte = bytes[at++]!;
        zigzag += (byte & 127) * scale;
        scale *= 128;
      }
      deltaMs += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      time += deltaMs;
    }
    const head = bytes[at++]!;
    let isSpecial = false;
    if (head < 120) {
      value += head - 60;
      isBits = false;
    } else if (head < 128) {
      let zigzag = 0;
      let scale = 1;
      for (let size = head - 119; size > 0; size--) {
        zigzag += bytes[at++]! * scale;
        scale *= 256;
      }
      value += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      isBits = false;
    } else {
      if (!isBits) {
        scratch[0] = value;
        low = scratchBits[0]!;
        high = scratchBits[1]!;
      }
      const lead = (head >> 3) & 7;
      const end = lead + (head & 7);
      for (let k = lead; k <= end; k++) {
        const byte = bytes[at++]!;
        if (k < 4) high ^= byte << (24 - k * 8);
        else low ^= byte << (56 - k * 8);
      }
      low >>>= 0;
      high >>>= 0;
      scratchBits[0] = low;
      scratchBits[1] = high;
      value = scratch[0]!;
      isBits = true;
      isSpecial = Number.isNaN(value);
    }
    if (time < fromMs) continue;
    if (time > toMs) break;
    times[to] = time;
    if (isSpecial) {
      bits[to * 2] = low;
      bits[to * 2 + 1] = high;
    } else values[to] = value;
    to += 1;
  }
  out.length = to;
}

/** The bits of a value, as `add` takes them: [lower, upper]. */
export function bitsOf(value: number): readonly [number, number] {
  if (Number.isNaN(value)) return nanBits;
  scratch[0] = value;
  return [scratchBits[0]!, scratchBits[1]!];
}
const nanBits = [0, 0x7ff80000] as const;
