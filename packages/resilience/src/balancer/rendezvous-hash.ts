/** 32 bits of a text: FNV-1a over its UTF-16 units, mixed so that near texts lie apart. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/**
 * The score of an endpoint for a key (rendezvous hashing, Thaler and Ravishankar 1998, with weights): the highest wins. An
 * endpoint that leaves moves only the keys that it had, one that comes takes its share from all others.
 */
export function rendezvousScore(keyHash: number, endpointHash: number, weight: number): number {
  const uniform = (mix(keyHash ^ endpointHash) + 0.5) / 4_294_967_296;
  return -weight / Math.log(uniform);
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
