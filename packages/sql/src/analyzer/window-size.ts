import { statementError } from './statement-error.ts';

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['DAY', 86_400_000],
  ['HOUR', 3_600_000],
  ['MINUTE', 60_000],
  ['SECOND', 1_000],
  ['MILLISECOND', 1],
]);

/** `10 SECONDS` in milliseconds. @throws SqlError */
export function parseWindowSize(text: string): number {
  return parseDuration(text, 'WINDOW_SIZE', 'Size');
}

/** @param what it is the length of. @throws SqlError */
export function parseDuration(text: string, property: string, what: string): number {
  const [, amount, unit] = /^\s*(\d{1,12})\s+([A-Za-z]+?)S?\s*$/i.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : unitsMs.get(unit.toUpperCase());
  if (amount === undefined || unitMs === undefined) {
    throw statementError(
      `Error in WITH clause property '${property}': '${text}' is no length of time\nExample valid value: '10 SECONDS'`,
    );
  }
  if (Number(amount) === 0)
    throw statementError(`Error in WITH clause property '${property}': ${what} must be positive`);
  return Number(amount) * unitMs;
}
