import { quantileOf } from '../quantile.ts';

/** The samples that a function of a range sees at one step: [from, to) of the arrays. */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  from: number;
  to: number;
  /** The range itself, whether there are samples in all of it or not. */
  startMs: number;
  endMs: number;
  rangeMs: number;
  /** When the query is evaluated, whatever the offset. */
  nowMs: number;
  /** Values of the scalar arguments at this step. */
  scalars: readonly number[];
  /** To be set when there is no result at this step. */
  isNone: boolean;
}

export type OverTime = (window: Window) => number;

function none(window: Window): number {
  window.isNone = true;
  return 0;
}

/** https://prometheus.io/docs/prometheus/latest/querying/functions/#rate: what lies at the ends of the range is extrapolated. */
function extrapolated(window: Window, isCounter: boolean, isRate: boolean): number {
  const { endMs, from, rangeMs, startMs, times, to, values } = window;
  if (to - from < 2) return none(window);
  const first = values[from]!;
  let result = values[to - 1]! - first;
  if (isCounter) for (let i = from + 1; i < to; i++) if (values[i]! < values[i - 1]!) result += values[i - 1]!;
  let toStart = (times[from]! - startMs) / 1_000;
  const toEnd = (endMs - times[to - 1]!) / 1_000;
  const sampled = (times[to - 1]! - times[from]!) / 1_000;
  const average = sampled / (to - from - 1);
  if (isCounter && result > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / result));
  const threshold = average * 1.1;
  let interval = sampled;
  interval += toStart < threshold ? toStart : average / 2;
  interval += toEnd < threshold ? toEnd : average / 2;
  let factor = interval / sampled;
  if (isRate) factor /= rangeMs / 1_000;
  return result * factor;
}

function instantDelta(window: Window, isRate: boolean): number {
  const { from, times, to, values } = window;
  if (to - from < 2) return none(window);
  const [before, last] = [values[to - 2]!, values[to - 1]!];
  const result = isRate && last < before ? last : last - before;
  const intervalMs = times[to - 1]! - times[to - 2]!;
  if (intervalMs === 0) return none(window);
  return isRate ? result / (intervalMs / 1_000) : result;
}

/** Least squares. @returns slope per second, and the value at `zeroMs` */
function regression({ from, times, to, values }: Window, zeroMs: number): [number, number] {
  const first = values[from]!;
  let isConstant = true;
  let [sumX, sumY, sumXY, sumX2] = [0, 0, 0, 0];
  let [cX, cY, cXY, cX2] = [0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const y = values[i]!;
    if (y !== first) isConstant = false;
    const x = (times[i]! - zeroMs) / 1_000;
    [sumX, cX] = kahan(x, sumX, cX);
    [sumY, cY] = kahan(y, sumY, cY);
    [sumXY, cXY] = kahan(x * y, sumXY, cXY);
    [sumX2, cX2] = kahan(x * x, sumX2, cX2);
  }
  if (isConstant) return Number.isFinite(first) ? [0, first] : [Number.NaN, Number.NaN];
  const n = to - from;
  sumX += cX;
  sumY += cY;
  sumXY += cXY;
  sumX2 += cX2;
  const slope = (sumXY - (sumX * sumY) / n) / (sumX2 - (sumX * sumX) / n);
  return [slope, sumY / n - (slope * sumX) / n];
}

/** Neumaier's sum: what is lost in each addition is kept beside it. */
function kahan(value: number, sum: number, c: number): [number, number] {
  const total = sum + value;
  const lost = Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum;
  return [total, c + lost];
}

function sum({ from, to, values }: Window): number {
  let total = 0;
  let c = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    const next = total + value;
    c += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return Math.abs(total) === Number.POSITIVE_INFINITY ? total : total + c;
}

function average({ from, to, values }: Window): number {
  let mean = 0;
  let c = 0;
  for (let i = from; i < to; i++) {
    const count = i - from + 1;
    const value = values[i]!;
    if (Math.abs(mean) === Number.POSITIVE_INFINITY) {
      if (Math.abs(value) === Number.POSITIVE_INFINITY && mean > 0 === value > 0) continue;
      if (Number.isFinite(value)) continue;
    }
    [mean, c] = kahan(value / count - mean / count, mean, c);
  }
  return Math.abs(mean) === Number.POSITIVE_INFINITY ? mean : mean + c;
}

function variance({ from, to, values }: Window): number {
  let [mean, cMean, aux, cAux] = [0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    const delta = value - (mean + cMean);
    [mean, cMean] = kahan(delta / (i - from + 1), mean, cMean);
    [aux, cAux] = kahan(delta * (value - (mean + cMean)), aux, cAux);
  }
  return (aux + cAux) / (to - from);
}

/** @returns the place of the largest, or the smallest */
function extreme({ from, to, values }: Window, sign: 1 | -1): number {
  let best = from;
  for (let i = from + 1; i < to; i++)
    if (sign * values[i]! > sign * values[best]! || Number.isNaN(values[best]!)) best = i;
  return best;
}

function changes({ from, to, values }: Window): number {
  let count = 0;
  for (let i = from + 1; i < to; i++) {
    const [a, b] = [values[i - 1]!, values[i]!];
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) count += 1;
  }
  return count;
}

function resets({ from, to, values }: Window): number {
  let count = 0;
  for (let i = from + 1; i < to; i++) if (values[i]! < values[i - 1]!) count += 1;
  return count;
}

/** Holt's linear smoothing: level and trend. */
function smoothed(window: Window): number {
  const { from, scalars, to, values } = window;
  const [level, trend] = scalars as [number, number];
  if (to - from < 2) return none(window);
  let s0 = 0;
  let s1 = values[from]!;
  let b = values[from + 1]! - values[from]!;
  for (let i = from + 1; i < to; i++) {
    if (i - 1 > from) b = trend * (s1 - s0) + (1 - trend) * b;
    const next = level * values[i]! + (1 - level) * (s1 + b);
    s0 = s1;
    s1 = next;
  }
  return s1;
}

/** Functions of a range, called with at least one sample. */
export const overTime: Readonly<Record<string, OverTime>> = {
  rate: (window) => extrapolated(window, true, true),
  increase: (window) => extrapolated(window, true, false),
  delta: (window) => extrapolated(window, false, false),
  irate: (window) => instantDelta(window, true),
  idelta: (window) => instantDelta(window, false),
  deriv: (window) => (window.to - window.from < 2 ? none(window) : regression(window, window.times[window.from]!)[0]),
  predict_linear: (window) => {
    if (window.to - window.from < 2) return none(window);
    const [slope, intercept] = regression(window, window.nowMs);
    return slope * window.scalars[0]! + intercept;
  },
  holt_winters: smoothed,
  double_exponential_smoothing: smoothed,
  sum_over_time: sum,
  avg_over_time: average,
  count_over_time: ({ from, to }) => to - from,
  present_over_time: () => 1,
  first_over_time: ({ from, values }) => values[from]!,
  last_over_time: ({ to, values }) => values[to - 1]!,
  min_over_time: (window) => window.values[extreme(window, -1)]!,
  max_over_time: (window) => window.values[extreme(window, 1)]!,
  stdvar_over_time: variance,
  stddev_over_time: (window) => Math.sqrt(variance(window)),
  quantile_over_time: ({ from, scalars, to, values }) => quantileOf(scalars[0]!, values.slice(from, to)),
  mad_over_time: ({ from, to, values }) => {
    const some = values.slice(from, to);
    const median = quantileOf(0.5, some);
    return quantileOf(
      0.5,
      some.map((value) => Math.abs(value - median)),
    );
  },
  ts_of_first_over_time: ({ from, times }) => times[from]! / 1_000,
  ts_of_last_over_time: ({ times, to }) => times[to - 1]! / 1_000,
  ts_of_min_over_time: (window) => window.times[extreme(window, -1)]! / 1_000,
  ts_of_max_over_time: (window) => window.times[extreme(window, 1)]! / 1_000,
  changes,
  resets,
};

/** Those whose results keep the metric's name. */
export const keepsName: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);
