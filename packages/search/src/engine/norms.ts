/**
 * Field lengths in one byte, as Lucene's SmallFloat.intToByte4 writes them: exact up to 40, then four significant bits.
 * Scores depend on the rounding, so it is the same.
 */
const freeValues = 255 - longToInt4(0x7fffffff);

function longToInt4(value: number): number {
  const bits = 32 - Math.clz32(value);
  if (bits < 4) return value;
  const shift = bits - 4;
  return ((value >>> shift) & 0x07) | ((shift + 1) << 3);
}

function int4ToLong(code: number): number {
  const bits = code & 0x07;
  const shift = (code >>> 3) - 1;
  return shift < 0 ? bits : (bits | 0x08) * 2 ** shift;
}

export function encodeLength(length: number): number {
  return length < freeValues ? length : freeValues + longToInt4(length - freeValues);
}

export function decodeLength(norm: number): number {
  return norm < freeValues ? norm : freeValues + int4ToLong(norm - freeValues);
}

/** The length that each norm byte stands for. */
export const normLengths: Float64Array = Float64Array.from({ length: 256 }, (_, norm) => decodeLength(norm));
