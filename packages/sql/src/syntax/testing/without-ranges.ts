/** A tree without its places, to compare what was meant. Maps stay maps; numbers, strings and decimals are compared as they are. */
export function withoutRanges(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutRanges);
  if (node instanceof Map) return new Map([...node].map(([key, value]) => [key, withoutRanges(value)]));
  if (node === null || typeof node !== 'object' || Object.getPrototypeOf(node) !== Object.prototype) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([name]) => name !== 'range')
      .map(([name, value]) => [name, withoutRanges(value)]),
  );
}
