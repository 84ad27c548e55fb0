import type { NumberNode, StringNode } from '@headwater/serdes';
import type { Comparison } from './comparison.ts';
import { isMultiple, isSameDecimal } from './decimals.ts';
import type { DifferenceType } from './difference-types.ts';

export function compareStrings(comparison: Comparison, original: StringNode, update: StringNode, path: string): void {
  compareMost(comparison, 'MAX_LENGTH', original.maxLength, update.maxLength, `${path}/maxLength`);
  compareLeast(comparison, 'MIN_LENGTH', original.minLength, update.minLength, `${path}/minLength`);
  if (update.pattern === undefined || update.pattern === original.pattern) return;
  comparison.add(original.pattern === undefined ? 'PATTERN_ADDED' : 'PATTERN_CHANGED', `${path}/pattern`);
}

export function compareNumbers(comparison: Comparison, original: NumberNode, update: NumberNode, path: string): void {
  const most = ['maximum', 'exclusiveMaximum'] as const;
  const least = ['minimum', 'exclusiveMinimum'] as const;
  const names = {
    maximum: 'MAXIMUM',
    minimum: 'MINIMUM',
    exclusiveMaximum: 'EXCLUSIVE_MAXIMUM',
    exclusiveMinimum: 'EXCLUSIVE_MINIMUM',
  } as const;
  for (const key of most) {
    compareMost(comparison, names[key], asNumber(original[key]), asNumber(update[key]), `${path}/${key}`);
  }
  for (const key of least) {
    compareLeast(comparison, names[key], asNumber(original[key]), asNumber(update[key]), `${path}/${key}`);
  }
  compareMultiples(comparison, original.multipleOf, update.multipleOf, `${path}/multipleOf`);
  if (update.isInteger === true && original.isInteger !== true) comparison.add('TYPE_NARROWED', path);
}

function compareMultiples(
  comparison: Comparison,
  original: string | undefined,
  update: string | undefined,
  path: string,
): void {
  if (update === undefined || (original !== undefined && isSameDecimal(original, update))) return;
  if (original === undefined) comparison.add('MULTIPLE_OF_ADDED', path);
  else if (isMultiple(update, original)) comparison.add('MULTIPLE_OF_EXPANDED', path);
  else if (!isMultiple(original, update)) comparison.add('MULTIPLE_OF_CHANGED', path);
}

type MostName = 'MAX_LENGTH' | 'MAXIMUM' | 'EXCLUSIVE_MAXIMUM' | 'MAX_PROPERTIES' | 'MAX_ITEMS' | 'MAX_CONTAINS';
type LeastName = 'MIN_LENGTH' | 'MINIMUM' | 'EXCLUSIVE_MINIMUM' | 'MIN_PROPERTIES' | 'MIN_ITEMS' | 'MIN_CONTAINS';

/** A greatest value may grow or go. */
export function compareMost(
  comparison: Comparison,
  name: MostName,
  original: number | undefined,
  update: number | undefined,
  path: string,
): void {
  if (update === undefined) return;
  if (original === undefined) comparison.add(`${name}_ADDED` satisfies DifferenceType, path);
  else if (update < original) comparison.add(`${name}_DECREASED` satisfies DifferenceType, path);
}

/** A least value may shrink or go. */
export function compareLeast(
  comparison: Comparison,
  name: LeastName,
  original: number | undefined,
  update: number | undefined,
  path: string,
): void {
  if (update === undefined) return;
  if (original === undefined) comparison.add(`${name}_ADDED` satisfies DifferenceType, path);
  else if (update > original) comparison.add(`${name}_INCREASED` satisfies DifferenceType, path);
}

function asNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
