import type { SqlFunction } from '@headwater/sql';

/** Functions that only the cases call. */
export function testFunctions(): readonly SqlFunction[] {
  return [];
}
