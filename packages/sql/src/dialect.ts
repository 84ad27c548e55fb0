import { statementError } from './analyzer/statement-error.ts';
import type { Properties } from './functions/function-registry.ts';
import type { SourceRange } from './syntax/source-range.ts';

/** Setting of the server, or of a statement by SET. */
export const dialectSetting = 'headwater.dialect';

/**
 * Whether what ksqlDB refuses is refused too, in its words: `SET 'headwater.dialect' = 'ksqldb';`. Default `extended`: what is served beyond
 * ksqlDB (docs/reference/sql-beyond-ksqldb.md) is served.
 */
export function isPlainKsql(settings: Properties): boolean {
  return settings.get(dialectSetting)?.toLowerCase() === 'ksqldb';
}

/** @throws SqlError where only ksqlDB's own dialect is wanted */
export function checkExtended(settings: Properties, what: string, range: SourceRange | null = null): void {
  if (!isPlainKsql(settings)) return;
  throw statementError(
    `${what} is beyond ksqlDB's dialect, and '${dialectSetting}' allows only that. Allow it: SET '${dialectSetting}' = 'extended';`,
    range,
  );
}
