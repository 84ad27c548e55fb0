import { compareText, type LabelSet } from '../labels/label-set.ts';
import type { Matcher } from '../labels/matcher.ts';
import { Series } from './series.ts';

/** Series by their labels. */
export class SeriesIndex {
  readonly #byKey = new Map<string, Series>();
  /** Label → value → series that have it. */
  readonly #byLabel = new Map<string, Map<string, Set<Series>>>();
  #nextRef = 1;

  get size(): number {
    return this.#byKey.size;
  }

  all(): Iterable<Series> {
    return this.#byKey.values();
  }

  get(labels: LabelSet): Series | undefined {
    return this.#byKey.get(labels.key);
  }

  add(labels: LabelSet, ref = this.#nextRef): Series {
    const series = new Series(ref, labels);
    this.#nextRef = Math.max(this.#nextRef, ref + 1);
    this.#byKey.set(labels.key, series);
    for (const [name, value] of labels.pairs()) {
      let values = this.#byLabel.get(name);
      if (values === undefined) this.#byLabel.set(name, (values = new Map()));
      const set = values.get(value);
      if (set === undefined) values.set(value, new Set([series]));
      else set.add(series);
    }
    return series;
  }

  remove(series: Series): void {
    this.#byKey.delete(series.labels.key);
    for (const [name, value] of series.labels.pairs()) {
      const values = this.#byLabel.get(name)!;
      const set = values.get(value)!;
      set.delete(series);
      if (set.size === 0) values.delete(value);
      if (values.size === 0) this.#byLabel.delete(name);
    }
  }

  /** A number that is not given to a new series. */
  reserve(ref: number): void {
    this.#nextRef = Math.max(this.#nextRef, ref + 1);
  }

  /** Those that all matchers take. */
  select(matchers: readonly Matcher[]): Series[] {
    const found: Series[] = [];
    for (const set of this.#candidates(matchers))
      for (const series of set)
        if (matchers.every((each) => each.matches(series.labels.get(each.name)))) found.push(series);
    return found;
  }

  labelNames(): string[] {
    return [...this.#byLabel.keys()].sort(compareText);
  }

  labelValues(name: string): string[] {
    return [...(this.#byLabel.get(name)?.keys() ?? [])].sort(compareText);
  }

  /** Values by how many series have them, the most first: what a bomb of labels is found by. */
  largest(name: string, limit: number): { name: string; value: number }[] {
    return [...(this.#byLabel.get(name) ?? [])]
      .map(([value, set]) => ({ name: value, value: set.size }))
      .sort((a, b) => b.value - a.value)
      .slice(0, limit);
  }

  labelSizes(limit: number): { name: string; value: number }[] {
    return [...this.#byLabel]
      .map(([name, values]) => ({ name, value: values.size }))
      .sort((a, b) => b.value - a.value)
      .slice(0, limit);
  }

  /** Disjoint sets in which all that match are, as few as one label can tell. */
  #candidates(matchers: readonly Matcher[]): Iterable<Iterable<Series>> {
    let best: Set<Series>[] | undefined;
    let bestSize = Number.POSITIVE_INFINITY;
    for (const each of matchers) {
      if (each.matches('')) continue;
      const values = this.#byLabel.get(each.name);
      if (values === undefined) return [];
      const sets: Set<Series>[] = [];
      let size = 0;
      for (const value of each.values === undefined ? values.keys() : new Set(each.values)) {
        const set = values.get(value);
        if (set === undefined || (each.values === undefined && !each.matches(value))) continue;
        sets.push(set);
        size += set.size;
      }
      if (size >= bestSize) continue;
      best = sets;
      bestSize = size;
    }
    return best ?? [this.#byKey.values()];
  }
}
