import { type CombinedNode, type JsonSchemaNode, nodeText } from '@headwater/serdes';
import type { Comparison } from './comparison.ts';

/** `oneOf` and `anyOf` may get members, `allOf` may lose some; what stays must find a member each that fits. */
export function compareCombined(
  comparison: Comparison,
  original: CombinedNode,
  update: CombinedNode,
  path: string,
): void {
  if (original.criterion !== update.criterion && !isExtension(original, update)) {
    comparison.add('COMBINED_TYPE_CHANGED', path);
    return;
  }
  const [before, now] = [distinct(original.members), distinct(update.members)];
  if (before.length < now.length && update.criterion === 'allOf') comparison.add('PRODUCT_TYPE_EXTENDED', path);
  if (before.length > now.length && original.criterion !== 'allOf') comparison.add('SUM_TYPE_NARROWED', path);
  const fitting = before.map((each) =>
    now.flatMap((other, index) => (comparison.differences(each, other, '').length === 0 ? [index] : [])),
  );
  if (matchCount(fitting, now.length) < Math.min(before.length, now.length)) {
    comparison.add('COMBINED_TYPE_SUBSCHEMAS_CHANGED', path);
  }
}

function isExtension(original: CombinedNode, update: CombinedNode): boolean {
  if (update.criterion === 'anyOf') return true;
  const [wasSingle, isSingle] = [original.members.length === 1, update.members.length === 1];
  if (wasSingle && (isSingle || update.criterion === 'oneOf')) return true;
  return isSingle && original.criterion === 'allOf';
}

/** Members that say the same count once. */
function distinct(members: readonly JsonSchemaNode[]): JsonSchemaNode[] {
  if (members.length < 2) return [...members];
  const byText = new Map<string, JsonSchemaNode>();
  for (const member of members) {
    const text = nodeText(member);
    if (!byText.has(text)) byText.set(text, member);
  }
  return [...byText.values()];
}

/** How many of one side get a partner of their own on the other: a maximum matching, by augmenting paths. */
function matchCount(fitting: readonly (readonly number[])[], otherCount: number): number {
  const partnerOf = new Array<number>(otherCount).fill(-1);
  let count = 0;
  for (const start of fitting.keys()) if (augment(start, fitting, partnerOf)) count++;
  return count;
}

/** Breadth first: members by the thousand must not fill the stack. */
function augment(start: number, fitting: readonly (readonly number[])[], partnerOf: number[]): boolean {
  const cameFrom = new Map<number, number>();
  const queue = [start];
  for (const each of queue) {
    for (const other of fitting[each]!) {
      if (cameFrom.has(other)) continue;
      cameFrom.set(other, each);
      const partner = partnerOf[other]!;
      if (partner !== -1) {
        queue.push(partner);
        continue;
      }
      // Everyone on the way moves on by one.
      let free = other;
      for (;;) {
        const taker = cameFrom.get(free)!;
        const left = partnerOf.indexOf(taker);
        partnerOf[free] = taker;
        if (taker === start) return true;
        free = left;
      }
    }
  }
  return false;
}
