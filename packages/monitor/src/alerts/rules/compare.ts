import type { Comparison } from '../config/rule-config.ts';

/** Numbers by size; with == and != texts too. What is no number is never larger or smaller. */
export function compares(found: unknown, op: Comparison, wanted: number | string): boolean {
  if (op === '==' || op === '!=') {
    const isSame = typeof wanted === 'number' ? Number(found) === wanted : String(found) === wanted;
    return isSame === (op === '==');
  }
  const number = found === null || found === '' ? Number.NaN : Number(found);
  const limit = Number(wanted);
  if (op === '>') return number > limit;
  if (op === '>=') return number >= limit;
  return op === '<' ? number < limit : number <= limit;
}
