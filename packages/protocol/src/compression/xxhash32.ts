const PRIME_1 = 0x9e37_79b1 | 0;
const PRIME_2 = 0x85eb_ca77 | 0;
const PRIME_3 = 0xc2b2_ae3d | 0;
const PRIME_4 = 0x27d4_eb2f;
const PRIME_5 = 0x1656_67b1;

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function round(accumulator: number, lane: number): number {
  return Math.imul(rotate((accumulator + Math.imul(lane, PRIME_2)) | 0, 13), PRIME_1);
}

/** XXH32 with seed 0: the checksum of LZ4 frames. */
export function xxhash32(data: Buffer, start = 0, end = data.length): number {
  const size = end - start;
  let pos = start;
  let hash: number;
  if (size >= 16) {
    let a = (PRIME_1 + PRIME_2) | 0;
    let b = PRIME_2;
    let c = 0;
    let d = -PRIME_1 | 0;
    for (const limit = end - 16; pos <= limit; pos += 16) {
      a = round(a, data.readInt32LE(pos));
      b = round(b, data.readInt32LE(pos + 4));
      c = round(c, data.readInt32LE(pos + 8));
      d = round(d, data.readInt32LE(pos + 12));
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
  } else hash = PRIME_5;
  hash = (hash + size) | 0;
  for (; pos + 4 <= end; pos += 4) {
    hash = Math.imul(rotate((hash + Math.imul(data.readInt32LE(pos), PRIME_3)) | 0, 17), PRIME_4);
  }
  for (; pos < end; pos++) {
    hash = Math.imul(rotate((hash + Math.imul(data[pos]!, PRIME_5)) | 0, 11), PRIME_1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
