import { StreamsError } from '../streams-error.ts';

/** Windows of one size: tumbling when they follow each other, hopping when they overlap. Aligned to the epoch. */
export interface TimeWindows {
  readonly kind: 'time';
  readonly sizeMs: number;
  readonly advanceMs: number;
  /** How long after its end, in stream time, a window still takes records. */
  readonly graceMs: number;
}

/** Windows of one size that end at each record. */
export interface SlidingWindows {
  readonly kind: 'sliding';
  /** The most that two records of a window lie apart. */
  readonly sizeMs: number;
  readonly graceMs: number;
}

/** Windows of a key's records that follow each other with no gap longer than this. */
export interface SessionWindows {
  readonly kind: 'session';
  readonly gapMs: number;
  readonly graceMs: number;
}

/** Which records of two streams belong together: those of one key whose times lie this near to each other. */
export interface JoinWindows {
  readonly kind: 'join';
  /** How much older than the left record the right one may be; negative when it must be newer. */
  readonly beforeMs: number;
  /** How much newer. */
  readonly afterMs: number;
  readonly graceMs: number;
  /** See `within`. */
  readonly isUnjoinedSentAtOnce?: boolean;
}

/**
 * What is sent of a windowed aggregation: each update, or (Kafka Streams' `EmitStrategy.onWindowClose`) one result for each window, when it
 * is closed.
 */
export type EmitStrategy = 'window-update' | 'window-close';

export interface WindowedOptions {
  /** Default `'window-update'`. */
  emit?: EmitStrategy;
}

export interface GraceOption {
  /** Default 0: a window is closed as soon as stream time is past its end. */
  graceMs?: number;
}

/** @example tumbling(60_000, { graceMs: 5_000 }) */
export function tumbling(sizeMs: number, { graceMs = 0 }: GraceOption = {}): TimeWindows {
  return hopping(sizeMs, sizeMs, { graceMs });
}

/** @example hopping(3_600_000, 900_000) // an hour long, each quarter of an hour */
export function hopping(sizeMs: number, advanceMs: number, { graceMs = 0 }: GraceOption = {}): TimeWindows {
  checkDuration('sizeMs', sizeMs, 1);
  checkDuration('advanceMs', advanceMs, 1);
  checkDuration('graceMs', graceMs, 0);
  if (advanceMs > sizeMs) {
    throw new StreamsError('HW_STREAMS_BAD_OPTION', `advanceMs: ${advanceMs} is more than the size, ${sizeMs}`);
  }
  return { kind: 'time', sizeMs, advanceMs, graceMs };
}

/** @example sliding(300_000) */
export function sliding(sizeMs: number, { graceMs = 0 }: GraceOption = {}): SlidingWindows {
  checkDuration('sizeMs', sizeMs, 1);
  checkDuration('graceMs', graceMs, 0);
  return { kind: 'sliding', sizeMs, graceMs };
}

/** @example session(1_800_000, { graceMs: 60_000 }) */
export function session(gapMs: number, { graceMs = 0 }: GraceOption = {}): SessionWindows {
  checkDuration('gapMs', gapMs, 1);
  checkDuration('graceMs', graceMs, 0);
  return { kind: 'session', gapMs, graceMs };
}

/**
 * Pairs of records up to `differenceMs` apart; `beforeMs` and `afterMs` give each direction its own. With `isUnjoinedSentAtOnce` left and outer
 * joins tell of a record without partner as soon as it comes, as Kafka Streams' old `JoinWindows.of` does: a partner that comes later makes
 * a second result. Default: once its window has closed.
 *
 * @example within(600_000, { graceMs: 3_600_000 })
 * @example within(0, { afterMs: 60_000 }) // the right one in the minute after the left one
 */
export function within(
  differenceMs: number,
  {
    afterMs = differenceMs,
    beforeMs = differenceMs,
    graceMs = 0,
    isUnjoinedSentAtOnce = false,
  }: GraceOption & { beforeMs?: number; afterMs?: number; isUnjoinedSentAtOnce?: boolean } = {},
): JoinWindows {
  checkDuration('beforeMs', beforeMs, Number.MIN_SAFE_INTEGER);
  checkDuration('afterMs', afterMs, Number.MIN_SAFE_INTEGER);
  checkDuration('beforeMs + afterMs', beforeMs + afterMs, 0);
  checkDuration('graceMs', graceMs, 0);
  return { kind: 'join', beforeMs, afterMs, graceMs, isUnjoinedSentAtOnce };
}

function checkDuration(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new StreamsError(
    'HW_STREAMS_BAD_OPTION',
    `${name}: ${value} is not a whole number of milliseconds from ${min}`,
  );
}
