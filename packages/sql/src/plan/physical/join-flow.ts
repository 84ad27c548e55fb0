import { murmur2Partition } from '@headwater/protocol';
import { type KStream, type KTable, within } from '@headwater/streams';
import { CodeModule } from '../../expressions/code-module.ts';
import type { Written } from '../../expressions/written.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { rowSerde } from '../row-serde.ts';
import type { JoinStep } from '../steps/join-step.ts';
import type { SourceStep } from '../steps/source-step.ts';
import { sourcesOf } from '../steps/step.ts';
import {
  at,
  type ColumnCodes,
  type Flow,
  keyColumnCodes,
  type Row,
  type StreamFlow,
  type TableFlow,
  valueCode,
} from './flow.ts';
import { materialize, nothingPending } from './materialize.ts';
import type { QueryContext } from './query-context.ts';
import { formatKey, type RowKey } from './row-key.ts';
import { sourceCodecSpec } from './source-flow.ts';

const dayMs = 86_400_000;

/** A side of a join: rows that have just the columns that are needed of it. */
export interface Side {
  readonly names: readonly string[];
  readonly types: readonly SqlType[];
  /** Code over `r`, the side's row, and `k`. */
  readonly codes: readonly string[];
}

export type Joiner = (left: Row | null, right: Row | null, key: unknown) => Row;

/** @param key of both sides */
export function joinFlow(
  step: JoinStep,
  left: Flow,
  right: Flow,
  needed: ReadonlySet<string>,
  key: RowKey,
  context: QueryContext,
): Flow {
  if (left.kind === 'stream' && right.kind === 'stream') return joinStreams(step, left, right, needed, key, context);
  if (left.kind === 'stream' && right.kind === 'table') return joinTable(step, left, right, needed, key);
  if (left.kind === 'table' && right.kind === 'table') {
    return step.foreignKey === null
      ? joinTables(step, left, right, needed, key, context)
      : joinForeignKey(step, step.foreignKey, left, right, needed, context);
  }
  throw new Error('the analyzer lets no table be joined with a stream');
}

function joinStreams(
  { schema, type, within: spans }: JoinStep,
  left: StreamFlow,
  right: StreamFlow,
  needed: ReadonlySet<string>,
  key: RowKey,
  context: QueryContext,
): StreamFlow {
  const one = materialize(left, wantedOf(left, needed), 'kept');
  const other = materialize(right, wantedOf(right, needed), 'kept');
  const { columns, joiner, types } = joinedRows(sideOfRows(one), sideOfRows(other), type);
  const beforeMs = spans!.before.durationMs;
  const afterMs = spans!.after.durationMs;
  const windows = (before: number, after: number) =>
    within(0, {
      beforeMs: before,
      afterMs: after,
      graceMs: spans!.grace?.durationMs ?? Math.max(dayMs - before - after, 0),
      isUnjoinedSentAtOnce: spans!.grace === null,
    });
  const name = context.newName('Join');
  // Stores have keys in their own form, unless a topic in between gives both one serde.
  const isKeyChanged = one.flow.stream.place.isKeyChanged || other.flow.stream.place.isKeyChanged;
  const options = {
    name,
    store: name,
    key: isKeyChanged ? key.serde : key.storeSerde,
    value: rowSerde(one.types),
    otherValue: rowSerde(other.types),
  };
  const flipped = { ...options, value: options.otherValue, otherValue: options.value };
  const a = one.flow.stream as KStream<unknown, Row>;
  const b = other.flow.stream as KStream<unknown, Row>;
  const joined = (() => {
    switch (type) {
      case 'INNER':
        return a.join<Row, Row>(b, joiner, windows(beforeMs, afterMs), options);
      case 'LEFT':
        return a.leftJoin<Row, Row>(b, joiner, windows(beforeMs, afterMs), options);
      case 'RIGHT':
        return b.leftJoin<Row, Row>(a, (r, l, k) => joiner(l, r, k), windows(afterMs, beforeMs), flipped);
      case 'FULL':
        return a.outerJoin<Row, Row>(b, joiner, windows(beforeMs, afterMs), options);
    }
  })();
  return {
    kind: 'stream',
    stream: joined.withSerdes({ key: key.serde, value: rowSerde(types) }) as KStream<unknown, Row | null>,
    columns: withKey(columns, schema.key, key, needed, true),
    key: { ...key, columns: schema.key },
    pending: nothingPending(),
  };
}

function joinTable(
  { schema, type }: JoinStep,
  left: StreamFlow,
  right: TableFlow,
  needed: ReadonlySet<string>,
  key: RowKey,
): StreamFlow {
  const one = materialize(left, wantedOf(left, needed), 'kept');
  const { columns, joiner, types } = joinedRows(sideOfRows(one), sideOfTable(right, needed), type);
  const stream = one.flow.stream as KStream<unknown, Row>;
  const joined =
    type === 'LEFT' ? stream.leftJoin<Row, Row>(right.table, joiner) : stream.join<Row, Row>(right.table, joiner);
  return {
    kind: 'stream',
    stream: joined.withSerdes({ key: key.serde, value: rowSerde(types) }) as KStream<unknown, Row | null>,
    columns: withKey(columns, schema.key, key, needed, true),
    key: { ...key, columns: schema.key },
    pending: nothingPending(),
  };
}

function joinTables(
  { schema, type }: JoinStep,
  left: TableFlow,
  right: TableFlow,
  needed: ReadonlySet<string>,
  key: RowKey,
  context: QueryContext,
): TableFlow {
  const { columns, joiner, types } = joinedRows(sideOfTable(left, needed), sideOfTable(right, needed), type);
  const materialized = { name: context.newName('Join'), value: rowSerde(types), key: key.storeSerde };
  const joined = (() => {
    switch (type) {
      case 'INNER':
        return left.table.join<Row, Row>(right.table, joiner, materialized);
      case 'LEFT':
        return left.table.leftJoin<Row, Row>(right.table, joiner, materialized);
      case 'RIGHT':
        return right.table.leftJoin<Row, Row>(left.table, (r, l, k) => joiner(l, r, k), materialized);
      case 'FULL':
        return left.table.outerJoin<Row, Row>(right.table, joiner, materialized);
    }
  })();
  return {
    kind: 'table',
    table: joined,
    columns: withKey(columns, schema.key, key, needed, false),
    key: { ...key, columns: schema.key },
  };
}

function joinForeignKey(
  { right: rightStep, schema, type }: JoinStep,
  foreignKey: Expression,
  left: TableFlow,
  right: TableFlow,
  needed: ReadonlySet<string>,
  context: QueryContext,
): TableFlow {
  // The right row is found by another key than the result's: its key's columns are read of that.
  const rightKeys = new Set(keysOf(right));
  const module = new CodeModule();
  const written = valueCode(foreignKey, left.columns, module, context);
  const foreignKeyOf = module.link<(row: Row, key: unknown) => unknown>(
    `function (v, k) { const t = 0, c = null; return ${written.code}; }`,
  );
  const rightNeeded = new Set([...needed].filter((name) => !rightKeys.has(name)));
  const rightSide = sideOfTable(right, rightNeeded);
  const keyNames = [...rightKeys].filter((name) => needed.has(name));
  const keyTypes = keyNames.map((name) => right.columns.get(name)!.type!);
  // Where there is a right row, its key is what the left row names.
  const leftSide = sideOfTable(left, needed);
  const readsKey = module.constant(foreignKeyOf);
  const side: Side = {
    names: [...rightSide.names, ...keyNames],
    types: [...rightSide.types, ...keyTypes],
    codes: [...rightSide.codes, ...keyNames.map(() => `${readsKey}(l, k)`)],
  };
  const { columns, joiner, types } = joinedRows(leftSide, side, type, module);
  const options = {
    name: context.newName('FkJoin'),
    value: rowSerde(types),
    key: left.key.storeSerde,
    isEachRowAnswered: false,
    otherPartitioner: partitionerOf(rightStep, context),
  };
  const joined =
    type === 'LEFT'
      ? left.table.leftJoinForeignKey<unknown, Row, Row>(
          right.table,
          foreignKeyOf as never,
          joiner as never,
          options as never,
        )
      : left.table.joinForeignKey<unknown, Row, Row>(
          right.table,
          foreignKeyOf as never,
          joiner as never,
          options as never,
        );
  return {
    kind: 'table',
    table: joined as KTable<unknown, Row>,
    columns: withKey(columns, schema.key, left.key, needed, false),
    key: { ...left.key, columns: schema.key },
  };
}

/** Subscriptions go where the topic of the right table has the row: keys within the query have other bytes. */
function partitionerOf(right: JoinStep['right'], context: QueryContext) {
  const [{ source }] = sourcesOf(right) as [SourceStep];
  const codec = rowCodec(sourceCodecSpec(source, 'key', context));
  context.writers.push(codec);
  const { serde } = formatKey(source.schema.key, null, codec);
  return (_topic: string, key: unknown, _value: unknown, partitionsCount: number): number | undefined =>
    key === null ? undefined : murmur2Partition(serde.encode(key, source.topic), partitionsCount);
}

function keysOf({ columns, key }: TableFlow): readonly string[] {
  const codes = new Set(keyColumnCodes(key, false).map(({ code }) => code));
  return [...columns].filter(([, { code }]) => codes.has(code)).map(([name]) => name);
}

export function wantedOf({ columns }: Flow, needed: ReadonlySet<string>): readonly string[] {
  return [...columns.keys()].filter((name) => needed.has(name));
}

export function sideOfRows({ flow, types }: { flow: StreamFlow; types: readonly SqlType[] }): Side {
  return { names: [...flow.columns.keys()], types, codes: types.map((_, index) => `r[${index}]`) };
}

function sideOfTable(flow: TableFlow, needed: ReadonlySet<string>): Side {
  const names = wantedOf(flow, needed);
  const columns = names.map((name) => flow.columns.get(name)!);
  return {
    names,
    types: columns.map(({ type }) => type!),
    codes: columns.map(({ code }) => code.replace(/^v\[/, 'r[')),
  };
}

export interface JoinedRows {
  readonly columns: ColumnCodes;
  readonly types: readonly SqlType[];
  readonly joiner: Joiner;
}

/** One flat row of both, with null for what a side that is missing would give. */
export function joinedRows(left: Side, right: Side, type: JoinStep['type'], module = new CodeModule()): JoinedRows {
  const isLeftThere = type === 'INNER' || type === 'LEFT';
  const isRightThere = type === 'INNER' || type === 'RIGHT';
  const side = ({ codes }: Side, row: string, isThere: boolean) =>
    codes.map((code) => {
      const read = code.replace(/^r\[/, `${row}[`);
      return isThere ? read : `(${row} === null ? null : ${read})`;
    });
  const values = [...side(left, 'l', isLeftThere), ...side(right, 'x', isRightThere)];
  const joiner = module.link<Joiner>(`function (l, x, k) { return [${values.join(', ')}]; }`);
  const names = [...left.names, ...right.names];
  const types = [...left.types, ...right.types];
  return { joiner, types, columns: new Map(names.map((name, index) => [name, at(index, types[index]!)] as const)) };
}

/** The key is a column of the result as well, where it is none of the sides'. */
export function withKey(
  columns: ColumnCodes,
  keyColumns: RowKey['columns'],
  key: RowKey,
  needed: ReadonlySet<string>,
  isNullable: boolean,
): ColumnCodes {
  const codes = keyColumnCodes({ ...key, columns: keyColumns }, isNullable);
  const added = new Map<string, Written>(columns);
  for (const [index, { name }] of keyColumns.entries()) {
    if (needed.has(name) && !added.has(name)) added.set(name, codes[index]!);
  }
  return added;
}
