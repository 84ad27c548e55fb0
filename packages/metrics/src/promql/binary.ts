import { type LabelSet, nameLabel } from '../labels/label-set.ts';
import { type Binary, comparisons, type VectorMatching } from './ast.ts';
import { type Column, column, merged, present, queryError } from './column.ts';

export type Operation = (a: number, b: number) => number;

/** Go's power: 1 to anything is 1, -1 to infinity too. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1;
  return a ** b;
}

export const operations: Readonly<Record<string, Operation>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: Math.atan2,
  '==': (a, b) => (a === b ? 1 : 0),
  '!=': (a, b) => (a !== b ? 1 : 0),
  '>': (a, b) => (a > b ? 1 : 0),
  '<': (a, b) => (a < b ? 1 : 0),
  '>=': (a, b) => (a >= b ? 1 : 0),
  '<=': (a, b) => (a <= b ? 1 : 0),
};

/** A vector with a number on the other side. */
export function withScalar(
  expression: Binary,
  vector: Column[],
  scalar: Float64Array,
  isScalarLeft: boolean,
): Column[] {
  const { isBool, operator } = expression;
  const operation = operations[operator]!;
  const isFilter = comparisons.has(operator) && !isBool;
  const result: Column[] = [];
  for (const { has, labels, values } of vector) {
    const out: Column = {
      labels: isFilter ? labels : labels.withoutName(),
      values: new Float64Array(values.length),
      has: has.slice(),
    };
    for (let i = 0; i < values.length; i++) {
      if (has[i] === 0) continue;
      const value = isScalarLeft ? operation(scalar[i]!, values[i]!) : operation(values[i]!, scalar[i]!);
      if (!isFilter) out.values[i] = value;
      else if (value === 0) out.has[i] = 0;
      else out.values[i] = values[i]!;
    }
    result.push(out);
  }
  return merged(isFilter ? present(result) : result);
}

function signature({ isOn, labels }: VectorMatching): (of: LabelSet) => string {
  const names = new Set(labels);
  return isOn
    ? (of) => of.keep((name) => names.has(name)).key
    : (of) => of.keep((name) => name !== nameLabel && !names.has(name)).key;
}

/** `and`, `or`, `unless`. */
export function setOperation({ matching, operator }: Binary, left: Column[], right: Column[], count: number): Column[] {
  const signatureOf = signature(matching);
  const presence = (columns: Column[]): Map<string, Uint8Array> => {
    const map = new Map<string, Uint8Array>();
    for (const { has, labels } of columns) {
      const key = signatureOf(labels);
      let all = map.get(key);
      if (all === undefined) map.set(key, (all = new Uint8Array(count)));
      for (let i = 0; i < count; i++) all[i]! |= has[i]!;
    }
    return map;
  };
  const masked = (columns: Column[], others: Map<string, Uint8Array>, isWanted: 0 | 1): Column[] =>
    columns.map((each) => {
      const other = others.get(signatureOf(each.labels));
      const has = each.has.map((bit, i) => (bit === 1 && (other?.[i] ?? 0) === isWanted ? 1 : 0));
      return { ...each, has };
    });
  if (operator === 'and') return present(masked(left, presence(right), 1));
  if (operator === 'unless') return present(masked(left, presence(right), 0));
  return merged([...left, ...present(masked(right, presence(left), 0))]);
}

/** Two vectors: each element with the one on the other side that has the same labels. */
export function withVector(expression: Binary, left: Column[], right: Column[], count: number): Column[] {
  const { isBool, matching, operator } = expression;
  const operation = operations[operator]!;
  const isFilter = comparisons.has(operator) && !isBool;
  const isSwapped = matching.group === 'right';
  const [many, one] = isSwapped ? [right, left] : [left, right];
  const signatureOf = signature(matching);
  const anyMany = anyOf(many, count);
  const ones = new Map<string, Column[]>();
  for (const each of one) {
    const key = signatureOf(each.labels);
    const group = ones.get(key);
    if (group === undefined) ones.set(key, [each]);
    else {
      for (const other of group)
        for (let i = 0; i < count; i++)
          if (each.has[i] === 1 && other.has[i] === 1 && anyMany[i] === 1)
            throw manyMatch(matching, each.labels, other.labels);
      group.push(each);
    }
  }
  const results: Column[] = [];
  /** By signature: at which steps there is a result already. */
  const taken = new Map<string, Uint8Array>();
  for (const each of many) {
    const key = signatureOf(each.labels);
    for (const other of ones.get(key) ?? []) {
      const labels = resultLabels(expression, each.labels, other.labels, !isFilter);
      const out = column(labels, count);
      let steps = taken.get(key);
      if (steps === undefined && matching.group === null) taken.set(key, (steps = new Uint8Array(count)));
      for (let i = 0; i < count; i++) {
        if (each.has[i] === 0 || other.has[i] === 0) continue;
        const [a, b] = isSwapped ? [other.values[i]!, each.values[i]!] : [each.values[i]!, other.values[i]!];
        const value = operation(a, b);
        if (isFilter && value === 0) continue;
        if (steps !== undefined) {
          if (steps[i] === 1)
            throw queryError(
              'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
            );
          steps[i] = 1;
        }
        out.has[i] = 1;
        out.values[i] = isFilter ? a : value;
      }
      results.push(out);
    }
  }
  return unique(present(results));
}

function unique(results: Column[]): Column[] {
  try {
    return merged(results);
  } catch {
    throw queryError('multiple matches for labels: grouping labels must ensure unique matches');
  }
}

function anyOf(columns: Column[], count: number): Uint8Array {
  const any = new Uint8Array(count);
  for (const { has } of columns) for (let i = 0; i < count; i++) any[i]! |= has[i]!;
  return any;
}

function resultLabels({ matching }: Binary, many: LabelSet, one: LabelSet, isNameDropped: boolean): LabelSet {
  const names = new Set(matching.labels);
  let labels = isNameDropped ? many.withoutName() : many;
  if (matching.group === null) labels = labels.keep((name) => names.has(name) === matching.isOn);
  for (const name of matching.include) labels = labels.with(name, one.get(name));
  return labels;
}

function manyMatch(matching: VectorMatching, a: LabelSet, b: LabelSet): Error {
  const names = new Set(matching.labels);
  const group = a.keep((name) => (matching.isOn ? names.has(name) : name !== nameLabel && !names.has(name)));
  const side = matching.group === 'right' ? 'left' : 'right';
  return queryError(
    `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: [${a}, ${b}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}
