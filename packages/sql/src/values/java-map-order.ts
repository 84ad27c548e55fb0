/** Java's `String.hashCode`. */
function hashCode(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

/**
 * The entries of a map in the order in which Java's HashMap, made for just so many, gives them. It shows in what is done one entry after
 * the other, as by REDUCE; results are then the same as ksqlDB's.
 */
export function inJavaOrder<V>(map: ReadonlyMap<unknown, V>): (readonly [unknown, V])[] {
  const entries = [...map];
  if (entries.length < 2) return entries;
  let slots = 1;
  while (slots < entries.length) slots *= 2;
  if (entries.length > slots * 0.75) slots *= 2;
  const slotOf = (key: unknown): number => {
    const hash = hashCode(String(key));
    return (hash ^ (hash >>> 16)) & (slots - 1);
  };
  return entries
    .map((entry) => ({ entry, slot: slotOf(entry[0]) }))
    .sort((one, other) => one.slot - other.slot)
    .map(({ entry }) => entry);
}
