/** Java's `String.hashCode`, made positive as Kafka does: which partition a group or a transactional id lives in. */
export function javaHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash === -2_147_483_648 ? 0 : Math.abs(hash);
}
