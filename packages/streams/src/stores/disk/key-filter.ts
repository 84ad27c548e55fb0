/**
 * A Bloom filter: says of most keys that are not there that they are not. 10 bits and 6 probes a key: about one wrong answer in a hundred.
 * Keys are texts of one character a byte.
 */
const bitsAKey = 10;
const probes = 6;

/** Of the first `length` characters. */
export function keyHash(key: string, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  // Its low bits alone are not mixed enough.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export function makeFilter(hashes: readonly number[]): Buffer {
  const filter = Buffer.alloc(Math.max(8, Math.ceil((hashes.length * bitsAKey) / 8)));
  const bits = filter.length * 8;
  for (let hash of hashes) {
    const step = stepOf(hash);
    for (let probe = 0; probe < probes; probe++) {
      const bit = hash % bits;
      filter[bit >>> 3]! |= 1 << (bit & 7);
      hash = (hash + step) >>> 0;
    }
  }
  return filter;
}

/** Whether the filter that fills data[start, end) may have a key of this hash. */
export function mayHave(data: Buffer, start: number, end: number, keyHash: number): boolean {
  const bits = (end - start) * 8;
  const step = stepOf(keyHash);
  let hash = keyHash;
  for (let probe = 0; probe < probes; probe++) {
    const bit = hash % bits;
    if ((data[start + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false;
    hash = (hash + step) >>> 0;
  }
  return true;
}

function stepOf(hash: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 0) | 1;
}
