import type { Bytes } from '@headwater/protocol';

/** The bytes of what a serde has written. */
export function bufferOf(bytes: Bytes): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A whole number that is exact, as 8 bytes, big-endian: what `writeBigInt64BE` does, without making a bigint. */
export function writeLong(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 4_294_967_296);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * 4_294_967_296, at + 4);
}
