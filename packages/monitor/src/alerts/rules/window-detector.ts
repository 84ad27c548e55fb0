import type { ErrorRatioRule, RateRule } from '../config/rule-config.ts';
import { DueQueue } from '../model/due-queue.ts';
import { type Labels, labelsKey } from '../model/labels.ts';
import type { Conditions, EventDetector } from './detector.ts';
import { type EventRecord, holds, labelsOf } from './event-record.ts';
import { SlidingCounts } from './sliding-counts.ts';

const keysMax = 10_000;

interface Counted {
  readonly labels: Labels;
  readonly counts: SlidingCounts;
  lastMs: number;
  doesHold: boolean;
}

/** `rate` and `errorRatio`: events of a sliding window, counted for each set of labels. */
export class WindowDetector implements EventDetector {
  readonly topics: readonly string[];
  readonly lookbackMs: number;
  readonly isForgetful = true;
  overflowed = 0;
  readonly #rule: RateRule | ErrorRatioRule;
  readonly #counted = new Map<string, Counted>();
  readonly #due = new DueQueue<string>();

  constructor(rule: RateRule | ErrorRatioRule) {
    this.#rule = rule;
    this.topics = rule.topics;
    this.lookbackMs = rule.windowMs;
  }

  onRecord(record: EventRecord, atMs: number, conditions: Conditions): void {
    const rule = this.#rule;
    if (!holds(record, rule.where)) return;
    const labels = labelsOf(record, rule.by);
    const key = labelsKey(labels);
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      if (this.#counted.size >= keysMax) {
        this.overflowed++;
        return;
      }
      counted = { labels, counts: new SlidingCounts(rule.windowMs), lastMs: 0, doesHold: false };
      this.#counted.set(key, counted);
    }
    counted.counts.expire(atMs);
    counted.counts.add(
      Math.min(record.timestampMs, atMs),
      atMs,
      rule.kind === 'errorRatio' && holds(record, rule.errors),
    );
    counted.lastMs = record.timestampMs;
    this.#look(key, counted, atMs, conditions);
  }

  nextDueMs(): number {
    return this.#due.nextDueMs();
  }

  advance(atMs: number, conditions: Conditions): void {
    for (let key = this.#due.take(atMs); key !== undefined; key = this.#due.take(atMs)) {
      const counted = this.#counted.get(key)!;
      counted.counts.expire(atMs);
      this.#look(key, counted, atMs, conditions);
    }
  }

  confirm(atMs: number, conditions: Conditions): void {
    for (const [key, counted] of this.#counted)
      if (counted.doesHold) conditions.set(key, counted.labels, this.#value(counted), atMs, counted.lastMs);
  }

  #look(key: string, counted: Counted, atMs: number, conditions: Conditions): void {
    const expiryMs = counted.counts.nextExpiryMs();
    if (expiryMs === Infinity) this.#counted.delete(key);
    else this.#due.set(key, expiryMs);
    const doesHold = this.#doesHold(counted);
    if (doesHold) conditions.set(key, counted.labels, this.#value(counted), atMs, counted.lastMs);
    else if (counted.doesHold) conditions.clear(key, atMs);
    counted.doesHold = doesHold;
  }

  #doesHold({ counts }: Counted): boolean {
    const rule = this.#rule;
    if (rule.kind === 'errorRatio') return counts.count >= rule.minEvents && counts.marked / counts.count > rule.value;
    return counts.count > 0 && (rule.op === '>' ? counts.count > rule.value : counts.count >= rule.value);
  }

  #value({ counts }: Counted): number {
    return this.#rule.kind === 'errorRatio' ? counts.marked / counts.count : counts.count;
  }
}
