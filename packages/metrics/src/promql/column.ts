import type { LabelSet } from '../labels/label-set.ts';
import { MetricsError } from '../metrics-error.ts';

/** One series of a result: a value for each step of the query, where there is one. */
export interface Column {
  labels: LabelSet;
  values: Float64Array;
  /** 1 where there is a value. NaN is a value. */
  has: Uint8Array;
}

/** The steps of a query: one for an instant. */
export interface Steps {
  startMs: number;
  stepMs: number;
  count: number;
}

export function column(labels: LabelSet, count: number): Column {
  return { labels, values: new Float64Array(count), has: new Uint8Array(count) };
}

export function queryError(message: string): MetricsError {
  return new MetricsError('HW_METRICS_QUERY', message);
}

/** Columns that have the same labels become one. @throws HW_METRICS_QUERY where both have a value, or `isStrict` and there are two */
export function merged(columns: Column[], isStrict = false): Column[] {
  const byKey = new Map<string, Column>();
  let isOne = true;
  for (const each of columns) {
    const known = byKey.get(each.labels.key);
    if (known === undefined) {
      byKey.set(each.labels.key, each);
      continue;
    }
    isOne = false;
    for (let i = 0; i < each.has.length; i++) {
      if (each.has[i] === 0) continue;
      if (isStrict || known.has[i] === 1) throw queryError('vector cannot contain metrics with the same labelset');
      known.has[i] = 1;
      known.values[i] = each.values[i]!;
    }
  }
  return isOne ? columns : [...byKey.values()];
}

/** The columns that have a value at all. */
export function present(columns: Column[]): Column[] {
  return columns.filter(({ has }) => has.includes(1));
}

/** As Go writes it with as many digits as it needs, never with an exponent. */
export function decimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  const [, sign, whole, fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (whole === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits}${'0'.repeat(point - digits.length)}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** As in the JSON of Prometheus' answers. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
