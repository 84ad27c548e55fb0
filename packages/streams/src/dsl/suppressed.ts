import { StreamsError } from '../streams-error.ts';

/** How much is held back at most. */
export interface SuppressBounds {
  /** Default: no bound. */
  maxRecords?: number;
  /** Keys, values and what is kept of each record. Default: no bound. */
  maxBytes?: number;
  /** Of the step and, with `-store`, of its buffer. */
  name?: string;
  /** Default true: the buffer has a changelog. */
  isLogged?: boolean;
}

export interface UntilWindowCloses extends SuppressBounds {
  readonly until: 'window-close';
}

export interface UntilTimeLimit extends SuppressBounds {
  readonly until: 'time-limit';
  readonly limitMs: number;
  readonly whenFull: 'emit' | 'fail';
}

/**
 * One result for each window, when no more records are taken for it. A buffer that is full fails: a result that is not the last is never sent.
 *
 * @example table.suppress(untilWindowCloses({ maxRecords: 100_000 }))
 */
export function untilWindowCloses(bounds: SuppressBounds = {}): UntilWindowCloses {
  checkBounds(bounds);
  return { ...bounds, until: 'window-close' };
}

/**
 * The last of the updates of a key that come within `limitMs` of stream time. `whenFull`: `'emit'` (default) sends the oldest before its
 * time, `'fail'` fails.
 *
 * @example table.suppress(untilTimeLimit(5_000, { maxRecords: 100_000 }))
 */
export function untilTimeLimit(
  limitMs: number,
  { whenFull = 'emit', ...bounds }: SuppressBounds & { whenFull?: 'emit' | 'fail' } = {},
): UntilTimeLimit {
  checkBounds(bounds);
  if (!Number.isSafeInteger(limitMs) || limitMs < 0) {
    throw new StreamsError('HW_STREAMS_BAD_OPTION', `limitMs: ${limitMs} is not a whole number of milliseconds from 0`);
  }
  return { ...bounds, until: 'time-limit', limitMs, whenFull };
}

function checkBounds({ maxBytes = 0, maxRecords = 0 }: SuppressBounds): void {
  for (const [name, value] of Object.entries({ maxBytes, maxRecords })) {
    if (value >= 0) continue;
    throw new StreamsError('HW_STREAMS_BAD_OPTION', `${name}: ${value} is not a number from 0`);
  }
}
