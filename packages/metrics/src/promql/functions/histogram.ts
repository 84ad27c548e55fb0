import { nameLabel } from '../../labels/label-set.ts';
import { type Column, column, present } from '../column.ts';
import type { Notes } from '../evaluate.ts';
import { type Bucket, bucketQuantile } from '../quantile.ts';

/** The quantile of each histogram: of the series that differ only in `le`. */
export function histogramQuantile(q: Float64Array, vector: Column[], count: number, notes: Notes): Column[] {
  const histograms = new Map<string, { out: Column; buckets: { bound: number; of: Column }[] }>();
  if (q.some((each) => Number.isNaN(each) || each < 0 || each > 1))
    notes.warnings.add('PromQL warning: quantile value should be between 0 and 1');
  for (const of of vector) {
    const bound = boundOf(of.labels.get('le'));
    if (bound === undefined) continue;
    const labels = of.labels.keep((name) => name !== 'le' && name !== nameLabel);
    let histogram = histograms.get(labels.key);
    if (histogram === undefined) histograms.set(labels.key, (histogram = { out: column(labels, count), buckets: [] }));
    histogram.buckets.push({ bound, of });
  }
  for (const { buckets, out } of histograms.values())
    for (let i = 0; i < count; i++) {
      const now: Bucket[] = [];
      for (const { bound, of } of buckets) if (of.has[i] === 1) now.push({ bound, count: of.values[i]! });
      if (now.length === 0) continue;
      out.has[i] = 1;
      out.values[i] = bucketQuantile(q[i]!, now);
    }
  return present([...histograms.values()].map(({ out }) => out));
}

function boundOf(le: string): number | undefined {
  if (/^\+?inf$/i.test(le)) return Number.POSITIVE_INFINITY;
  if (/^-inf$/i.test(le)) return Number.NEGATIVE_INFINITY;
  const bound = Number(le);
  return le.trim() === '' || Number.isNaN(bound) ? undefined : bound;
}
