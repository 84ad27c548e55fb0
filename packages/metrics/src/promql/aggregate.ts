import { LabelSet, nameLabel } from '../labels/label-set.ts';
import type { Aggregate } from './ast.ts';
import { Best } from './best.ts';
import { type Column, column, decimal, merged, present, queryError } from './column.ts';
import { quantileOf } from './quantile.ts';

interface Group {
  labels: LabelSet;
  columns: Column[];
}

/** Puts together the columns of each group. `parameter` has a value for each step, or is the label of count_values. */
export function aggregate(
  expression: Aggregate,
  columns: Column[],
  parameter: Float64Array | string | null,
  count: number,
): Column[] {
  const { operator } = expression;
  const groups = groupsOf(expression, columns);
  switch (operator) {
    case 'topk':
    case 'bottomk':
      return groups.flatMap((group) => extremes(group, parameter as Float64Array, operator === 'topk' ? 1 : -1, count));
    case 'count_values':
      return countValues(groups, parameter as string, count);
    case 'quantile':
      return groups.map((group) => quantiles(group, parameter as Float64Array, count));
    default:
      return groups.map((group) => fold(operator, group, count));
  }
}

function groupsOf({ isWithout, labels }: Aggregate, columns: Column[]): Group[] {
  const names = new Set(labels);
  const isKept = isWithout
    ? (name: string): boolean => name !== nameLabel && !names.has(name)
    : (name: string): boolean => names.has(name);
  const groups = new Map<string, Group>();
  for (const each of columns) {
    const kept = names.size === 0 && !isWithout ? LabelSet.empty : each.labels.keep(isKept);
    const group = groups.get(kept.key);
    if (group === undefined) groups.set(kept.key, { labels: kept, columns: [each] });
    else group.columns.push(each);
  }
  return [...groups.values()];
}

function fold(operator: string, { columns, labels }: Group, count: number): Column {
  const out = column(labels, count);
  const { has, values } = out;
  const counts =
    operator === 'avg' || operator === 'stddev' || operator === 'stdvar' ? new Uint32Array(count) : undefined;
  const means = operator === 'stddev' || operator === 'stdvar' ? new Float64Array(count) : undefined;
  for (const each of columns) {
    const own = each.values;
    for (let i = 0; i < count; i++) {
      if (each.has[i] === 0) continue;
      const value = own[i]!;
      const isFirst = has[i] === 0;
      has[i] = 1;
      switch (operator) {
        case 'sum':
          values[i] = isFirst ? value : values[i]! + value;
          break;
        case 'count':
          values[i]! += 1;
          break;
        case 'group':
          values[i] = 1;
          break;
        case 'min':
          if (isFirst || values[i]! > value || Number.isNaN(values[i]!)) values[i] = value;
          break;
        case 'max':
          if (isFirst || values[i]! < value || Number.isNaN(values[i]!)) values[i] = value;
          break;
        case 'avg': {
          counts![i]! += 1;
          const mean = values[i]!;
          if (isFirst) values[i] = value;
          else if (Math.abs(mean) === Number.POSITIVE_INFINITY && (Number.isFinite(value) || value === mean)) break;
          else values[i] = mean + (value / counts![i]! - mean / counts![i]!);
          break;
        }
        default: {
          counts![i]! += 1;
          if (isFirst) {
            means![i] = value;
            break;
          }
          const delta = value - means![i]!;
          means![i]! += delta / counts![i]!;
          values[i]! += delta * (value - means![i]!);
        }
      }
    }
  }
  if (means !== undefined)
    for (let i = 0; i < count; i++)
      if (has[i] === 1)
        values[i] = operator === 'stdvar' ? values[i]! / counts![i]! : Math.sqrt(values[i]! / counts![i]!);
  return out;
}

function quantiles({ columns, labels }: Group, q: Float64Array, count: number): Column {
  const out = column(labels, count);
  const some = new Float64Array(columns.length);
  for (let i = 0; i < count; i++) {
    let length = 0;
    for (const { has, values } of columns) if (has[i] === 1) some[length++] = values[i]!;
    if (length === 0) continue;
    out.has[i] = 1;
    out.values[i] = quantileOf(q[i]!, some.subarray(0, length));
  }
  return out;
}

/** Series keep their own labels; an instant's answer has the first one first. */
function extremes({ columns }: Group, k: Float64Array, sign: 1 | -1, count: number): Column[] {
  const results = columns.map(({ labels, values }) => ({ labels, values, has: new Uint8Array(count) }));
  let order: number[] = [];
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(k[i]!) || Math.abs(k[i]!) > Number.MAX_SAFE_INTEGER)
      throw queryError(`Scalar value ${k[i]} overflows int64`);
    const wanted = Math.trunc(k[i]!);
    if (wanted < 1) continue;
    const best = new Best(wanted, sign);
    for (let c = 0; c < columns.length; c++) if (columns[c]!.has[i] === 1) best.add(columns[c]!.values[i]!, c);
    order = best.order();
    for (const c of order) results[c]!.has[i] = 1;
  }
  if (count === 1) return order.map((c) => results[c]!).filter(({ has }) => has[0] === 1);
  return present(results);
}

function countValues(groups: Group[], label: string, count: number): Column[] {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) throw queryError(`invalid label name ${JSON.stringify(label)}`);
  const results: Column[] = [];
  for (const { columns, labels } of groups) {
    const byValue = new Map<string, Column>();
    for (const { has, values } of columns)
      for (let i = 0; i < count; i++) {
        if (has[i] === 0) continue;
        const text = decimal(values[i]!);
        let out = byValue.get(text);
        if (out === undefined) byValue.set(text, (out = column(labels.with(label, text), count)));
        out.has[i] = 1;
        out.values[i]! += 1;
      }
    results.push(...byValue.values());
  }
  return merged(results);
}
