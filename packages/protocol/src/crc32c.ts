import { createRequire } from 'node:module';

/** CRC-32C (Castagnoli), reflected. */
const POLYNOMIAL = 0x82f6_3b78;
/** From this many bytes on the call into native code pays for itself (bench/crc32c.ts). */
const NATIVE_BYTES_MIN = 1024;

type NativeCrc32c = (input: Buffer, initial?: number) => number;

/** Eight tables of 256: table k holds the effect of a byte that is followed by k more. */
const T = makeTables();
const [T0, T1, T2, T3, T4, T5, T6, T7] = T as unknown as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[0]![byte] = crc;
  }
  for (let k = 1; k < 8; k++) {
    for (let byte = 0; byte < 256; byte++) {
      const previous = tables[k - 1]![byte]!;
      tables[k]![byte] = (previous >>> 8) ^ tables[0]![previous & 0xff]!;
    }
  }
  return tables;
}

/** The pure JavaScript half: slicing by eight. */
export function crc32cJs(buf: Uint8Array, start = 0, end = buf.length, seed = 0): number {
  let crc = ~seed;
  let i = start;
  for (const fastEnd = end - 7; i < fastEnd; i += 8) {
    crc ^= buf[i]! | (buf[i + 1]! << 8) | (buf[i + 2]! << 16) | (buf[i + 3]! << 24);
    crc =
      T7[crc & 0xff]! ^
      T6[(crc >>> 8) & 0xff]! ^
      T5[(crc >>> 16) & 0xff]! ^
      T4[crc >>> 24]! ^
      T3[buf[i + 4]!]! ^
      T2[buf[i + 5]!]! ^
      T1[buf[i + 6]!]! ^
      T0[buf[i + 7]!]!;
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ T0[(crc ^ buf[i]!) & 0xff]!;
  return ~crc >>> 0;
}

let native: NativeCrc32c | null | undefined;

/** `@node-rs/crc32` when it is installed for this machine; it is optional. */
function loadNative(): NativeCrc32c | null {
  try {
    const { crc32c } = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: NativeCrc32c };
    // The check value of the CRC catalogue: a build that computes something else must not be used.
    return crc32c(Buffer.from('123456789')) === 0xe306_9283 ? crc32c : null;
  } catch {
    return null;
  }
}

/** Whether large inputs go through native code. */
export function hasNativeCrc32c(): boolean {
  native ??= loadNative();
  return native !== null;
}

/**
 * The CRC-32C of `buf` from `start` to `end`; `seed` is the CRC of what came before, to go on from it.
 *
 * @example
 * crc32c(Buffer.from('123456789')) === 0xe3069283
 */
export function crc32c(buf: Buffer, start = 0, end: number = buf.length, seed = 0): number {
  if (end - start < NATIVE_BYTES_MIN) return crc32cJs(buf, start, end, seed);
  if (native === undefined) native = loadNative();
  if (native === null) return crc32cJs(buf, start, end, seed);
  const part = start === 0 && end === buf.length ? buf : buf.subarray(start, end);
  return seed === 0 ? native(part) : native(part, seed);
}
