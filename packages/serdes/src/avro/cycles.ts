import type { AvroSchema } from './avro-schema.ts';

/** The nodes that can be reached from themselves, in one walk over all that `root` reaches (Tarjan's algorithm). */
export function nodesInCycles<T>(root: T, next: (node: T) => readonly T[]): ReadonlySet<T> {
  const order = new Map<T, number>();
  const open: T[] = [];
  const isOpen = new Set<T>();
  const found = new Set<T>();
  const visit = (node: T): number => {
    const place = order.size;
    order.set(node, place);
    open.push(node);
    isOpen.add(node);
    let low = place;
    for (const each of next(node)) {
      if (each === node) found.add(node);
      if (!order.has(each)) low = Math.min(low, visit(each));
      else if (isOpen.has(each)) low = Math.min(low, order.get(each)!);
    }
    if (low !== place) return low;
    const group = open.splice(open.lastIndexOf(node));
    for (const each of group) {
      isOpen.delete(each);
      if (group.length > 1) found.add(each);
    }
    return low;
  };
  visit(root);
  return found;
}

/** The types that values of a schema are directly made of. */
export function partsOf(schema: AvroSchema): readonly AvroSchema[] {
  if (schema.type === 'union') return schema.branches;
  if (schema.type === 'array') return [schema.items];
  if (schema.type === 'map') return [schema.values];
  return 'fields' in schema ? schema.fields.map((field) => field.schema) : [];
}
