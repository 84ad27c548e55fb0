/** The quantile of sorted values, NaN first; between two values it is interpolated. */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  sortNanFirst(values);
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return values[lower]! * (1 - weight) + values[upper]! * weight;
}

function sortNanFirst(values: Float64Array): void {
  values.sort();
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans]!)) nans += 1;
  if (nans === 0) return;
  values.copyWithin(nans, 0, values.length - nans);
  values.fill(Number.NaN, 0, nans);
}

export interface Bucket {
  /** Upper bound. */
  bound: number;
  /** Of all up to the bound. */
  count: number;
}

/** The quantile that the buckets of a classic histogram tell: linear within a bucket. */
export function bucketQuantile(q: number, given: Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  given.sort((a, b) => a.bound - b.bound);
  if (given.at(-1)?.bound !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets: Bucket[] = [];
  let max = Number.NEGATIVE_INFINITY;
  for (const { bound, count } of given) {
    const last = buckets.at(-1);
    if (last?.bound === bound) last.count += count;
    else buckets.push({ bound, count });
  }
  // Scraped one after another, buckets of one moment may differ: a count is never less than those below it.
  for (const bucket of buckets) {
    if (bucket.count > max) max = bucket.count;
    else if (bucket.count < max) bucket.count = max;
  }
  if (buckets.length < 2) return Number.NaN;
  const observations = buckets.at(-1)!.count;
  if (observations === 0) return Number.NaN;
  let rank = q * observations;
  let b = 0;
  while (b < buckets.length - 1 && !(buckets[b]!.count >= rank)) b += 1;
  if (b === buckets.length - 1) return buckets.at(-2)!.bound;
  if (b === 0 && buckets[0]!.bound <= 0) return buckets[0]!.bound;
  let start = 0;
  let { count } = buckets[b]!;
  if (b > 0) {
    start = buckets[b - 1]!.bound;
    count -= buckets[b - 1]!.count;
    rank -= buckets[b - 1]!.count;
  }
  return start + (buckets[b]!.bound - start) * (rank / count);
}
