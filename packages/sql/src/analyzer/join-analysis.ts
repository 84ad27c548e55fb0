import { expressionKey } from '../expressions/walk.ts';
import type { Step } from '../plan/steps/step.ts';
import type { Column } from '../schema/column.ts';
import { ColumnAliases } from '../schema/column-aliases.ts';
import type { ColumnReference, Expression } from '../syntax/ast/index.ts';
import { quotedName } from '../types/sql-type.ts';
import { checkKinds } from './check-join.ts';
import { globalStep } from './global-join.ts';
import type { JoinInfo } from './join-infos.ts';
import type { Joined } from './joined.ts';
import { missingKey } from './missing-key.ts';
import { partitionBy } from './partition-by.ts';
import type { QuerySource, QuerySources } from './query-sources.ts';
import type { Selection } from './select-items.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

export interface JoinedSources {
  readonly step: Step;
  /** `*` begins with this column: the key that is equal to none of the sources' columns. */
  readonly syntheticKey: string | null;
  /** @throws SqlError when the projection has no column that is the key */
  checkKey(sink: string, selection: Selection): void;
}

/** @throws SqlError for joins that cannot be */
export function analyzeJoins(
  infos: readonly JoinInfo[],
  sources: QuerySources,
  selection: () => Selection,
  typing: Typing,
): JoinedSources {
  let joined: Joined | null = null;
  for (const info of infos) joined = joinOne(joined, info, sources, selection, typing);
  const last = joined!;
  const [key] = last.step.schema.key;
  return {
    step: last.step,
    syntheticKey: last.isSynthetic ? key!.name : null,
    checkKey(sink, selected) {
      if (last.ownKeyOf !== null) return checkOwnKey(last.ownKeyOf, sink, selected);
      if (last.isSynthetic) {
        const column: Expression = { kind: 'column', range: null, source: null, name: key!.name };
        if (!selected.contains(column))
          throw missingKey(sink, 'join expression', [column], { isAnyEnough: true, isSynthetic: true });
        return;
      }
      if (last.viable.some((column) => selected.contains(column))) return;
      throw missingKey(sink, 'join expression', last.viable, { isAnyEnough: true });
    },
  };
}

function checkOwnKey({ alias, source }: QuerySource, sink: string, selected: Selection): void {
  const missing = source.schema.key.filter(
    ({ name }) => !selected.contains({ kind: 'column', range: null, source: alias, name }),
  );
  if (missing.length === 0) return;
  if (source.kind === 'STREAM') {
    throw missingKey(
      sink,
      'key column',
      source.schema.key.map(({ name }) => ({ kind: 'column', range: null, source: alias, name })),
    );
  }
  const columns = missing.length === 1 ? 'column' : 'columns';
  throw statementError(
    `Primary key ${columns} missing in projection. For foreign-key table-table joins, the projection must include all primary key columns from the left input table (${quotedName(alias)}). Missing ${columns}: ${missing.map(({ name }) => quotedName(name)).join(', ')}.`,
  );
}

function joinOne(
  before: Joined | null,
  info: JoinInfo,
  sources: QuerySources,
  selection: () => Selection,
  typing: Typing,
): Joined {
  const leftSource = before?.step ?? sources.stepOf(info.left);
  const rightSource = sources.stepOf(info.right);
  const aliases = new Set([...(before?.aliases ?? [info.left.alias]), info.right.alias]);
  if (info.join.isGlobal) {
    const step = globalStep(info, leftSource, rightSource, before, sources, typing);
    return before === null ? ownKeyed(step, info.left, aliases) : { ...before, step, aliases };
  }
  const isForeign = checkKinds(info, leftSource, rightSource, before, sources, typing);
  if (isForeign) {
    const { key } = leftSource.schema;
    const values = [...leftSource.schema.value, ...rightSource.schema.value];
    const step: Step = {
      kind: 'join',
      type: info.type,
      left: leftSource,
      right: rightSource,
      within: null,
      foreignKey: sources.internal(info.leftExpression),
      globalKey: null,
      isKeySynthetic: before?.isSynthetic ?? false,
      schema: { key, value: [...values, ...key.filter(({ name }) => !values.some((each) => each.name === name))] },
    };
    return before === null ? ownKeyed(step, info.left, aliases) : { ...before, step, aliases };
  }
  const left = prepared(info.leftExpression, leftSource, before, sources, typing);
  const right = prepared(info.rightExpression, rightSource, null, sources, typing);
  const equal = equivalents(info, before);
  const viable = info.type === 'FULL' ? [] : viableKeys(info, before, equal);
  const values = [...left.schema.value, ...right.schema.value];
  const [only] = left.schema.key;
  const chosen = viable.find((column) => selection().contains(column)) ?? viable[0];
  if (left.schema.key.length > 1 || right.schema.key.length > 1) {
    throw statementError('JOINs are not supported with multiple key columns: write PARTITION BY one column first');
  }
  const isSynthetic = chosen === undefined;
  const name = isSynthetic
    ? new ColumnAliases(sources.all.flatMap(({ columns }) => columns.map((each) => each.name))).syntheticJoinKey()
    : sources.prefixOf(chosen.source!) + chosen.name;
  const key: readonly Column[] = [{ name, type: only!.type }];
  const withKey = [...values, ...key.filter(({ name }) => !values.some((each) => each.name === name))];
  const step: Step = {
    kind: 'join',
    type: info.type,
    left,
    right,
    within: info.join.within,
    foreignKey: null,
    globalKey: null,
    isKeySynthetic: isSynthetic,
    schema: { key, value: withKey },
  };
  return { step, aliases, equal, viable, isSynthetic, ownKeyOf: null };
}

/** What is keyed as a source is. */
function ownKeyed(step: Step, of: QuerySource, aliases: ReadonlySet<string>): Joined {
  const columns = of.source.schema.key.map(
    ({ name }): ColumnReference => ({ kind: 'column', range: null, source: of.alias, name }),
  );
  const equal = columns.length === 1 ? columns : [];
  return { step, aliases, equal, viable: equal, isSynthetic: false, ownKeyOf: of };
}

/** By the other side's key: no step where it is by its own already. */
function prepared(
  expression: Expression,
  step: Step,
  before: Joined | null,
  sources: QuerySources,
  typing: Typing,
): Step {
  if (before?.equal.some((each) => expressionKey(each) === expressionKey(expression))) return step;
  const internal = sources.internal(expression);
  const [only] = step.schema.key;
  if (step.schema.key.length === 1 && internal.kind === 'column' && internal.name === only!.name) return step;
  const [prefix] = step.kind === 'source' ? [step.prefix] : [''];
  return partitionBy(step, [internal], typing, prefix);
}

/** Expressions that have the key's value in each row of the result. */
function equivalents(
  { leftExpression, rightExpression, type }: JoinInfo,
  before: Joined | null,
): readonly Expression[] {
  if (type === 'FULL') return [];
  const own = [leftExpression, rightExpression];
  const keys = new Set(own.map(expressionKey));
  if (before?.equal.some((each) => keys.has(expressionKey(each)))) return [...own, ...before.equal];
  return own;
}

function viableKeys(
  { leftExpression, rightExpression }: JoinInfo,
  before: Joined | null,
  equal: readonly Expression[],
): readonly ColumnReference[] {
  const keys = new Set(equal.map(expressionKey));
  const seen = new Set<string>();
  return [...(before?.viable ?? []), leftExpression, rightExpression].filter((each): each is ColumnReference => {
    const key = expressionKey(each);
    if (each.kind !== 'column' || !keys.has(key) || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
