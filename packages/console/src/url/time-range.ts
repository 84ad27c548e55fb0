/** The one time control of the console, as the URL says it: `?from=-1h` or `?from=…Z&to=…Z`. The same on every page with time. */
export interface TimeRange {
  /** `-15m` before now, or an ISO time. */
  from: string;
  /** An ISO time; `now` goes on with the clock. */
  to: string;
}

export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

export const defaultFrom = '-1h';

export const timeRanges = [
  { from: '-5m', name: 'Last 5 minutes', short: '5 min' },
  { from: '-15m', name: 'Last 15 minutes', short: '15 min' },
  { from: '-1h', name: 'Last hour', short: '1 h' },
  { from: '-6h', name: 'Last 6 hours', short: '6 h' },
  { from: '-1d', name: 'Last day', short: '1 d' },
  { from: '-7d', name: 'Last 7 days', short: '7 d' },
] as const;

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function readTimeRange(params: URLSearchParams): TimeRange {
  const from = params.get('from') ?? defaultFrom;
  const to = params.get('to') ?? 'now';
  const isKnown = relativeMs(from) !== null || isIso(from);
  return { from: isKnown ? from : defaultFrom, to: isIso(to) ? to : 'now' };
}

/** The parameters that stand for a range; the default takes none. */
export function timeRangeParams({ from, to }: TimeRange): { from: string | null; to: string | null } {
  return { from: from === defaultFrom && to === 'now' ? null : from, to: to === 'now' ? null : to };
}

export const rangeOf = (fromMs: number, toMs: number): TimeRange => ({
  from: new Date(Math.floor(fromMs)).toISOString(),
  to: new Date(Math.ceil(toMs)).toISOString(),
});

/** What the range means at `nowMs`; never empty. */
export function resolveRange({ from, to }: TimeRange, nowMs: number): TimeWindow {
  const toMs = to === 'now' ? nowMs : Date.parse(to);
  const before = relativeMs(from);
  const fromMs = before === null ? Date.parse(from) : toMs - before;
  return fromMs < toMs ? { fromMs, toMs } : { fromMs: toMs - 1000, toMs };
}

/** Goes on with the clock: what is new may still come. */
export const isLiveRange = (range: TimeRange): boolean => range.to === 'now';

function relativeMs(text: string): number | null {
  const [, count, unit] = /^-(\d{1,6})([smhd])$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? null : Number(count) * unitMs[unit]!;
}

const isIso = (text: string): boolean => /^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text));

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000,
] as const;

/** A width of buckets that people count in, so that at most `countMax` of them cover the window. */
export function bucketWidthMs({ fromMs, toMs }: TimeWindow, countMax: number): number {
  const least = (toMs - fromMs) / countMax;
  return steps.find((step) => step >= least) ?? Math.ceil(least / 604_800_000) * 604_800_000;
}

/** Starts of buckets on round times; the first and the last are cut by the window. */
export function bucketStarts(window: TimeWindow, widthMs: number): number[] {
  const starts: number[] = [];
  for (let at = Math.floor(window.fromMs / widthMs) * widthMs; at < window.toMs; at += widthMs) starts.push(at);
  return starts;
}
