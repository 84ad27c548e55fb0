/** A line of a chart: times and values; a value that is no number is a gap. */
export interface ChartLine {
  /** What tells it apart; also its place in the legend and the address. */
  name: string;
  /** 1 to 8: `--series-N`. */
  tone: number;
  atMs: readonly number[];
  values: readonly number[];
}

/** Runs of points that belong together: one ends where a step is missing (the series was stale) or a value is no number. */
export function runsOf({ atMs, values }: ChartLine, stepMs: number): [from: number, to: number][] {
  const runs: [number, number][] = [];
  let from = -1;
  for (let index = 0; index <= values.length; index += 1) {
    const isPoint = index < values.length && Number.isFinite(values[index]);
    const isNext = isPoint && from !== -1 && atMs[index]! - atMs[index - 1]! <= stepMs * 1.5;
    if (from !== -1 && !isNext) {
      runs.push([from, index]);
      from = -1;
    }
    if (isPoint && from === -1) from = index;
  }
  return runs;
}

/** Round marks for an axis of values: three to six, zero among them when the values are near it. */
export function valueMarks(lines: readonly ChartLine[]): readonly number[] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const { values } of lines) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (least > most) return [0, 1];
  if (least > 0 && least < most * 0.7) least = 0;
  if (least === most) {
    if (least > 0) least = 0;
    else most = least === 0 ? 1 : 0;
  }
  const step = roundStep((most - least) / 4);
  const marks: number[] = [];
  const first = Math.floor(least / step + 1e-9);
  const last = Math.ceil(most / step - 1e-9);
  for (let at = first; at <= last; at += 1) marks.push(Number((at * step).toPrecision(12)));
  return marks;
}

function roundStep(least: number): number {
  const scale = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * scale >= least * 0.999) ?? 10) * scale;
}

/** The point of a line nearest to a time, no farther than a step; undefined in a gap. */
export function valueAt({ atMs, values }: ChartLine, timeMs: number, stepMs: number): number | undefined {
  let low = 0;
  let high = atMs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (atMs[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  const best = before >= 0 && timeMs - atMs[before]! < Math.abs(atMs[low]! - timeMs) ? before : low;
  return Math.abs(atMs[best]! - timeMs) <= stepMs * 0.75 ? values[best] : undefined;
}

/** The newest number of a line, and when. */
export function lastOf({ atMs, values }: ChartLine): { value: number; atMs: number } | null {
  const index = values.findLastIndex((value) => Number.isFinite(value));
  return index === -1 ? null : { value: values[index]!, atMs: atMs[index]! };
}
