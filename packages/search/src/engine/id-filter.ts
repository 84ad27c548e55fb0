import { hashId, type Ids } from './id-table.ts';

const bitsPerId = 12;
const probes = 6;

/**
 * A Bloom filter of a segment's ids: says of most that are not there that they are not, of three in a thousand that they may be, so that a write of
 * a new document need not look into every segment on disk.
 */
export function idFilter({ docCount, idBytes, idOffsets }: Ids): Uint32Array {
  const filter = new Uint32Array(Math.max(1, Math.ceil((docCount * bitsPerId) / 32)));
  const bits = filter.length * 32;
  for (let doc = 0; doc < docCount; doc++) {
    const start = idOffsets[doc]!;
    const end = idOffsets[doc + 1]!;
    if (end === start) continue;
    const hash = hashId(idBytes, start, end);
    const step = stepOf(hash);
    for (let probe = 0, at = hash; probe < probes; probe++, at = (at + step) >>> 0) {
      const bit = at % bits;
      filter[bit >>> 5]! |= 1 << (bit & 31);
    }
  }
  return filter;
}

/** False when no id has this hash. */
export function mayHold(filter: Uint32Array, hash: number): boolean {
  const bits = filter.length * 32;
  const step = stepOf(hash);
  for (let probe = 0, at = hash; probe < probes; probe++, at = (at + step) >>> 0) {
    const bit = at % bits;
    if ((filter[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
  }
  return true;
}

function stepOf(hash: number): number {
  return (Math.imul(hash ^ (hash >>> 16), 0x45d9f3b) | 1) >>> 0;
}
