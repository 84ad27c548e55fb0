import type { ArrayNode, JsonSchemaNode } from '@headwater/serdes';
import type { Comparison } from './comparison.ts';
import { compareUnevaluated } from './content-model.ts';
import { compareLeast, compareMost } from './scalars.ts';

export function compareArrays(comparison: Comparison, original: ArrayNode, update: ArrayNode, path: string): void {
  comparison.compare(original.all, update.all, `${path}/items`);
  compareTuples(comparison, original, update, `${path}/items`);
  compareAdditional(comparison, original, update, `${path}/additionalItems`);
  compareUnevaluated(comparison, 'ITEMS', original.unevaluated, update.unevaluated, `${path}/unevaluatedItems`);
  compareMost(comparison, 'MAX_ITEMS', original.maxItems, update.maxItems, `${path}/maxItems`);
  compareLeast(comparison, 'MIN_ITEMS', original.minItems, update.minItems, `${path}/minItems`);
  if (update.isUnique === true && original.isUnique !== true)
    comparison.add('UNIQUE_ITEMS_ADDED', `${path}/uniqueItems`);
  compareMost(comparison, 'MAX_CONTAINS', original.maxContains, update.maxContains, `${path}/maxContains`);
  compareLeast(comparison, 'MIN_CONTAINS', original.minContains, update.minContains, `${path}/minContains`);
}

function compareTuples(comparison: Comparison, original: ArrayNode, update: ArrayNode, path: string): void {
  const count = Math.max(original.items.length, update.items.length);
  for (let index = 0; index < count; index++) {
    const [before, now] = [original.items[index], update.items[index]];
    const at = `${path}/${index}`;
    if (before !== undefined && now !== undefined) comparison.compare(before, now, at);
    else if (before !== undefined) compareRemoved(comparison, before, update, at);
    else compareAdded(comparison, now!, original, at);
  }
}

function compareRemoved(comparison: Comparison, before: JsonSchemaNode, update: ArrayNode, path: string): void {
  if (isOpen(update)) return;
  const covering = coveringSchema(update);
  if (covering !== undefined) {
    const found = comparison.differences(before, covering, path);
    comparison.addAll(found);
    if (found.length > 0) comparison.add('ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path);
  } else if (before.kind !== 'false') comparison.add('ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL', path);
}

function compareAdded(comparison: Comparison, now: JsonSchemaNode, original: ArrayNode, path: string): void {
  if (isOpen(original)) {
    if (now.kind !== 'empty') comparison.add('ITEM_ADDED_TO_OPEN_CONTENT_MODEL', path);
    return;
  }
  const covering = coveringSchema(original);
  if (covering === undefined) return;
  const found = comparison.differences(covering, now, path);
  comparison.addAll(found);
  if (found.length > 0) comparison.add('ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path);
}

function compareAdditional(comparison: Comparison, original: ArrayNode, update: ArrayNode, path: string): void {
  if (original.permitsAdditional !== update.permitsAdditional) {
    if (!update.permitsAdditional) comparison.add('ADDITIONAL_ITEMS_REMOVED', path);
  } else if (original.additional === undefined && update.additional !== undefined) {
    comparison.add('ADDITIONAL_ITEMS_NARROWED', path);
  } else comparison.compare(original.additional, update.additional, path);
}

function isOpen(node: ArrayNode): boolean {
  if (!node.permitsAdditional || node.additional !== undefined) return false;
  return node.unevaluated === undefined || node.unevaluated.kind === 'empty';
}

function coveringSchema(node: ArrayNode): JsonSchemaNode | undefined {
  if (node.additional !== undefined || !node.permitsAdditional) return node.additional;
  const { unevaluated } = node;
  return unevaluated?.kind === 'false' || unevaluated?.kind === 'empty' ? undefined : unevaluated;
}
