import type { DataSource } from '../catalog/data-source.ts';
import { CodeModule } from '../expressions/code-module.ts';
import { eachColumn } from '../expressions/walk.ts';
import { valueCode } from '../plan/physical/flow.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import type { Expression } from '../syntax/ast/index.ts';
import type { SqlType } from '../types/sql-type.ts';
import { sqlTypes } from '../types/sql-type.ts';

/** What a condition says of keys and windows: all rows that it lets through are within, others may be too. */
export interface KeyConstraints {
  /** As keys travel: the value itself, or an array of several; null: any. */
  readonly keys: readonly unknown[] | null;
  /** Both included. */
  readonly startMs: Bounds;
  readonly endMs: Bounds;
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

const anyTime: Bounds = { least: 0, most: Number.MAX_SAFE_INTEGER };

export function keyConstraints(
  filters: readonly Expression[],
  { schema }: DataSource,
  context: QueryContext,
): KeyConstraints {
  const parts = filters.flatMap(conjuncts);
  let keys: unknown[][] | null = [[]];
  for (const { name, type } of schema.key) {
    const lists = parts.flatMap((part) => {
      const list = valuesOf(part, name, type, context);
      return list === null ? [] : [list];
    });
    const values = lists.sort((one, other) => one.length - other.length)[0];
    keys = values === undefined || keys === null ? null : product(keys, values);
    if (keys !== null && keys.length > 100_000) keys = null;
  }
  const isSingle = schema.key.length === 1;
  return {
    keys: keys?.map((key) => (isSingle ? key[0] : key)) ?? null,
    startMs: boundsOf(parts, 'WINDOWSTART', context),
    endMs: boundsOf(parts, 'WINDOWEND', context),
  };
}

export function conjuncts(condition: Expression): Expression[] {
  if (condition.kind === 'logical' && condition.operator === 'AND')
    return [...conjuncts(condition.left), ...conjuncts(condition.right)];
  return [condition];
}

function product(keys: readonly unknown[][], values: readonly unknown[]): unknown[][] {
  return keys.flatMap((key) => values.map((value) => [...key, value]));
}

/** The values of which a column must have one; null where the condition says nothing of the kind. */
function valuesOf(part: Expression, name: string, type: SqlType, context: QueryContext): unknown[] | null {
  const list = equals(part, name);
  if (list === null || list.some((each) => !isConstant(each))) return null;
  const values: unknown[] = [];
  for (const expression of list) {
    const value = constantValue(expression, type, context);
    // A value that is none of the type equals no key.
    if (value !== null && !values.includes(value)) values.push(value);
  }
  return values;
}

function equals(part: Expression, name: string): readonly Expression[] | null {
  if (part.kind === 'comparison' && part.operator === '=') {
    if (isColumn(part.left, name)) return [part.right];
    if (isColumn(part.right, name)) return [part.left];
  }
  if (part.kind === 'in' && isColumn(part.value, name)) return part.list;
  if (part.kind === 'logical' && part.operator === 'OR') {
    const sides = [equals(part.left, name), equals(part.right, name)];
    return sides.includes(null) ? null : sides.flatMap((each) => each!);
  }
  return null;
}

export function isColumn(expression: Expression, name: string): boolean {
  return expression.kind === 'column' && expression.name === name;
}

export function isConstant(expression: Expression): boolean {
  let isFree = true;
  eachColumn(expression, () => {
    isFree = false;
  });
  return isFree;
}

/** Null where it cannot be of the type. */
export function constantValue(expression: Expression, type: SqlType, context: QueryContext): unknown {
  // What nearly all are needs no code.
  if (expression.kind === 'string' && type.kind === 'STRING') return expression.value;
  if (expression.kind === 'integer' && (type.kind === 'INTEGER' || type.kind === 'BIGINT')) return expression.value;
  if (expression.kind === 'long' && type.kind === 'BIGINT') return expression.value;
  const module = new CodeModule();
  const quiet = { ...context, onError: () => {} };
  const cast: Expression = { kind: 'cast', range: null, operand: expression, type };
  const { code } = valueCode(cast, new Map(), module, quiet);
  return module.link<() => unknown>(`function () { const k = null, v = null, t = 0, c = null; return ${code}; }`)();
}

function boundsOf(parts: readonly Expression[], name: string, context: QueryContext): Bounds {
  let { least, most } = anyTime;
  for (const part of parts) {
    const equal = valuesOf(part, name, sqlTypes.bigint, context)?.map(Number);
    if (equal !== undefined) {
      // Text is a date and time, which this cast does not read: nothing is known then.
      if (equal.length === 0) continue;
      least = Math.max(least, Math.min(...equal));
      most = Math.min(most, Math.max(...equal));
      continue;
    }
    if (part.kind !== 'comparison') continue;
    const isLeft = isColumn(part.left, name);
    if (!isLeft && !isColumn(part.right, name)) continue;
    const other = isLeft ? part.right : part.left;
    if (!isConstant(other)) continue;
    const value = constantValue(other, sqlTypes.bigint, context);
    if (value === null) continue;
    const isUpper = part.operator.startsWith(isLeft ? '<' : '>');
    if (part.operator === '<' || part.operator === '<=' || part.operator === '>' || part.operator === '>=') {
      if (isUpper) most = Math.min(most, Number(value));
      else least = Math.max(least, Number(value));
    }
  }
  return { least, most };
}
