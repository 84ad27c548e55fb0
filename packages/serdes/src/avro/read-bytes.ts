import { Decimal } from '../decimal.ts';
import { Misfit } from './path-error.ts';

/**
 * Where reading stands. Each function reads at a position that is handed in and leaves the next one in `at`: so that generated code keeps
 * the position in a variable of its own. Reading beyond the array gives nothing, which ends every loop; then `at` is beyond `end`.
 */
export const cursor = { at: 0, end: 0, depth: 0, empties: 0 };

/** Records in records of the same type; far below the stack's own limit. */
export const depthMax = 1000;
/** Items and records that take no bytes, in one value: nothing else bounds them. */
export const emptiesMax = 1_000_000;

interface NativeText {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
}
const { utf8Slice } = Buffer.prototype as unknown as NativeText;

const wide = new BigInt64Array(1);
const halves = new Int32Array(wide.buffer);
const float = new Float32Array(wide.buffer);
const double = new Float64Array(wide.buffer);

function short(): never {
  throw new Misfit('the bytes end too early');
}

export function readBoolean(bytes: Uint8Array, p: number): boolean {
  if (p >= cursor.end) short();
  const byte = bytes[p]!;
  cursor.at = p + 1;
  if (byte > 1) throw new Misfit(`${byte} is no boolean, which is 0 or 1`);
  return byte === 1;
}

export function readInt(bytes: Uint8Array, p: number): number {
  let at = p;
  let byte = bytes[at++]!;
  let value = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift > 28) throw new Misfit('an int has more than 32 bits');
    byte = bytes[at++]!;
    if (shift === 28 && byte > 0x0f) throw new Misfit('an int has more than 32 bits');
    value |= (byte & 0x7f) << shift;
  }
  if (at > cursor.end) short();
  cursor.at = at;
  return (value >>> 1) ^ -(value & 1);
}

/** Fills `halves` with the value, which is in zigzag form. Three groups of bytes, because numbers are shifted in 32 bits. */
function readHalves(bytes: Uint8Array, p: number): void {
  let at = p;
  let byte = bytes[at++]!;
  let low = byte & 0x7f;
  let middle = 0;
  let high = 0;
  for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
    byte = bytes[at++]!;
    low |= (byte & 0x7f) << shift;
  }
  if (byte >= 0x80) {
    for (let shift = 0; byte >= 0x80 && shift < 28; shift += 7) {
      byte = bytes[at++]!;
      middle |= (byte & 0x7f) << shift;
    }
    if (byte >= 0x80) {
      byte = bytes[at++]!;
      high = byte & 0x7f;
      if (byte >= 0x80) {
        byte = bytes[at++]!;
        if (byte > 1) throw new Misfit('a long has more than 64 bits');
        high |= byte << 7;
      }
    }
  }
  if (at > cursor.end) short();
  cursor.at = at;
  const lowHalf = low | (middle << 28);
  const highHalf = (middle >>> 4) | (high << 24);
  const sign = -(lowHalf & 1);
  halves[0] = ((lowHalf >>> 1) | (highHalf << 31)) ^ sign;
  halves[1] = (highHalf >>> 1) ^ sign;
}

export function readLong(bytes: Uint8Array, p: number): bigint {
  readHalves(bytes, p);
  return wide[0]!;
}

/** A long as a number. Written out, not a loop: a tenth of the time of a small record. @throws Misfit beyond ±(2^53-1) */
export function readLongNumber(bytes: Uint8Array, p: number): number {
  let at = p;
  let byte = bytes[at++]!;
  let low = byte & 0x7f;
  let middle = 0;
  if (byte >= 0x80) {
    byte = bytes[at++]!;
    low |= (byte & 0x7f) << 7;
    if (byte >= 0x80) {
      byte = bytes[at++]!;
      low |= (byte & 0x7f) << 14;
      if (byte >= 0x80) {
        byte = bytes[at++]!;
        low |= (byte & 0x7f) << 21;
        if (byte >= 0x80) {
          byte = bytes[at++]!;
          middle = byte & 0x7f;
          if (byte >= 0x80) {
            byte = bytes[at++]!;
            middle |= (byte & 0x7f) << 7;
            if (byte >= 0x80) {
              byte = bytes[at++]!;
              middle |= (byte & 0x7f) << 14;
              if (byte >= 0x80) {
                byte = bytes[at++]!;
                middle |= (byte & 0x7f) << 21;
              }
            }
          }
          // Near to 2^53 and beyond, or in more bytes than are needed.
          if (byte >= 0x80 || middle >= 0x3ff_ffff) return readLargeNumber(bytes, p);
        }
      }
    }
  }
  if (at > cursor.end) short();
  cursor.at = at;
  const half = middle * 0x800_0000 + (low >>> 1);
  return (low & 1) === 0 ? half : -half - 1;
}

function readLargeNumber(bytes: Uint8Array, p: number): number {
  const value = Number(readLong(bytes, p));
  if (!Number.isSafeInteger(value)) throw new Misfit(`${wide[0]} does not fit a number exactly (2^53-1 at most)`);
  return value;
}

/** A long where a float or double is wanted: the nearest one. */
export function readLongAsDouble(bytes: Uint8Array, p: number): number {
  return Number(readLong(bytes, p));
}

/** The nearest float. By way of a double it would be rounded twice: so the bits that a double has no room for go into its last one. */
export function readLongAsFloat(bytes: Uint8Array, p: number): number {
  const value = readLong(bytes, p);
  const number = Number(value);
  if (Number.isSafeInteger(number)) return Math.fround(number);
  const lost = value & 0x7ffn;
  return Math.fround(Number(lost === 0n ? value : (value - lost) | 0x800n));
}

export function readFloat(bytes: Uint8Array, p: number): number {
  if (p + 4 > cursor.end) short();
  halves[0] = fixed32(bytes, p);
  cursor.at = p + 4;
  return float[0]!;
}

export function readDouble(bytes: Uint8Array, p: number): number {
  if (p + 8 > cursor.end) short();
  halves[0] = fixed32(bytes, p);
  halves[1] = fixed32(bytes, p + 4);
  cursor.at = p + 8;
  return double[0]!;
}

function fixed32(bytes: Uint8Array, p: number): number {
  return bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
}

/** The length of what follows: never more than there is. */
export function readSize(bytes: Uint8Array, p: number): number {
  const size = readLongNumber(bytes, p);
  if (size < 0) throw new Misfit(`a length is 0 or more, not ${size}`);
  if (size > cursor.end - cursor.at) {
    throw new Misfit(`the bytes end too early: ${size} are announced, ${cursor.end - cursor.at} are there`);
  }
  return size;
}

export function readText(bytes: Uint8Array, p: number): string {
  let size = bytes[p]!;
  let start = p + 1;
  if (size < 0x80 && (size & 1) === 0) {
    size >>>= 1;
    if (start + size > cursor.end) size = readSize(bytes, p);
  } else {
    size = readSize(bytes, p);
    start = cursor.at;
  }
  cursor.at = start + size;
  return size === 0 ? '' : utf8Slice.call(bytes, start, start + size);
}

/** A copy. */
export function readFixed(bytes: Uint8Array, p: number, size: number): Uint8Array {
  if (size > cursor.end - p) short();
  const copy = new Uint8Array(size);
  if (size <= 32) for (let i = 0; i < size; i++) copy[i] = bytes[p + i]!;
  else copy.set(bytes.subarray(p, p + size));
  cursor.at = p + size;
  return copy;
}

/** A copy. */
export function readBytes(bytes: Uint8Array, p: number): Uint8Array {
  const size = readSize(bytes, p);
  return readFixed(bytes, cursor.at, size);
}

export function readDecimal(bytes: Uint8Array, p: number, scale: number): Decimal {
  const size = readSize(bytes, p);
  return readFixedDecimal(bytes, cursor.at, size, scale);
}

export function readFixedDecimal(bytes: Uint8Array, p: number, size: number, scale: number): Decimal {
  if (size > cursor.end - p) short();
  cursor.at = p + size;
  if (size === 0) return new Decimal(0n, scale);
  if (size <= 6) {
    let value = (bytes[p]! << 24) >> 24;
    for (let i = 1; i < size; i++) value = value * 256 + bytes[p + i]!;
    return new Decimal(BigInt(value), scale);
  }
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + p, size).toString('hex');
  return new Decimal(BigInt.asIntN(size * 8, BigInt(`0x${hex}`)), scale);
}

export function readUuid(bytes: Uint8Array, p: number): string {
  const hex = Buffer.from(readFixed(bytes, p, 16).buffer).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * The number of items in the next block of an array or a map; 0 at its end. Never more than the bytes that are left can hold.
 *
 * @param itemBytesMin what each takes at least
 */
export function readBlock(bytes: Uint8Array, p: number, itemBytesMin: number): number {
  let count = readLongNumber(bytes, p);
  if (count < 0) {
    count = -count;
    readSize(bytes, cursor.at);
  }
  checkCount(count, itemBytesMin);
  return count;
}

function checkCount(count: number, itemBytesMin: number): void {
  if (itemBytesMin > 0) {
    if (count * itemBytesMin > cursor.end - cursor.at) {
      throw new Misfit(
        `the bytes end too early: ${count} items are announced, ${cursor.end - cursor.at} bytes are there`,
      );
    }
  } else if ((cursor.empties += count) > emptiesMax) {
    throw new Misfit(`more than ${emptiesMax} items that take no bytes`);
  }
}

/** As `readBlock`, for those who want none of it: where its size is told it is passed at once, and 0 only ends the last. */
export function skipBlock(bytes: Uint8Array, p: number, itemBytesMin: number): number {
  let at = p;
  for (;;) {
    const count = readLongNumber(bytes, at);
    if (count >= 0) {
      if (itemBytesMin > 0) checkCount(count, itemBytesMin);
      return count;
    }
    const size = readSize(bytes, cursor.at);
    at = cursor.at += size;
  }
}

export function skipSized(bytes: Uint8Array, p: number): number {
  const byte = bytes[p]!;
  // One byte says the length of most texts.
  if (byte < 0x80 && (byte & 1) === 0) {
    const at = p + 1 + (byte >>> 1);
    if (at <= cursor.end) return at;
  }
  const size = readSize(bytes, p);
  return cursor.at + size;
}

export function skipVarint(bytes: Uint8Array, p: number): number {
  let at = p;
  while (bytes[at++]! >= 0x80) if (at - p > 9) throw new Misfit('a long has more than 64 bits');
  if (at > cursor.end) short();
  return at;
}

export function skipFixed(p: number, size: number): number {
  if (size > cursor.end - p) short();
  return p + size;
}

export function enter(): void {
  if (++cursor.depth > depthMax) throw new Misfit(`nested more than ${depthMax} deep`);
}

/** A record that takes no bytes. */
export function countEmpty(): void {
  if (++cursor.empties > emptiesMax) throw new Misfit(`more than ${emptiesMax} items that take no bytes`);
}

export function setMember(map: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
  } else map[name] = value;
}
