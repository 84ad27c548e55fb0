import type { Bytes } from '@headwater/protocol';

/*
 * Keys as texts of one character a byte: they are found in a map without being copied, and are in the order of the bytes.
 */
const ascii = /^[\u0000-\u007f]*$/;

export function keyText(bytes: Bytes): string {
  if (typeof bytes === 'string') return ascii.test(bytes) ? bytes : Buffer.from(bytes).toString('latin1');
  return Buffer.isBuffer(bytes)
    ? bytes.toString('latin1')
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** A number that is exact and not negative, as 8 bytes, big-endian. */
export function longText(value: number): string {
  const high = Math.floor(value / 4_294_967_296);
  return String.fromCharCode(
    (high >>> 24) & 255,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    (value >>> 24) & 255,
    (value >>> 16) & 255,
    (value >>> 8) & 255,
    value & 255,
  );
}

/** What `longText` has made, `at` characters into the text. */
export function readLong(text: string, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index++) value = value * 256 + text.charCodeAt(index);
  return value;
}

/** After all texts that begin with it: for the end of a range. */
export function afterPrefix(prefix: string): string {
  return `${prefix}\u0100`;
}
