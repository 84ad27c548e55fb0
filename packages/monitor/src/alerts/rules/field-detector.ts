import type { FieldSource, ThresholdRule } from '../config/rule-config.ts';
import { labelsKey } from '../model/labels.ts';
import { compares } from './compare.ts';
import type { Conditions, EventDetector } from './detector.ts';
import { type EventRecord, fieldOf, holds, labelsOf } from './event-record.ts';

/** `threshold` on a field: the last record of a thing says what holds. A record without the field says nothing. */
export class FieldDetector implements EventDetector {
  readonly topics: readonly string[];
  readonly lookbackMs = 0;
  readonly isForgetful = false;
  readonly overflowed = 0;
  readonly #rule: ThresholdRule;
  readonly #source: FieldSource;

  constructor(rule: ThresholdRule, source: FieldSource) {
    this.#rule = rule;
    this.#source = source;
    this.topics = source.topics;
  }

  onRecord(record: EventRecord, atMs: number, conditions: Conditions): void {
    if (!holds(record, this.#source.where)) return;
    const found = fieldOf(record, this.#source.field);
    if (found === undefined || typeof found === 'object') return;
    const labels = labelsOf(record, this.#source.by);
    const key = labelsKey(labels);
    if (compares(found, this.#rule.op, this.#rule.value!))
      conditions.set(key, labels, typeof found === 'number' ? found : String(found), atMs, record.timestampMs);
    else conditions.clear(key, atMs);
  }

  nextDueMs(): number {
    return Infinity;
  }

  advance(): void {}

  confirm(): void {}
}
