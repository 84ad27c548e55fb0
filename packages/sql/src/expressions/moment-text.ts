import { parseTimestamp } from '../values/time-text.ts';

/** Epoch milliseconds of a text beside ROWTIME or a window's bound: ISO-8601, any part from the right left out, UTC unless a zone is given. */
export function momentOf(text: string): number {
  return parseTimestamp(text);
}
