import type { Labels } from './labels.ts';

export type AlertOrigin = 'rule' | 'api' | 'notification';

/** An alert as the dispatcher has it: one for each set of labels. */
export interface Alert {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsMs: number;
  /** When it ended or will be held for ended; 0: not known. */
  readonly endsMs: number;
  /** `endsMs` is only when it will be given up, because nobody said an end. */
  readonly isTimeout: boolean;
  readonly updatedMs: number;
  readonly generatorUrl: string;
  readonly origin: AlertOrigin;
  /** What was measured; null: nothing was. */
  readonly value: number | string | null;
  /** When that happened which made it fire; null: not known. */
  readonly causeMs: number | null;
}

export function isResolved(alert: Alert, nowMs: number): boolean {
  return alert.endsMs !== 0 && alert.endsMs <= nowMs;
}

/** What is known of one alert from two messages, as Alertmanager puts it together: the earliest start, and the end that was said last. */
export function mergeAlerts(first: Alert, second: Alert, nowMs: number): Alert {
  const [older, younger] = second.updatedMs < first.updatedMs ? [second, first] : [first, second];
  let { endsMs } = younger;
  if (isResolved(younger, nowMs)) {
    if (isResolved(older, nowMs) && older.endsMs > endsMs) endsMs = older.endsMs;
  } else if (endsMs !== 0 && older.endsMs > endsMs && !older.isTimeout) endsMs = older.endsMs;
  return { ...younger, startsMs: Math.min(older.startsMs, younger.startsMs), endsMs };
}
