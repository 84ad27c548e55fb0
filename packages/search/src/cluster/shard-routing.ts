/** Which shard a document belongs to: Murmur3 of its routing (or id) in UTF-16, as the real system computes it. */
export function shardOf(routing: string, shardCount: number, routingShardCount: number): number {
  if (shardCount === 1) return 0;
  const hash = murmur3(Buffer.from(routing, 'utf16le'));
  const modulo = ((hash % routingShardCount) + routingShardCount) % routingShardCount;
  return Math.floor(modulo / (routingShardCount / shardCount));
}

/** The number of slots that shards may be split into later. */
export function routingShards(shardCount: number): number {
  const log2 = shardCount === 1 ? 0 : 32 - Math.clz32(shardCount - 1);
  return shardCount * 2 ** Math.max(1, 10 - log2);
}

/** MurmurHash3 x86 32 with seed 0, as a signed number. */
export function murmur3(bytes: Uint8Array): number {
  const c1 = 0xcc9e2d51;
  const c2 = 0x1b873593;
  let hash = 0;
  const blocks = bytes.length & ~3;
  for (let i = 0; i < blocks; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, c1);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, c2);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | bytes[i]!;
  if (blocks < bytes.length) {
    tail = Math.imul(tail, c1);
    tail = (tail << 15) | (tail >>> 17);
    hash ^= Math.imul(tail, c2);
  }
  hash ^= bytes.length;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
