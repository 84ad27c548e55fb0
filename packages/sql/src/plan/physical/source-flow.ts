import { createHash } from 'node:crypto';
import type { Serde } from '@headwater/streams';
import type { DataSource } from '../../catalog/data-source.ts';
import type { Written } from '../../expressions/written.ts';
import type { CodecSpec } from '../../formats/format.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import { isWrapped } from '../../formats/wrapping.ts';
import type { HeaderColumn } from '../../schema/column.ts';
import { pseudoColumns } from '../../schema/system-columns.ts';
import { type SqlType, typeText } from '../../types/sql-type.ts';
import { rowSerde } from '../row-serde.ts';
import type { SourceStep } from '../steps/source-step.ts';
import { CompiledOperator } from './compiled-operator.ts';
import {
  at,
  type ColumnCodes,
  type Flow,
  keyColumnCodes,
  type Row,
  type StreamFlow,
  type TableFlow,
  windowBoundCodes,
} from './flow.ts';
import { nothingPending, runnerOf } from './materialize.ts';
import type { QueryContext } from './query-context.ts';
import { formatKey, type RowKey } from './row-key.ts';
import type { SourceReader } from './shared-topics.ts';
import { timestampExtractor } from './timestamp-column.ts';

/** The codec of a source's keys or values, and of a sink's. */
export function sourceCodecSpec(
  { keyFormat, schema, topic, valueFormat }: DataSource,
  part: 'key' | 'value',
  { registry }: Pick<QueryContext, 'registry'>,
): CodecSpec {
  const { features, format } = part === 'key' ? keyFormat : valueFormat;
  const wrapping = features.has('WRAP_SINGLES')
    ? 'WRAP_SINGLES'
    : features.has('UNWRAP_SINGLES')
      ? 'UNWRAP_SINGLES'
      : null;
  return {
    format,
    part,
    topic,
    columns: schema[part],
    isWrapped: isWrapped(format.name, wrapping),
    registry,
  };
}

export function sourceKey(source: DataSource, context: Pick<QueryContext, 'registry'>): RowKey {
  return formatKey(source.schema.key, source.keyFormat.window, rowCodec(sourceCodecSpec(source, 'key', context)));
}

/** Rows of a topic, of which only the columns that are needed are read, and the key where it is `isKeyKept` or a column of it is needed. */
export function sourceFlow(
  { alias, prefix, source }: SourceStep,
  needed: ReadonlySet<string>,
  context: QueryContext,
  isKeyKept = true,
): Flow {
  const { shared } = context;
  const isShared = shared?.has(source) ?? false;
  const own = isShared ? shared!.neededOf(source, ownNames(needed, prefix)) : ownNames(needed, prefix);
  const isTable = source.kind === 'TABLE';
  // A table is all that its topic has.
  const isOnlyNew = !isTable && context.properties.get('auto.offset.reset')?.toLowerCase() === 'latest';
  const read = (topic: string, { key, timestamp, value }: SourceReader) =>
    context.builder.stream<unknown, Row | null>(topic, {
      key,
      value,
      ...(timestamp && { timestamp }),
      ...(isOnlyNew && { offsetReset: 'latest' }),
    });
  const key = sourceKey(source, context);
  const stream = isShared
    ? shared!.stream(source, (each) => sourceReader(each, shared!.neededOf(each, []), context), read)
    : read(source.topic, {
        ...sourceReader(source, own, context),
        ...(!isKeyKept && !isTable && !isKeyNeeded(source, own) && { key: unreadKey }),
      });
  const flow: StreamFlow = {
    kind: 'stream',
    stream,
    columns: sourceColumns(source, isTable ? '' : prefix, !isTable),
    key,
    pending: nothingPending(),
  };
  if (!isTable) return flow;
  let table = shared?.tables.get(source);
  if (table === undefined) {
    table = tableOf(flow, alias, ttlOf(source, context), own, context);
    if (isShared && shared!.isNeedKnown) shared!.tables.set(source, table);
  }
  return { ...table, columns: new Map(Array.from(table.columns, ([name, code]) => [prefix + name, code])) };
}

/** Whether a column of the key is. Keys that may be wrong are read all the same: records with such are left out. */
function isKeyNeeded({ keyFormat, schema, timestamp }: DataSource, needed: ReadonlySet<string>): boolean {
  const isAlwaysRight = keyFormat.format.name === 'KAFKA' && schema.key.every(({ type }) => type.kind === 'STRING');
  if (!isAlwaysRight || keyFormat.window !== null) return true;
  return schema.key.some(({ name }) => needed.has(name) || name === timestamp?.name);
}

const unreadKey: Serde<unknown> = { encode: () => '', decode: () => null };

/** The names that a source's columns have in itself. */
function ownNames(needed: ReadonlySet<string>, prefix: string): ReadonlySet<string> {
  if (prefix === '') return needed;
  return new Set([...needed].flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
}

/** @param needed the source's own names of columns */
export function sourceReader(source: DataSource, needed: ReadonlySet<string>, context: QueryContext): SourceReader {
  const { schema, timestamp } = source;
  const wanted = schema.value.flatMap(({ name }, index) =>
    needed.has(name) || timestamp?.name === name ? [index] : [],
  );
  const codec = rowCodec({ ...sourceCodecSpec(source, 'value', context), wanted });
  return {
    key: sourceKey(source, context).serde,
    value: codec as unknown as Serde<Row | null>,
    timestamp: timestamp === null ? null : timestampExtractor(source, context),
  };
}

/** The code of a source's columns over its records: key `k`, row `v`, time `t`, record `c`. */
export function sourceColumns({ keyFormat, schema }: DataSource, prefix: string, isNullable: boolean): ColumnCodes {
  const columns = new Map<string, Written>();
  for (const [index, { name, type }] of schema.value.entries()) columns.set(prefix + name, at(index, type));
  for (const column of schema.headers) columns.set(prefix + column.name, headerCode(column));
  const [rowtime, rowpartition, rowoffset] = pseudoColumns;
  const plain = (type: Written['type'], code: string): Written => ({
    type,
    code,
    isNullable: false,
    isThrowing: false,
  });
  columns.set(prefix + rowtime!.name, plain(rowtime!.type, 't'));
  columns.set(prefix + rowpartition!.name, plain(rowpartition!.type, 'c.partition'));
  columns.set(prefix + rowoffset!.name, plain(rowoffset!.type, 'c.offset'));
  const keys = keyColumnCodes({ columns: schema.key, window: keyFormat.window }, isNullable);
  for (const [index, { name }] of schema.key.entries()) columns.set(prefix + name, keys[index]!);
  if (keyFormat.window !== null) {
    for (const [name, code] of windowBoundCodes(isNullable)) columns.set(prefix + name, code);
  }
  return columns;
}

/** Headers are read where they are asked for. */
function headerCode({ headerKey, type }: HeaderColumn): Written {
  const code =
    headerKey === null
      ? 'c.headers.map(({ key, value }) => [key, value])'
      : `(c.headers.findLast(({ key }) => key === ${JSON.stringify(headerKey)})?.value ?? null)`;
  return { type, code, isNullable: true, isThrowing: false };
}

/** Of what rows are kept as: a query that is replaced, and keeps other columns, has another store. */
export function layoutHash(names: readonly string[], types: readonly SqlType[]): string {
  const text = names.map((name, index) => `${name} ${typeText(types[index]!)}`).join();
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** Tables that queries make have told already of rows that are gone. */
function ttlOf({ isDerived, rowTtlMs }: DataSource, { rowTtl }: QueryContext): number | null {
  const own = isDerived ? null : rowTtlMs;
  if (rowTtl?.of !== 'source') return own;
  return Math.min(rowTtl.ttlMs, own ?? rowTtl.ttlMs);
}

/** A table's rows are kept with the columns that are needed, those of the record that wrote them too. */
function tableOf(
  flow: StreamFlow,
  alias: string,
  ttlMs: number | null,
  needed: ReadonlySet<string>,
  context: QueryContext,
): TableFlow {
  const keys = new Set(flow.key.columns.map(({ name }) => name));
  const bounds = new Set(flow.key.window === null ? [] : ['WINDOWSTART', 'WINDOWEND']);
  const kept = [...flow.columns.keys()].filter((name) => needed.has(name) && !keys.has(name) && !bounds.has(name));
  const values = kept.map((name) => flow.columns.get(name)!);
  const types = values.map(({ type }) => type!);
  const run = runnerOf(flow, values, { nullRows: 'kept' });
  const value = rowSerde(types);
  const store = context.newName(`KafkaTopic_${alias}-Reduce-${layoutHash(kept, types)}`);
  const table = flow.stream
    .through<unknown, Row>(() => new CompiledOperator(run), { value })
    .toTable({
      store,
      key: flow.key.storeSerde,
      value,
      ...(ttlMs !== null && { ttlMs }),
    });
  const columns = new Map(kept.map((name, index) => [name, at(index, types[index]!)] as const));
  for (const name of [...keys, ...bounds]) columns.set(name, flow.columns.get(name)!);
  return { kind: 'table', table, columns, key: flow.key, kept: { store, kind: 'key-value', filters: [] } };
}
