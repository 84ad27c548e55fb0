export type CountBy = 'minute' | 'hour' | 'day' | 'week';

export interface CountRow {
  service: string;
  /** Of triggers: which; of crashes: how it was noticed. */
  name: string;
  /** Begin of the minute, hour, day (UTC) or week (from Monday, UTC). */
  startMs: number;
  count: number;
}

export interface CountQuery {
  kind: string;
  service?: string | undefined;
  name?: string | undefined;
  by: CountBy;
  sinceMs: number;
  untilMs: number;
}

export const minuteMs = 60_000;
export const dayMs = 86_400_000;
const minutesOfDay = 1_440;
/** 1970-01-01 was a Thursday. */
const mondayOffsetMs = 4 * dayMs;
/** Of days: beyond it they have no minutes any more. */
const minuteDaysMax = 8;
const daysMax = 400;
const seriesMax = 4_000;
/** Series beyond `seriesMax` are counted together under this name. */
export const otherName = '(other)';

interface Series {
  kind: string;
  service: string;
  name: string;
  /** Day since 1970 → its minutes. */
  minutes: Map<number, Uint32Array>;
  days: Map<number, number>;
}

/** Counts by minute for eight days and by day for more than a year, of each kind, service and name. Memory is bounded: a day of a series with anything in it is 6 KB. */
export class Counts {
  readonly #series = new Map<string, Series>();

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Services that anything was counted of. */
  services(): Set<string> {
    const names = new Set<string>();
    for (const { service } of this.#series.values()) names.add(service);
    return names;
  }

  add(kind: string, service: string, name: string, atMs: number, count: number): void {
    if (!(count > 0)) return;
    const series = this.#seriesOf(kind, service, name);
    const day = Math.floor(atMs / dayMs);
    const total = series.days.get(day);
    series.days.set(day, (total ?? 0) + count);
    if (total === undefined && series.days.size > daysMax) series.days.delete(Math.min(...series.days.keys()));
    let minutes = series.minutes.get(day);
    if (minutes === undefined) {
      if (series.minutes.size >= minuteDaysMax) {
        const oldest = Math.min(...series.minutes.keys());
        if (day < oldest) return;
        series.minutes.delete(oldest);
      }
      series.minutes.set(day, (minutes = new Uint32Array(minutesOfDay)));
    }
    const minute = Math.floor((atMs - day * dayMs) / minuteMs);
    minutes[minute] = Math.min(0xffff_ffff, minutes[minute]! + count);
  }

  /** Since a moment, by whole minutes as far as minutes are kept, else by days. */
  total(kind: string, service: string, sinceMs: number, untilMs: number): number {
    let sum = 0;
    for (const row of this.rows({ kind, service, by: 'minute', sinceMs, untilMs })) sum += row.count;
    return sum;
  }

  /** Buckets that have anything in them, the oldest first. */
  rows({ by, kind, name, service, sinceMs, untilMs }: CountQuery): CountRow[] {
    const rows: CountRow[] = [];
    for (const series of this.#series.values()) {
      if (series.kind !== kind) continue;
      if (service !== undefined && series.service !== service) continue;
      if (name !== undefined && series.name !== name) continue;
      const buckets =
        by === 'minute' || by === 'hour'
          ? byMinutes(series, by, sinceMs, untilMs)
          : byDays(series, by, sinceMs, untilMs);
      for (const [startMs, count] of buckets) rows.push({ service: series.service, name: series.name, startMs, count });
    }
    return rows.sort((a, b) => a.startMs - b.startMs || (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
  }

  /** Everything, as JSON and the bytes of the minutes that it refers to. */
  save(): { series: unknown[]; minutes: Buffer[] } {
    const minutes: Buffer[] = [];
    const series = [...this.#series.values()].map((each) => [
      each.kind,
      each.service,
      each.name,
      [...each.days],
      [...each.minutes].map(([day, counts]) => {
        minutes.push(Buffer.from(counts.buffer.slice(0)));
        return day;
      }),
    ]);
    return { series, minutes };
  }

  load(series: readonly unknown[], bytes: Buffer): void {
    let at = 0;
    for (const [kind, service, name, days, minuteDays] of series as [
      string,
      string,
      string,
      [number, number][],
      number[],
    ][]) {
      const each: Series = { kind, service, name, days: new Map(days), minutes: new Map() };
      for (const day of minuteDays) {
        const counts = new Uint32Array(minutesOfDay);
        Buffer.from(counts.buffer).set(bytes.subarray(at, at + counts.byteLength));
        at += counts.byteLength;
        each.minutes.set(day, counts);
      }
      this.#series.set(keyOf(kind, service, name), each);
    }
  }

  #seriesOf(kind: string, service: string, name: string): Series {
    const key = keyOf(kind, service, name);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= seriesMax && name !== otherName) return this.#seriesOf(kind, otherName, otherName);
    const series: Series = { kind, service, name, minutes: new Map(), days: new Map() };
    this.#series.set(key, series);
    return series;
  }
}

/** The begin of the bucket that a moment is in. */
export function bucketStart(by: CountBy, atMs: number): number {
  if (by === 'minute') return Math.floor(atMs / minuteMs) * minuteMs;
  if (by === 'hour') return Math.floor(atMs / 3_600_000) * 3_600_000;
  if (by === 'day') return Math.floor(atMs / dayMs) * dayMs;
  return Math.floor((atMs - mondayOffsetMs) / (7 * dayMs)) * 7 * dayMs + mondayOffsetMs;
}

function byMinutes(series: Series, by: CountBy, sinceMs: number, untilMs: number): Map<number, number> {
  const buckets = new Map<number, number>();
  const firstMs = bucketStart(by, sinceMs);
  for (const [day, minutes] of [...series.minutes].sort(([a], [b]) => a - b)) {
    const dayStartMs = day * dayMs;
    const from = Math.max(0, Math.floor((firstMs - dayStartMs) / minuteMs));
    const to = Math.min(minutesOfDay, Math.ceil((untilMs - dayStartMs) / minuteMs));
    for (let minute = from; minute < to; minute += 1) {
      const count = minutes[minute]!;
      if (count === 0) continue;
      const startMs = bucketStart(by, dayStartMs + minute * minuteMs);
      buckets.set(startMs, (buckets.get(startMs) ?? 0) + count);
    }
  }
  return buckets;
}

function byDays(series: Series, by: CountBy, sinceMs: number, untilMs: number): Map<number, number> {
  const buckets = new Map<number, number>();
  const firstMs = bucketStart(by, sinceMs);
  for (const [day, count] of [...series.days].sort(([a], [b]) => a - b)) {
    const startMs = day * dayMs;
    if (startMs < firstMs || startMs >= untilMs) continue;
    const bucketMs = bucketStart(by, startMs);
    buckets.set(bucketMs, (buckets.get(bucketMs) ?? 0) + count);
  }
  return buckets;
}

function keyOf(kind: string, service: string, name: string): string {
  return `${kind}\n${service}\n${name}`;
}
