import { type LogSource, logSources } from './log-record.ts';

/** `sent-back`: its sender was told to send it again. */
export type DropReason = 'closing' | 'queue-full' | 'refused' | 'too-large' | 'sent-back';

/** What came in by one way, and what became of it; all in records. */
export interface SourceCounters {
  received: number;
  /** On the log. */
  written: number;
  /** Kept with some of their parts cut. */
  truncated: number;
  /** Looked like JSON, or like a frame of their protocol, and were none: kept as plain messages where there was a text. */
  malformed: number;
  /** Their time is far from this machine's: kept as it is, with `receivedMs` beside. */
  skewed: number;
  dropped: Map<DropReason, number>;
}

/** Counts of what comes in, by source. */
export class LogCounters {
  readonly #bySource = new Map<LogSource, SourceCounters>();

  of(source: LogSource): SourceCounters {
    let counters = this.#bySource.get(source);
    if (counters === undefined) {
      counters = { received: 0, written: 0, truncated: 0, malformed: 0, skewed: 0, dropped: new Map() };
      this.#bySource.set(source, counters);
    }
    return counters;
  }

  drop(source: LogSource, reason: DropReason, count = 1): void {
    const { dropped } = this.of(source);
    dropped.set(reason, (dropped.get(reason) ?? 0) + count);
  }

  /** In the order of their names, those that something came by. */
  *entries(): Generator<[LogSource, SourceCounters]> {
    for (const source of logSources) {
      const counters = this.#bySource.get(source);
      if (counters !== undefined) yield [source, counters];
    }
  }
}
