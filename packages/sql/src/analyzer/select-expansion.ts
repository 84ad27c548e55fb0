import { Decimal } from '@headwater/serdes';
import type { DataSource } from '../catalog/data-source.ts';
import { literalValue } from '../expressions/list-item.ts';
import { expressionKey } from '../expressions/walk.ts';
import type { Step } from '../plan/steps/step.ts';
import { isPseudoColumn, isWindowBound } from '../schema/system-columns.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { isSameType, type SqlType } from '../types/sql-type.ts';
import type { QuerySources } from './query-sources.ts';
import type { Selected, Selection } from './select-items.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

export interface ExpansionContext {
  readonly step: Step;
  readonly sources: QuerySources;
  readonly syntheticKey: string | null;
  readonly typing: Typing;
  /** The stream that results are inserted into: decimals become what its columns are. */
  readonly target: DataSource | null;
  /** Replaces what is worked out before the projection. */
  extract(expression: Expression): Expression;
}

/** The columns of the result in their order, with `*` and `struct->*` written out. */
export function expandItems(selection: Selection, context: ExpansionContext): readonly Selected[] {
  const { extract, sources, step, target, typing } = context;
  const targetColumns = target === null ? [] : [...target.schema.key, ...target.schema.value];
  const keysCount = target?.schema.key.length ?? 0;
  let place = 0;
  return selection.named.flatMap((item): readonly Selected[] => {
    if (item.kind === 'all') {
      place++;
      return starColumns(item.source, context);
    }
    if (item.kind === 'allFields') {
      place++;
      const struct = resolved(sources.internal(item.struct), step);
      const type = typing.typeOf(struct, step.schema);
      if (type?.kind !== 'STRUCT') throw statementError('Only a STRUCT has fields: ->* stands behind a STRUCT');
      return type.fields.map(({ name }) => ({
        alias: name,
        expression: { kind: 'dereference', range: null, base: struct, field: name },
      }));
    }
    const expression = extract(resolved(sources.internal(item.qualified), step));
    const { headerKey } = item;
    if (headerKey !== null) return [{ alias: item.alias, expression, headerKey }];
    const at = place++;
    const column = targetColumns[at];
    return [
      {
        alias: item.alias,
        expression: column === undefined || at < keysCount ? expression : widened(expression, column.type, context),
      },
    ];
  });
}

/** What a step makes a column of is that column from then on. */
export function resolved(expression: Expression, step: Step): Expression {
  if (step.kind !== 'partitionBy') return expression;
  const key = expressionKey(expression);
  const at = step.expressions.findIndex((each) => expressionKey(each) === key);
  return at === -1 ? expression : { kind: 'column', range: null, source: null, name: step.schema.key[at]!.name };
}

function starColumns(source: string | null, { sources, step, syntheticKey }: ExpansionContext): readonly Selected[] {
  const column = (name: string): Selected => ({
    alias: name,
    expression: { kind: 'column', range: null, source: null, name },
  });
  if (source === null && step.kind === 'partitionBy') {
    const { key, value } = step.schema;
    const keys = new Set(key.map(({ name }) => name));
    const others = value.filter(({ name }) => !keys.has(name) && !isWindowBound(name) && !isPseudoColumn(name));
    return [...key, ...others].map(({ name }) => column(name));
  }
  const wanted = source === null ? sources.all : sources.all.filter(({ alias }) => alias === source);
  const columns = wanted.flatMap(({ alias }) =>
    sources.starOf(alias).map(({ name }) => column(sources.prefixOf(alias) + name)),
  );
  return source === null && syntheticKey !== null ? [column(syntheticKey), ...columns] : columns;
}

/** Only decimals become others by themselves: a literal, or a column, that the DECIMAL of the target holds without loss. */
function widened(expression: Expression, to: SqlType, { step, typing }: ExpansionContext): Expression {
  if (to.kind !== 'DECIMAL') return expression;
  if (expression.kind === 'column' && expression.name.startsWith('KSQL_SYNTH_')) return expression;
  let type: SqlType | null;
  try {
    type = typing.typeOf(expression, step.schema);
  } catch {
    // Aggregates are typed later; what is wrong is told then.
    return expression;
  }
  const from = type?.kind === 'DECIMAL' ? type : literalDecimal(expression);
  if (from === undefined || isSameType({ kind: 'DECIMAL', precision: from.precision, scale: from.scale }, to)) {
    return expression;
  }
  const isHeld = from.scale <= to.scale && from.precision - from.scale <= to.precision - to.scale;
  return isHeld ? { kind: 'cast', range: null, operand: expression, type: to } : expression;
}

/** The DECIMAL with just the digits of a number that is written out. */
function literalDecimal(expression: Expression): { readonly precision: number; readonly scale: number } | undefined {
  const value = literalValue(expression);
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const { scale, unscaled } = typeof value === 'number' ? Decimal.from(value) : new Decimal(value, 0);
  return { precision: Math.max(String(unscaled).replace('-', '').length, scale), scale };
}
