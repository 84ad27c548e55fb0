import { formatBytes, formatCount } from './number.ts';

/** What is measured, for the axis: bytes and seconds have scales of their own, a ratio is told in percent. */
export type ChartUnit = 'none' | 'bytes' | 'seconds' | 'ratio' | 'per second';

/** Short, with its unit: `1.2 MB`, `12 ms`, `6.2 %`, `3.4/s`. */
export function formatChartValue(value: number, unit: ChartUnit): string {
  if (!Number.isFinite(value)) return String(value);
  switch (unit) {
    case 'bytes':
      return value < 0 ? `-${formatBytes(-value)}` : formatBytes(value);
    case 'seconds':
      return formatSeconds(value);
    case 'ratio':
      return `${digits(value * 100)} %`;
    case 'per second':
      return `${digits(value)}/s`;
    default:
      return digits(value);
  }
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return formatCount(value);
  if (Number.isInteger(value)) return String(value);
  return size < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

function formatSeconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 0.001) return `${digits(value * 1e6)} µs`;
  if (size < 1) return `${digits(value * 1e3)} ms`;
  return `${digits(value)} s`;
}

/** What an expression is likely to be measured in, by the names in it. */
export function unitOf(expression: string): ChartUnit {
  const isRate = /\b(rate|irate)\s*\(/.test(expression);
  const isQuantile = /histogram_quantile\s*\(/.test(expression);
  if (isQuantile && /_seconds(_bucket)?\b/.test(expression)) return 'seconds';
  if (/:ratio|_ratio\b/.test(expression) || (isRate && /\/\s*(\(|sum|rate|avg)/.test(expression))) return 'ratio';
  // A second of a processor in each second is a part of it.
  if (isRate && /cpu_seconds/.test(expression)) return 'ratio';
  if (isRate) return 'per second';
  if (/_bytes(_total)?\b/.test(expression)) return 'bytes';
  if (/_seconds\b/.test(expression)) return 'seconds';
  return 'none';
}
