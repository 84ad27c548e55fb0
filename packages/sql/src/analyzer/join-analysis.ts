import { checkExtended, isPlainKsql } from '../dialect.ts';
import { eachColumn, expressionKey } from '../expressions/walk.ts';
import { isTableStep, type Step } from '../plan/steps/step.ts';
import type { Column } from '../schema/column.ts';
import { ColumnAliases } from '../schema/column-aliases.ts';
import type { ColumnReference, Expression, Join } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { isSameType, quotedName, type SqlType, typeText } from '../types/sql-type.ts';
import { checkWindows } from './join-windows.ts';
import { missingKey } from './missing-key.ts';
import { partitionBy } from './partition-by.ts';
import type { QuerySource, QuerySources } from './query-sources.ts';
import type { Selection } from './select-items.ts';
import { placedError, statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

/** A join with its sides in the order in which they are joined: what was joined before on the left. */
export interface JoinInfo {
  readonly type: Join['type'];
  readonly left: QuerySource;
  readonly leftExpression: Expression;
  readonly right: QuerySource;
  readonly rightExpression: Expression;
  /** The condition names the sides the other way round. */
  readonly isFlipped: boolean;
  readonly join: Join;
}

export interface JoinedSources {
  readonly step: Step;
  /** `*` begins with this column: the key that is equal to none of the sources' columns. */
  readonly syntheticKey: string | null;
  /** @throws SqlError when the projection has no column that is the key */
  checkKey(sink: string, selection: Selection): void;
}

/** What has been joined so far. */
interface Joined {
  readonly step: Step;
  readonly aliases: ReadonlySet<string>;
  /** Expressions that are equal to the key. */
  readonly equal: readonly Expression[];
  readonly viable: readonly ColumnReference[];
  readonly isSynthetic: boolean;
  /** The source whose own key, of one column or several, is the result's: it was only joined by foreign keys, or with global tables. */
  readonly ownKeyOf: QuerySource | null;
}

const typeNames = {
  INNER: '[INNER] JOIN',
  LEFT: 'LEFT [OUTER] JOIN',
  RIGHT: 'RIGHT [OUTER] JOIN',
  FULL: '[FULL] OUTER JOIN',
};

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

/** What each join is by. @throws SqlError for conditions that are none */
export function joinInfos(joins: readonly Join[], sources: QuerySources): JoinInfo[] {
  return joins.map((join, at) =>
    joinInfo(join, sources, new Set(sources.all.slice(0, at + 2).map(({ alias }) => alias))),
  );
}

function joinInfo(join: Join, sources: QuerySources, known: ReadonlySet<string>): JoinInfo {
  const on = sources.qualify(join.on);
  if (on.kind !== 'comparison') {
    const isEquality = (each: Expression) => each.kind === 'comparison' && each.operator === '=';
    if (on.kind === 'logical' && isEquality(on.left) && isEquality(on.right)) {
      throw placedError(
        `Invalid join condition: joins on multiple conditions are not yet supported. Got ${printExpression(on)}.`,
        join.on.range,
        `Join on one, and write the other into WHERE: … ON ${printExpression(on.left)} WHERE ${printExpression(on.right)}`,
      );
    }
    throw placedError(
      `Unsupported join expression: ${printExpression(on)}`,
      join.on.range,
      'A join is on one equality, one side from each source: ON a.x = b.y',
    );
  }
  if (on.operator !== '=') {
    throw placedError(
      'Only equality join criteria is supported.',
      join.on.range,
      'Join on what is equal, and compare the rest in WHERE',
    );
  }
  sources.check(on.left, 'JOIN ON');
  sources.check(on.right, 'JOIN ON');
  if (join.isGlobal) return globalJoinInfo(join, on, sources, known);
  const left = onlySource(on.left, on, sources);
  const right = onlySource(on.right, on, sources);
  if (left === right) {
    throw statementError(
      `Each side of the join must reference exactly one source and not the same source. Left side references ${quotedName(left.alias)} and right references ${quotedName(right.alias)}`,
    );
  }
  checkWindows(left, right);
  const { alias } = join.right;
  if (left.alias !== alias && right.alias !== alias) {
    throw statementError(
      `A join criteria is expected to reference the source (${quotedName(alias)}) in the FROM clause, instead the right source references ${quotedName(right.alias)} and the left source references ${quotedName(left.alias)}`,
    );
  }
  for (const each of [left, right]) {
    if (!known.has(each.alias)) throw statementError(`Cannot join on unknown source: ${quotedName(each.alias)}`);
  }
  const [leftExpression, rightExpression] = [on.left, on.right];
  if (right.alias === alias)
    return { type: join.type, left, leftExpression, right, rightExpression, isFlipped: false, join };
  return {
    type: join.type,
    left: right,
    leftExpression: rightExpression,
    right: left,
    rightExpression: leftExpression,
    isFlipped: true,
    join,
  };
}

/** One side is of the table alone, the other is any expression of what was joined before. */
function globalJoinInfo(
  join: Join,
  on: Extract<Expression, { kind: 'comparison' }>,
  sources: QuerySources,
  known: ReadonlySet<string>,
): JoinInfo {
  const { alias } = join.right;
  const [left, right] = [aliasesIn(on.left), aliasesIn(on.right)];
  const isFlipped = !right.has(alias);
  const [others, own] = isFlipped ? [right, left] : [left, right];
  if (own.size !== 1 || !own.has(alias) || others.has(alias)) {
    throw statementError(
      `A global join compares the key of ${quotedName(alias)} with an expression of what stands before it. Got ${printExpression(on)}.`,
      on.range,
    );
  }
  for (const each of others) {
    if (!known.has(each)) throw statementError(`Cannot join on unknown source: ${quotedName(each)}`, on.range);
  }
  const [leftExpression, rightExpression] = isFlipped ? [on.right, on.left] : [on.left, on.right];
  const [first = sources.all[0]!.alias] = others;
  return {
    type: join.type,
    left: sources.byAlias(first)!,
    leftExpression,
    right: sources.byAlias(alias)!,
    rightExpression,
    isFlipped,
    join,
  };
}

function aliasesIn(side: Expression): Set<string> {
  const aliases = new Set<string>();
  eachColumn(side, ({ source }) => aliases.add(source!));
  return aliases;
}

function onlySource(side: Expression, on: Expression, sources: QuerySources): QuerySource {
  const aliases = aliasesIn(side);
  const [only] = aliases;
  if (aliases.size !== 1) {
    throw statementError(
      `Invalid comparison expression '${printExpression(side)}' in join '${printExpression(on)}'. Each side of the join comparision must contain references from exactly one source.`,
    );
  }
  return sources.byAlias(only!)!;
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

/** A stream with a table that every instance has whole: neither is sent anywhere, and the stream keeps its key. */
function globalStep(
  info: JoinInfo,
  left: Step,
  right: Step,
  before: Joined | null,
  sources: QuerySources,
  typing: Typing,
): Step {
  const { join, leftExpression, rightExpression, type } = info;
  const { name, range } = join.right;
  checkExtended(typing.properties, 'GLOBAL JOIN', range);
  if (isTableStep(left)) {
    throw statementError(
      `Global joins are joins of a stream: what is joined with ${name} is a table, whose rows would not change with those of ${name}. Write it without GLOBAL: tables are joined by a foreign key wherever their rows are.`,
      range,
    );
  }
  if (!isTableStep(right)) {
    throw statementError(
      `Global joins are joins with a table: ${name} is a stream. Write … JOIN ${name} WITHIN 1 HOUR ON …`,
      range,
    );
  }
  if (type !== 'INNER' && type !== 'LEFT') {
    throw statementError(
      `Rows of ${name} without a partner cannot be told of by a global join: each instance has them all. Write LEFT GLOBAL JOIN or INNER GLOBAL JOIN.`,
      range,
    );
  }
  if (join.within !== null) {
    throw statementError('Global joins are not windowed: leave the WITHIN clause away.', range);
  }
  if (info.right.source.keyFormat.window !== null) {
    throw statementError(
      `${name} is windowed: a global join finds rows by a key alone. Group it again without a window.`,
      range,
    );
  }
  if (!isKey(rightExpression, info.right)) {
    const key = info.right.source.schema.key.map((each) => each.name).join(', ');
    throw statementError(
      `A global join finds rows by the table's primary key: write ON … = ${info.right.alias}.${key}${info.right.source.schema.key.length > 1 ? '; this key has several columns, which cannot be joined by' : ''}. Got ${printExpression(join.on)}.`,
      join.on.range,
    );
  }
  checkTypes(info, left, right, sources, typing);
  const { key } = left.schema;
  const values = [...left.schema.value, ...right.schema.value];
  return {
    kind: 'join',
    type,
    left,
    right,
    within: null,
    foreignKey: null,
    globalKey: sources.internal(leftExpression),
    isKeySynthetic: before?.isSynthetic ?? false,
    schema: { key, value: [...values, ...key.filter(({ name }) => !values.some((each) => each.name === name))] },
  };
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

/** Which kinds may be joined, and how. Whether it is a join by a foreign key. */
function checkKinds(
  info: JoinInfo,
  left: Step,
  right: Step,
  before: Joined | null,
  sources: QuerySources,
  typing: Typing,
): boolean {
  const { leftExpression, rightExpression, type } = info;
  const [first, second] = info.isFlipped ? [rightExpression, leftExpression] : [leftExpression, rightExpression];
  const got = `${printExpression(first)} = ${printExpression(second)}`;
  const names = `${info.left.source.name} ${typeNames[type]} ${info.right.source.name}`;
  if (!isTableStep(left)) {
    if (!isTableStep(right)) {
      if (info.join.within === null) {
        throw placedError(
          'Stream-Stream joins must have a WITHIN clause specified. None was provided.',
          info.join.right.range,
          `All rows of both streams would have to be kept for ever. Write how far apart they may be: … JOIN ${info.join.right.name} WITHIN 1 HOUR ON …`,
        );
      }
      checkTypes(info, left, right, sources, typing);
      return false;
    }
    if (info.join.within !== null) {
      throw statementError(
        'A window definition was provided for a Stream-Table join. These joins are not windowed. Please drop the window definition (ie. the WITHIN clause) and try to execute your join again.',
      );
    }
    if (type === 'FULL') {
      throw statementError(`Invalid join type: full-outer join not supported for stream-table join. Got ${names}.`);
    }
    if (type === 'RIGHT') {
      throw statementError(`Invalid join type: right-outer join not supported for stream-table join. Got ${names}.`);
    }
    if (!isKey(rightExpression, info.right)) {
      throw placedError(
        `Invalid join condition: stream-table joins require to join on the table's primary key. Got ${got}.`,
        info.join.on.range,
        otherKeyHint(info),
      );
    }
    checkTypes(info, left, right, sources, typing);
    return false;
  }
  if (!isTableStep(right)) {
    throw placedError(
      `Invalid join order: table-stream joins are not supported; only stream-table joins. Got ${names}.`,
      info.join.right.range,
      `Write the stream first: FROM ${info.right.source.name} JOIN ${info.left.source.name} ON …`,
    );
  }
  if (info.join.within !== null) {
    throw statementError(
      'A window definition was provided for a Table-Table join. These joins are not windowed. Please drop the window definition (i.e. the WITHIN clause) and try to execute your Table-Table join again.',
    );
  }
  if (!isKey(rightExpression, info.right)) {
    throw placedError(
      `Invalid join condition: table-table joins require to join on the primary key of the right input table. Got ${got}.`,
      info.join.on.range,
      otherKeyHint(info),
    );
  }
  if (before === null ? isKey(leftExpression, info.left) : isKeyOf(before, leftExpression, sources)) {
    checkTypes(info, left, right, sources, typing);
    return false;
  }
  if (type === 'FULL' || type === 'RIGHT') {
    const name = type === 'FULL' ? 'full-outer' : 'right-outer';
    throw statementError(
      `Invalid join type: ${name} join not supported for foreign-key table-table join. Got ${names}.`,
    );
  }
  if (before !== null && isPlainKsql(typing.properties)) {
    throw statementError(
      `Invalid join condition: foreign-key table-table joins are not supported as part of n-way joins. Got ${got}.`,
    );
  }
  checkTypes(info, left, right, sources, typing);
  if (info.right.source.keyFormat.window !== null) {
    throw statementError('Foreign-key table-table joins are not supported on windowed tables.');
  }
  return true;
}

/** Whether an expression has the key's value in each row of what was joined before. */
function isKeyOf({ equal, step }: Joined, expression: Expression, sources: QuerySources): boolean {
  const wanted = expressionKey(expression);
  if (equal.some((each) => expressionKey(each) === wanted)) return true;
  const [only, ...more] = step.schema.key;
  const internal = sources.internal(expression);
  return more.length === 0 && internal.kind === 'column' && internal.name === only!.name;
}

/** Whether an expression is just the one key column of its source. */
function isKey(expression: Expression, { source }: QuerySource): boolean {
  return (
    expression.kind === 'column' && source.schema.key.length === 1 && source.schema.key[0]!.name === expression.name
  );
}

function checkTypes(info: JoinInfo, left: Step, right: Step, sources: QuerySources, typing: Typing): void {
  const one = typing.typeOf(sources.internal(info.leftExpression), left.schema);
  const other = typing.typeOf(sources.internal(info.rightExpression), right.schema);
  if (one !== null && other !== null && isSameType(one, other)) return;
  const side = (expression: Expression, type: SqlType | null) =>
    `${printExpression(expression)}{${type === null ? 'NULL' : typeText(type)}}`;
  const [a, b] = [side(info.leftExpression, one), side(info.rightExpression, other)];
  throw placedError(
    `Invalid join condition: types don't match. Got ${info.isFlipped ? `${b} = ${a}` : `${a} = ${b}`}.`,
    info.join.on.range,
    other === null
      ? undefined
      : `Write CAST(${printExpression(info.leftExpression)} AS ${typeText(other)}) = ${printExpression(info.rightExpression)}`,
  );
}

/** How to join by something else than the key of a table. */
function otherKeyHint({ right, rightExpression }: JoinInfo): string {
  const { name, schema } = right.source;
  const [key, ...more] = schema.key;
  if (key === undefined || more.length > 0) return `${name} has a key of several columns: join by a table with one`;
  const wanted = rightExpression.kind === 'column' ? rightExpression.name : printExpression(rightExpression);
  return `The key of ${name} is ${key.name}: write ON … = ${right.alias}.${key.name}, or join with a table that is keyed by ${wanted}, made by CREATE TABLE … AS SELECT ${wanted}, LATEST_BY_OFFSET(…) FROM … GROUP BY ${wanted}`;
}
