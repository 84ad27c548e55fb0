/** A span of time in microseconds with enough figures to compare: `12 µs`, `1.23 ms`, `45.6 ms`, `1.23 s`, `2 min 3 s`. */
export function formatMicros(us: number): string {
  if (!Number.isFinite(us)) return '–';
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${figures(us / 1000)} ms`;
  if (us < 60_000_000) return `${figures(us / 1_000_000)} s`;
  return `${Math.floor(us / 60_000_000)} min ${Math.floor((us % 60_000_000) / 1_000_000)} s`;
}

/** Three figures, cut and not rounded up to the next unit. */
function figures(value: number): string {
  const decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const factor = 10 ** decimals;
  // A trifle more: 4.1 × 100 is 409.99… in binary.
  return String(Math.trunc(value * factor + 1e-6) / factor);
}

/** `250us`, `1.5 ms`, `2s`, `1m`; a number alone is milliseconds. Null when it is none. */
export function parseMicros(text: string): number | null {
  const [, amount, unit = 'ms'] = /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|min)?\s*$/.exec(text) ?? [];
  if (amount === undefined) return null;
  const scale = unit === 's' ? 1_000_000 : unit === 'm' || unit === 'min' ? 60_000_000 : unit === 'ms' ? 1000 : 1;
  return Math.round(Number(amount) * scale);
}

/** Marks of an axis from 0 to `spanUs`, on round numbers. */
export function axisMarks(fromUs: number, toUs: number, countMax: number): number[] {
  const least = Math.max(1, (toUs - fromUs) / Math.max(1, countMax));
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((width) => width >= least) ?? power * 10;
  const marks: number[] = [];
  for (let at = Math.ceil(fromUs / step) * step; at <= toUs; at += step) marks.push(at);
  return marks;
}
