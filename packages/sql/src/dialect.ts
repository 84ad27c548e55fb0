import type { Properties } from './functions/function-registry.ts';

/** Setting of the server, or of a statement by SET. */
export const dialectSetting = 'headwater.dialect';

/**
 * Whether what ksqlDB refuses is refused too, in its words: `SET 'headwater.dialect' = 'ksqldb';`. Default `extended`: what is served beyond
 * ksqlDB (docs/reference/sql-beyond-ksqldb.md) is served.
 */
export function isPlainKsql(settings: Properties): boolean {
  return settings.get(dialectSetting)?.toLowerCase() === 'ksqldb';
}
