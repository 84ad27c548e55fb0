/** Bits in 32-bit words; callers know the size. */
export function bitSet(size: number, isFilled = false): Uint32Array {
  const bits = new Uint32Array((size + 31) >>> 5);
  if (isFilled) {
    bits.fill(0xffffffff);
    if ((size & 31) !== 0 && bits.length > 0) bits[bits.length - 1] = (1 << (size & 31)) - 1;
  }
  return bits;
}

export function hasBit(bits: Uint32Array, index: number): boolean {
  return (bits[index >>> 5]! & (1 << (index & 31))) !== 0;
}

export function setBit(bits: Uint32Array, index: number): void {
  bits[index >>> 5]! |= 1 << (index & 31);
}

export function clearBit(bits: Uint32Array, index: number): void {
  bits[index >>> 5]! &= ~(1 << (index & 31));
}

export function countBits(bits: Uint32Array): number {
  let count = 0;
  for (let word of bits) {
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }
  return count;
}

/** The first set bit at or after `from`, or `size`. */
export function nextBit(bits: Uint32Array, from: number, size: number): number {
  if (from >= size) return size;
  let index = from >>> 5;
  let word = bits[index]! & (-1 << (from & 31));
  while (word === 0) {
    if (++index >= bits.length) return size;
    word = bits[index]!;
  }
  const found = (index << 5) + 31 - Math.clz32(word & -word);
  return found < size ? found : size;
}
