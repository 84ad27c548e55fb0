/** A two's complement number, big-endian, as Java's BigInteger writes it. */
export function signedBigInt(data: Buffer, start: number, end: number): bigint {
  const bytes = end - start;
  if (bytes === 0) return 0n;
  if (bytes <= 6) return BigInt(data.readIntBE(start, bytes));
  return BigInt.asIntN(bytes * 8, BigInt(`0x${data.toString('hex', start, end)}`));
}

/** The fewest bytes that hold the number and its sign. */
export function signedBytes(value: bigint): Buffer {
  let bytes = 1;
  while (BigInt.asIntN(bytes * 8, value) !== value) bytes++;
  return Buffer.from(
    BigInt.asUintN(bytes * 8, value)
      .toString(16)
      .padStart(bytes * 2, '0'),
    'hex',
  );
}
