import { murmur2Partition } from '@headwater/protocol';
import type { Serde, Topology, Windowed } from '@headwater/streams';
import type { DataSource } from '../../catalog/data-source.ts';
import type { Written } from '../../expressions/written.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import { SqlError } from '../../sql-error.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import type { QueryPlan } from '../query-plan.ts';
import { rowSerde } from '../row-serde.ts';
import type { HeaderItem } from '../steps/project-step.ts';
import { sourcesOf } from '../steps/step.ts';
import { buildSteps, withColumns } from './build-step.ts';
import { CompiledOperator, type RunRecord } from './compiled-operator.ts';
import { conditionCode, type Flow, type KeptRows, type Row, type StreamFlow, valueCode } from './flow.ts';
import { keyCode, nothingPending, runnerOf } from './materialize.ts';
import type { QueryContext, QueryOptions, RowTtl } from './query-context.ts';
import { formatKey } from './row-key.ts';
import { layoutHash, sourceCodecSpec } from './source-flow.ts';
import { momentReader } from './timestamp-column.ts';
import { headersAround } from './written-headers.ts';

/** Where a table's results can be looked up while its query runs. */
export interface TableView {
  readonly store: string;
  readonly kind: KeptRows['kind'];
  /** Makes of what is kept the sink's row, or nothing; null: it is kept as it is. */
  readonly toRow: RunRecord | null;
}

export interface BuiltQuery {
  readonly topology: Topology;
  /** Null: of a stream. */
  readonly view: TableView | null;
  /** Registers the schemas that it writes with; to be waited for before the topology runs. */
  prepare(): Promise<void>;
}

/** Makes a topology of a persistent query. */
export function buildQuery(
  { sink, step, isSinkWritten = true, resultsTopic = sink.topic }: QueryPlan,
  options: QueryOptions,
): BuiltQuery {
  const expressions = step.items.map(({ expression }) => expression);
  const { headers = [] } = step;
  const needed = withColumns(new Set(), [...expressions, ...headers.map(({ expression }) => expression)]);
  const { context, flow } = buildSteps(step.input, needed, {
    ...options,
    rowTtl: rowTtlOf(sink, step),
  });
  const rows = streamOf(flow);
  const isTable = sink.kind === 'TABLE';
  const written = isSinkWritten ? writeSink(rows, expressions, { headers, sink, resultsTopic }, context) : null;
  const view = isTable ? viewOf(rows, written, flow.kept ?? null, { expressions, sink }, context) : null;
  return {
    view,
    topology: context.builder.build(),
    async prepare() {
      for (const writer of context.writers) await writer.register?.();
    },
  };
}

/** A table's rows as updates. */
export function streamOf(flow: Flow): StreamFlow {
  if (flow.kind === 'stream') return flow;
  const { columns, key, table } = flow;
  return { kind: 'stream', stream: table.toStream() as StreamFlow['stream'], columns, key, pending: nothingPending() };
}

interface WrittenSink {
  readonly results: StreamFlow['stream'];
  /** The store that has them already; null: none has. */
  readonly kept: string | null;
}

/** Of an aggregation the groups are let go, of a table that is selected from its rows; of joins what comes of them. */
function rowTtlOf({ isDerived, rowTtlMs }: DataSource, step: QueryPlan['step']): RowTtl | null {
  if (rowTtlMs === null || !isDerived) return null;
  if (step.input.kind === 'aggregate') return { of: 'groups', ttlMs: rowTtlMs };
  return { of: sourcesOf(step).length === 1 ? 'source' : 'results', ttlMs: rowTtlMs };
}

function writeSink(
  flow: StreamFlow,
  expressions: readonly Parameters<typeof valueCode>[0][],
  {
    headers,
    resultsTopic,
    sink,
  }: { readonly headers: readonly HeaderItem[]; readonly sink: DataSource; readonly resultsTopic: string },
  context: QueryContext,
): WrittenSink {
  let kept: string | null = null;
  const { module } = flow.pending;
  const values = expressions.map((each) => valueCode(each, flow.columns, module, context));
  const codec = rowCodec(sourceCodecSpec(sink, 'value', context));
  const keyCodec = rowCodec(sourceCodecSpec(sink, 'key', context));
  const key = formatKey(sink.schema.key, sink.keyFormat.window, keyCodec);
  context.writers.push(keyCodec, codec);
  // A row that is written as no bytes is a record without value.
  const isNullPossible = values.length === 1;
  const isNull = module.constant((row: readonly unknown[]) => codec.isNull(row));
  const run = runnerOf(flow, values, {
    nullRows: 'kept',
    timestamp: timestampCode(sink, values, flow, context),
    around: headers.length === 0 ? null : headersAround(headers, flow, context),
    row: (code) => (isNullPossible ? `((r) => ${isNull}(r) ? null : r)(${code})` : code),
  });
  let results = flow.stream.through<unknown, Row | null>(() => new CompiledOperator(run));
  if (context.rowTtl?.of === 'results') {
    const options = { ...resultsStore(flow, sink, context), ttlMs: context.rowTtl.ttlMs };
    results = results.toTable(options).toStream();
    kept = options.store;
  }
  results.to(resultsTopic, {
    key: key.serde,
    value: codec as unknown as Serde<Row | null>,
    ...(key.window !== null && { partitioner: byKeyWithoutWindow(formatKey(sink.schema.key, null, keyCodec).serde) }),
  });
  return { results, kept };
}

/** All windows of a key are in the partition that the key alone would be in, as Kafka Streams has it. */
function byKeyWithoutWindow(
  serde: Serde<unknown>,
): (topic: string, key: unknown, value: unknown, count: number) => number | undefined {
  return (topic, key, _value, count) => {
    if (key === null) return undefined;
    const bytes = serde.encode((key as Windowed<unknown>).key, topic);
    return murmur2Partition(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, count);
  };
}

/** What is kept anyway is looked up there; results of joins are kept for it. */
function viewOf(
  flow: StreamFlow,
  written: WrittenSink | null,
  kept: KeptRows | null,
  { expressions, sink }: { readonly expressions: readonly Expression[]; readonly sink: DataSource },
  context: QueryContext,
): TableView {
  if (kept !== null) {
    const { module } = flow.pending;
    const values = expressions.map((each) => valueCode(each, flow.columns, module, context));
    const filters = kept.filters.map((each) => conditionCode(each, flow.columns, module, context));
    const conditions = [...flow.pending.conditions, ...filters];
    const toRow = runnerOf({ ...flow, pending: { ...flow.pending, conditions } }, values, { nullRows: 'dropped' });
    return { store: kept.store, kind: kept.kind, toRow };
  }
  if (written !== null && written.kept !== null) return { store: written.kept, kind: 'key-value', toRow: null };
  const options = resultsStore(flow, sink, context);
  written?.results.toTable(options);
  return { store: options.store, kind: 'key-value', toRow: null };
}

function resultsStore({ key }: StreamFlow, { schema: { value } }: DataSource, context: QueryContext) {
  const types = value.map(({ type }) => type);
  const names = value.map(({ name }) => name);
  const store = context.newName(`Results-${layoutHash(names, types)}`);
  return { store, key: key.storeSerde, value: rowSerde(types) as Serde<Row | null> };
}

/** The column that gives results their time, or the time that they have. */
function timestampCode(
  sink: DataSource,
  values: readonly Written[],
  flow: StreamFlow,
  { onError, properties }: QueryContext,
): string | null {
  if (sink.timestamp === null) return null;
  const { format, name } = sink.timestamp;
  const at = sink.schema.value.findIndex((column) => column.name === name);
  const inKey = sink.schema.key.findIndex((column) => column.name === name);
  if (at < 0 && inKey < 0) throw new SqlError('HW_SQL_STATEMENT', `There is no column ${name} to take timestamps from`);
  const { type } = at >= 0 ? sink.schema.value[at]! : sink.schema.key[inKey]!;
  const read = momentReader(type, format);
  const isThrowing = properties.get('ksql.timestamp.throw.on.invalid') === 'true';
  const moment = flow.pending.module.constant((value: unknown): number => {
    try {
      if (value === null) throw new SqlError('HW_SQL_EVALUATION', `The timestamp column ${name} is null`);
      return read(value);
    } catch (error) {
      if (isThrowing) throw error;
      onError(error);
      return -1;
    }
  });
  const code = at >= 0 ? values[at]!.code : keyCode(flow.pending.keyCodes ?? []);
  return `${moment}(${at >= 0 ? code : 'k'})`;
}
