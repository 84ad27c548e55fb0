import type { StructField } from '../types/sql-type.ts';

/**
 * Which of the fields that were written belong to which that are wanted: those of the same name, and where there is none those whose name in upper
 * case is. By place in `written`: the place in `wanted`, or -1. Of several for one the last counts, as with ksqlDB.
 */
export function matchFields(written: readonly string[], wanted: readonly StructField[]): number[] {
  const places = new Map(wanted.map(({ name }, index) => [name, index]));
  const matches = written.map((name) => places.get(name) ?? places.get(name.toUpperCase()) ?? -1);
  return matches.map((place, index) => (place >= 0 && matches.lastIndexOf(place) !== index ? -1 : place));
}
