import type { AbsenceRule } from '../config/rule-config.ts';
import { DueQueue } from '../model/due-queue.ts';
import { type Labels, labelsKey } from '../model/labels.ts';
import type { Conditions, EventDetector } from './detector.ts';
import { type EventRecord, holds, labelNameOf, labelsOf } from './event-record.ts';

const keysMax = 10_000;

interface Watched {
  readonly labels: Labels;
  lastMs: number;
  isAbsent: boolean;
}

/** `absence`: nothing of a thing for a while. Nothing is missed in the time before it began to look. */
export class AbsenceDetector implements EventDetector {
  readonly topics: readonly string[];
  readonly lookbackMs: number;
  readonly isForgetful = false;
  overflowed = 0;
  readonly #rule: AbsenceRule;
  readonly #sinceMs: number;
  readonly #watched = new Map<string, Watched>();
  readonly #due = new DueQueue<string>();

  constructor(rule: AbsenceRule, sinceMs: number) {
    this.#rule = rule;
    this.#sinceMs = sinceMs;
    this.topics = rule.topics;
    this.lookbackMs = rule.withinMs;
    for (const value of rule.keys) {
      const labels = { [labelNameOf(rule.by[0] ?? '$key')]: value };
      this.#watch(labelsKey(labels), { labels, lastMs: sinceMs, isAbsent: false });
    }
  }

  onRecord(record: EventRecord, atMs: number, conditions: Conditions): void {
    if (!holds(record, this.#rule.where)) return;
    const labels = labelsOf(record, this.#rule.by);
    const key = labelsKey(labels);
    const watched = this.#watched.get(key);
    if (watched === undefined) {
      if (this.#watched.size >= keysMax) this.overflowed++;
      else this.#watch(key, { labels, lastMs: record.timestampMs, isAbsent: false });
      return;
    }
    watched.lastMs = Math.max(watched.lastMs, record.timestampMs);
    if (watched.isAbsent) {
      watched.isAbsent = false;
      conditions.clear(key, atMs);
      this.#watch(key, watched);
    }
    // The entry that waits already is looked at when it is due: no work for each heartbeat.
    if (!this.#due.has(key)) this.#watch(key, watched);
  }

  nextDueMs(): number {
    return this.#due.nextDueMs();
  }

  advance(atMs: number, conditions: Conditions): void {
    for (let key = this.#due.take(atMs); key !== undefined; key = this.#due.take(atMs)) {
      const watched = this.#watched.get(key)!;
      const missedFromMs = Math.max(watched.lastMs, this.#sinceMs);
      if (atMs >= missedFromMs + this.#rule.forgetAfterMs && !this.#isExpected(watched)) {
        this.#watched.delete(key);
        if (watched.isAbsent) conditions.clear(key, atMs);
      } else if (atMs >= missedFromMs + this.#rule.withinMs) {
        if (!watched.isAbsent)
          conditions.set(
            key,
            watched.labels,
            (atMs - watched.lastMs) / 1_000,
            atMs,
            missedFromMs + this.#rule.withinMs,
          );
        watched.isAbsent = true;
        if (!this.#isExpected(watched)) this.#due.set(key, Math.max(atMs + 1, missedFromMs + this.#rule.forgetAfterMs));
      } else this.#watch(key, watched);
    }
  }

  confirm(): void {}

  adopt(key: string, labels: Labels): void {
    const found = Object.fromEntries(
      this.#rule.by.map(labelNameOf).flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
    );
    this.#watched.set(key, { labels: found, lastMs: this.#sinceMs, isAbsent: true });
    this.#due.set(key, this.#sinceMs + this.#rule.forgetAfterMs);
  }

  #watch(key: string, watched: Watched): void {
    this.#watched.set(key, watched);
    this.#due.set(key, Math.max(watched.lastMs, this.#sinceMs) + this.#rule.withinMs);
  }

  #isExpected({ labels }: Watched): boolean {
    return this.#rule.keys.includes(labels[labelNameOf(this.#rule.by[0] ?? '$key')] ?? '');
  }
}
