import type { TimeSpan, TimeUnit } from '../ast/index.ts';
import { syntaxError } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

const secondMs = 1_000;
const dayMs = 86_400 * secondMs;

/** Units by each of their spellings, with their length; years and months have none that is always the same. */
export const timeUnits: ReadonlyMap<string, { readonly unit: TimeUnit; readonly durationMs: number | null }> = new Map(
  (
    [
      ['YEAR', null],
      ['MONTH', null],
      ['DAY', dayMs],
      ['HOUR', 3_600 * secondMs],
      ['MINUTE', 60 * secondMs],
      ['SECOND', secondMs],
      ['MILLISECOND', 1],
    ] as const
  ).flatMap(([word, durationMs]) => {
    const unit = { unit: `${word}S`, durationMs } as const;
    return [
      [word, unit],
      [`${word}S`, unit],
    ];
  }),
);

/** `10 SECONDS`: of windows, grace periods and timeouts. */
export function parseTimeSpan(cursor: TokenCursor): TimeSpan {
  const { start } = cursor.token;
  const amount = cursor.expectInteger();
  const entry = cursor.token.kind === 'word' && !cursor.isAtEnd ? timeUnits.get(cursor.token.value) : undefined;
  if (entry === undefined || entry.durationMs === null) {
    for (const [word, { durationMs }] of timeUnits) if (durationMs !== null) cursor.expecting(`'${word}'`);
    throw cursor.unexpected();
  }
  cursor.next();
  const durationMs = amount * entry.durationMs;
  if (!Number.isSafeInteger(durationMs)) throw syntaxError(start, `The time span is too long: ${amount} ${entry.unit}`);
  return { amount, unit: entry.unit, durationMs };
}
