/** Kafka's 32-bit murmur2 (`org.apache.kafka.common.utils.Utils.murmur2`). */
export function murmur2(data: Uint8Array, length = data.length): number {
  const m = 0x5bd1_e995;
  let h = 0x9747_b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length - i;
  if (rest === 3) h ^= data[i + 2]! << 16;
  if (rest >= 2) h ^= data[i + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ data[i]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

/** The same of a text's UTF-8 bytes; short ASCII is not encoded for it. */
export function murmur2Text(text: string): number {
  const { length } = text;
  if (length > ascii.length) return murmur2(Buffer.from(text));
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return murmur2(Buffer.from(text));
    ascii[i] = code;
  }
  return murmur2(ascii, length);
}

const ascii = new Uint8Array(64);

/** The partition that Java's default partitioner chooses for a key, so that all clients put a key in the same place. */
export function murmur2Partition(key: Uint8Array | string, partitions: number): number {
  return ((typeof key === 'string' ? murmur2Text(key) : murmur2(key)) & 0x7fff_ffff) % partitions;
}
