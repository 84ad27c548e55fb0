import type { AnomalyRule, FieldSource } from '../config/rule-config.ts';
import { labelsKey } from '../model/labels.ts';
import type { Conditions, EventDetector, PollDetector, Sample } from './detector.ts';
import { type EventRecord, fieldOf, holds, labelsOf } from './event-record.ts';
import { SeasonalBaseline } from './seasonal-baseline.ts';

/** A baseline takes some 25 KB. */
const keysMax = 500;

class Baselines {
  overflowed = 0;
  readonly #rule: AnomalyRule;
  readonly #baselines = new Map<string, SeasonalBaseline>();

  constructor(rule: AnomalyRule) {
    this.#rule = rule;
  }

  /** The score of a value that is abnormal; null: it is not, or there is no place to know it. */
  look(key: string, atMs: number, value: number): number | null {
    let baseline = this.#baselines.get(key);
    if (baseline === undefined) {
      if (this.#baselines.size >= keysMax) {
        this.overflowed++;
        return null;
      }
      baseline = new SeasonalBaseline(this.#rule);
      this.#baselines.set(key, baseline);
    }
    const score = baseline.add(atMs, value);
    return baseline.isAnomaly(score) ? score : null;
  }
}

/** `anomaly` on a field of a topic's records. */
export class FieldAnomalyDetector implements EventDetector {
  readonly topics: readonly string[];
  readonly lookbackMs: number;
  readonly isForgetful = false;
  readonly #source: FieldSource;
  readonly #baselines: Baselines;

  constructor(rule: AnomalyRule, source: FieldSource) {
    this.#source = source;
    this.#baselines = new Baselines(rule);
    this.topics = source.topics;
    this.lookbackMs = Math.min(rule.seasonMs * 2, 14 * 86_400_000);
  }

  get overflowed(): number {
    return this.#baselines.overflowed;
  }

  onRecord(record: EventRecord, atMs: number, conditions: Conditions): void {
    if (!holds(record, this.#source.where)) return;
    const value = fieldOf(record, this.#source.field);
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    const labels = labelsOf(record, this.#source.by);
    const key = labelsKey(labels);
    const score = this.#baselines.look(key, record.timestampMs, value);
    if (score === null) conditions.clear(key, atMs);
    else conditions.set(key, labels, value, atMs, record.timestampMs);
  }

  nextDueMs(): number {
    return Infinity;
  }

  advance(): void {}

  confirm(): void {}
}

/** `anomaly` on what a query answers. */
export function pollAnomalies(rule: AnomalyRule, source: PollDetector): PollDetector {
  const baselines = new Baselines(rule);
  return {
    intervalMs: source.intervalMs,
    async poll(nowMs, signal) {
      const samples: Sample[] = [];
      for (const { labels, value } of await source.poll(nowMs, signal)) {
        const number = Number(value);
        if (Number.isFinite(number) && baselines.look(labelsKey(labels), nowMs, number) !== null)
          samples.push({ labels, value: number });
      }
      return samples;
    },
  };
}
