/**
 * Short texts that were read lately, by their bytes. Keys and values from small sets come again and again: the text that is there already costs
 * no memory, and maps have its hash. Bounded: a slot for each hash, the newest text has it.
 */
const slotsCount = 1 << 14;
const cachedBytesMax = 40;

const texts: string[] = new Array<string>(slotsCount).fill('');

/** The text of ASCII bytes whose `hash` the caller has made: from 0 on, for each byte `Math.imul(hash ^ byte, 0x01000193)`. */
export function cachedText(data: Buffer, start: number, end: number, hash: number): string {
  const length = end - start;
  if (length > cachedBytesMax) return data.toString('latin1', start, end);
  const slot = (hash ^ (hash >>> 15)) & (slotsCount - 1);
  const found = texts[slot]!;
  if (found.length === length) {
    let at = 0;
    while (at < length && found.charCodeAt(at) === data[start + at]) at++;
    if (at === length) return found;
  }
  const text = data.toString('latin1', start, end);
  texts[slot] = text;
  return text;
}

/** UTF-8 text. */
export function textOf(data: Buffer, start: number, end: number): string {
  if (end - start > cachedBytesMax) return data.toString('utf8', start, end);
  let hash = 0;
  for (let at = start; at < end; at++) {
    const byte = data[at]!;
    if (byte > 127) return data.toString('utf8', start, end);
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return cachedText(data, start, end, hash);
}
