import { createHash } from 'node:crypto';

/** A positive number of 63 bits that stands for a text, always the same one: the first eight bytes of its SHA-256, without the sign. */
export function stableId(text: string): string {
  const id = createHash('sha256').update(text).digest().readBigUInt64BE() & 0x7fff_ffff_ffff_ffffn;
  return String(id === 0n ? 1n : id);
}

const tidDigits = '234567abcdefghijklmnopqrstuvwxyz';

/** The number in an AT Protocol TID (53 bits of microseconds, 10 of a clock's id); undefined when the text is none. */
export function tidNumber(text: string): string | undefined {
  if (!/^[234567a-j][234567a-z]{12}$/.test(text)) return undefined;
  let number = 0n;
  for (const digit of text) number = (number << 5n) | BigInt(tidDigits.indexOf(digit));
  return number === 0n || number >= 1n << 63n ? undefined : String(number);
}
