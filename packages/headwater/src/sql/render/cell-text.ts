import { rowValueJson } from '@headwater/sql';
import { visible } from './display-width.ts';

/** A value of a row as a cell shows it: texts as they are, arrays, maps and structs as JSON, `null` for null. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return visible(value);
  const json = rowValueJson(value);
  return visible(json.startsWith('"') ? json.slice(1, -1) : json);
}
