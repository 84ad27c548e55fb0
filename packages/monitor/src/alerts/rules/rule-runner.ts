import type { Rule } from '../config/rule-config.ts';
import { type Instance, RuleInstances } from '../engine/rule-instances.ts';
import { type EventDetector, noConditions } from './detector.ts';
import type { EventRecord } from './event-record.ts';

/**
 * A rule that follows topics, moved by its records' times and by the clock. Time never goes back in it: a record that is late is taken at the
 * time that it is already, one from the future at the present.
 */
export class EventRuleRunner {
  readonly rule: Rule;
  readonly detector: EventDetector;
  readonly instances: RuleInstances;
  #atMs: number;

  constructor(rule: Rule, detector: EventDetector, sinceMs: number, onChange: (instance: Instance) => void) {
    this.rule = rule;
    this.detector = detector;
    this.instances = new RuleInstances(rule, onChange);
    this.#atMs = sinceMs;
  }

  /** A record that was seen before a restart. */
  warmUp(record: EventRecord): void {
    this.detector.onRecord(record, record.timestampMs, noConditions);
  }

  /** After the past was looked at: what does not hold any more is over. */
  settle(atMs: number): void {
    this.detector.advance(atMs, noConditions);
    const confirmed = new Set<string>();
    const { instances } = this;
    this.detector.confirm(atMs, {
      set(key, labels, value, setMs, causeMs) {
        confirmed.add(key);
        instances.set(key, labels, value, setMs, causeMs);
      },
      clear() {},
    });
    if (this.detector.isForgetful) instances.clearAllBut(confirmed, atMs);
  }

  onRecord(record: EventRecord, nowMs: number): void {
    this.advance(Math.min(record.timestampMs, nowMs));
    this.detector.onRecord(record, this.#atMs, this.instances);
  }

  nextDueMs(): number {
    return Math.min(this.detector.nextDueMs(), this.instances.nextDueMs());
  }

  /** Does all that falls due until then, each at its own moment. */
  advance(untilMs: number): void {
    for (;;) {
      const dueMs = this.nextDueMs();
      if (dueMs > untilMs) break;
      this.#atMs = Math.max(this.#atMs, dueMs);
      this.instances.advance(this.#atMs);
      this.detector.advance(this.#atMs, this.instances);
    }
    this.#atMs = Math.max(this.#atMs, untilMs);
  }
}
