import { checkFormatSchema } from '../formats/format-checks.ts';
import type { Column } from '../schema/column.ts';

/** Maps, and what contains maps, are no keys. @throws SqlError */
export function checkKeyType(column: Column): void {
  const json = { name: 'JSON', properties: new Map<string, string>() } as const;
  if (containsMap(column)) checkFormatSchema('key', json, [column], null);
}

function containsMap({ type }: Column): boolean {
  return JSON.stringify(type).includes('"kind":"MAP"');
}
