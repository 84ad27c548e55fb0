import { compareText } from '../../labels/label-set.ts';
import type { Column } from '../column.ts';

/** Of an instant: NaN last. A query over a range has its own order. */
export function sorted(vector: Column[], sign: 1 | -1): Column[] {
  if (vector.some(({ values }) => values.length !== 1)) return vector;
  return [...vector].sort((a, b) => {
    const [x, y] = [a.values[0]!, b.values[0]!];
    if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1;
    if (Number.isNaN(y)) return -1;
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

/** By the values of labels, numbers in them as numbers. */
export function sortedByLabels(vector: Column[], labels: readonly string[], sign: 1 | -1): Column[] {
  const collator = new Intl.Collator('en', { numeric: true });
  return [...vector].sort((a, b) => {
    for (const name of labels) {
      const order =
        collator.compare(a.labels.get(name), b.labels.get(name)) || compareText(a.labels.get(name), b.labels.get(name));
      if (order !== 0) return sign * order;
    }
    return sign * compareText(a.labels.key, b.labels.key);
  });
}
