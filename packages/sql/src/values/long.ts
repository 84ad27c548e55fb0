/**
 * 64-bit integers: numbers while they are safe, bigints beyond, so that nearly all work is on numbers. Each value has one form: what
 * leaves these functions is a bigint only beyond ±(2^53-1). Overflow wraps around, as Java's does.
 */
export type Long = number | bigint;

/** The one form of an integer; bits above the 64th are lost. */
export function longOf(value: bigint): Long {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped;
}

export function addLongs(one: Long, other: Long): Long {
  if (typeof one === 'number' && typeof other === 'number') {
    const sum = one + other;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return longOf(BigInt(one) + BigInt(other));
}

export function subtractLongs(one: Long, other: Long): Long {
  if (typeof one === 'number' && typeof other === 'number') {
    const difference = one - other;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return longOf(BigInt(one) - BigInt(other));
}

export function multiplyLongs(one: Long, other: Long): Long {
  if (typeof one === 'number' && typeof other === 'number') {
    const product = one * other;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return longOf(BigInt(one) * BigInt(other));
}

/** Towards zero. @throws RangeError for a divisor of 0 */
export function divideLongs(one: Long, other: Long): Long {
  if (other === 0) throw new RangeError('/ by zero');
  if (typeof one === 'number' && typeof other === 'number') {
    // A quotient of safe integers that was rounded up to a whole number is caught by the remainder, which is exact.
    return (one - (one % other)) / other + 0;
  }
  return longOf(BigInt(one) / BigInt(other));
}

/** The sign of the dividend. @throws RangeError for a divisor of 0 */
export function remainderOfLongs(one: Long, other: Long): Long {
  if (other === 0) throw new RangeError('/ by zero');
  if (typeof one === 'number' && typeof other === 'number') return (one % other) + 0;
  return longOf(BigInt(one) % BigInt(other));
}

/** Below, at or above 0. */
export function compareLongs(one: Long, other: Long): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
