import { hopping, type KTable, type Serde, session, tumbling, type Windowed } from '@headwater/streams';
import type { WindowInfo } from '../../catalog/data-source.ts';
import { CodeModule } from '../../expressions/code-module.ts';
import type { Written } from '../../expressions/written.ts';
import type { Expression, WindowClause } from '../../syntax/ast/index.ts';
import { rowSerde } from '../row-serde.ts';
import type { AggregateStep } from '../steps/aggregate-step.ts';
import { type Aggregation, aggregationOf } from './aggregation.ts';
import { CompiledOperator, type RunRecord } from './compiled-operator.ts';
import {
  conditionCode,
  type Flow,
  type KeptRows,
  keyColumnCodes,
  type Row,
  type StreamFlow,
  valueCode,
  windowBoundCodes,
} from './flow.ts';
import { keyCode, nothingPending } from './materialize.ts';
import type { QueryContext } from './query-context.ts';
import { internalKey, type RowKey, withWindow } from './row-key.ts';

const dayMs = 86_400_000;

/**
 * The groups, as a stream of their updates: null where one is no more (HAVING). Its rows are the groups' states; columns are results of
 * them, so that only what is selected is worked out.
 */
export function aggregateFlow(step: AggregateStep, input: Flow, context: QueryContext): StreamFlow {
  const { groupBy, schema, window } = step;
  const isKeyKept =
    input.key.window === null &&
    groupBy.length === input.key.columns.length &&
    groupBy.every((each, at) => isColumn(each, input, at)) &&
    input.kind === 'stream' &&
    input.pending.keyCodes === null;
  const key = isKeyKept ? input.key : internalKey(schema.key);
  const module = input.kind === 'stream' ? input.pending.module : new CodeModule();
  const aggregation = aggregationOf(step, input, module, context);
  const value = rowSerde(aggregation.argumentTypes);
  const keys = groupBy.map((each) => valueCode(each, input.columns, module, context));
  const stateSerde = rowSerde(aggregation.stateTypes) as Serde<Row>;
  const store = context.newName('Aggregate-Aggregate-Materialize');
  const name = context.newName('Aggregate-GroupBy');
  const ttl = context.rowTtl?.of === 'groups' ? { ttlMs: context.rowTtl.ttlMs } : {};
  if (input.kind === 'table') {
    const select = tableSelector(module, keys, aggregation.arguments);
    const table = input.table
      .groupBy<unknown, Row>((row, rowKey) => select(row, rowKey), { key: key.serde, value: value as Serde<Row>, name })
      .aggregate<Row>(
        aggregation.initial,
        (group, row) => aggregation.add(group, row),
        (group, row) => aggregation.undo(group, row),
        { store, key: key.storeSerde, value: stateSerde, ...ttl },
      );
    return groupsFlow(step, table as KTable<unknown, Row>, { key, store, aggregation }, context);
  }
  const run = groupRunner(input, isKeyKept ? null : keys, keys, aggregation.arguments);
  const rows = input.stream.through<unknown, Row>(() => new CompiledOperator(run), {
    isKeyChanged: !isKeyKept,
    key: key.serde,
    value: value as Serde<Row>,
  });
  const grouped = rows.groupByKey({ key: key.storeSerde, value: value as Serde<Row>, name });
  const add = (group: Row, row: Row) => aggregation.add(group, row);
  if (window === null) {
    const table = grouped.aggregate<Row>(aggregation.initial, add, {
      store,
      key: key.storeSerde,
      value: stateSerde,
      ...ttl,
    });
    return groupsFlow(step, table, { key, store, aggregation }, context);
  }
  const windowed = withWindow(key, windowInfo(window));
  const emit = { emit: step.isFinal ? 'window-close' : 'window-update' } as const;
  const graceMs = graceOf(window, step.isFinal);
  const leastMs = (window.kind === 'SESSION' ? window.gap.durationMs : window.size.durationMs) + graceMs;
  const retentionMs = Math.max(window.retention?.durationMs ?? dayMs, leastMs + (step.isFinal ? 1 : 0));
  const materialized = { store, key: key.storeSerde, value: stateSerde, retentionMs };
  const table =
    window.kind === 'SESSION'
      ? grouped
          .windowedBy(session(window.gap.durationMs, { graceMs }), emit)
          .aggregate<Row>(aggregation.initial, add, (one, other) => aggregation.merge(one, other), materialized)
      : grouped
          .windowedBy(
            window.kind === 'TUMBLING'
              ? tumbling(window.size.durationMs, { graceMs })
              : hopping(window.size.durationMs, window.advance.durationMs, { graceMs }),
            emit,
          )
          .aggregate<Row>(aggregation.initial, add, materialized);
  return groupsFlow(
    step,
    table as KTable<Windowed<unknown>, Row> as KTable<unknown, Row>,
    { key: windowed, store, aggregation },
    context,
  );
}

function isColumn(expression: Expression, { columns, key }: Flow, at: number): boolean {
  return expression.kind === 'column' && columns.get(expression.name)?.code === keyColumnCodes(key, true)[at]!.code;
}

/** Without a grace period: what is left of a day; with EMIT FINAL: none. */
export function graceOf(window: WindowClause, isFinal: boolean): number {
  if (window.grace !== null) return window.grace.durationMs;
  if (isFinal) return 0;
  return Math.max(dayMs - (window.kind === 'SESSION' ? window.gap.durationMs : window.size.durationMs), 0);
}

export function windowInfo(window: WindowClause): WindowInfo {
  return { type: window.kind, sizeMs: window.kind === 'SESSION' ? null : window.size.durationMs };
}

/** Rows without value, and rows of no group, go no further. */
function groupRunner(
  { pending }: StreamFlow,
  newKeys: readonly Written[] | null,
  keys: readonly Written[],
  values: readonly Written[],
): RunRecord {
  const { conditions, module } = pending;
  const names = keys.map((_, at) => `g${at}`);
  const key = newKeys === null ? 'k' : keyCode(newKeys.map((each, at) => ({ ...each, code: names[at]! })));
  const lines = [
    'if (v === null) return;',
    ...conditions.map((condition) => `if (!(${condition})) return;`),
    ...keys.map(({ code }, at) => `const g${at} = ${code}; if (g${at} === null) return;`),
    `next.process(${key}, [${values.map(({ code }) => code).join(', ')}], t);`,
  ];
  return module.link<RunRecord>(`function (k, v, t, c, next) { ${lines.join('\n')} }`);
}

function tableSelector(
  module: CodeModule,
  keys: readonly Written[],
  values: readonly Written[],
): (row: Row, key: unknown) => readonly [unknown, Row] | null {
  const key = keyCode(keys.map((each, at) => ({ ...each, code: `g${at}` })));
  const lines = [
    'const t = 0, c = null;',
    ...keys.map(({ code }, at) => `const g${at} = ${code}; if (g${at} === null) return null;`),
    `return [${key}, [${values.map(({ code }) => code).join(', ')}]];`,
  ];
  return module.link(`function (v, k) { ${lines.join('\n')} }`);
}

function groupsFlow(
  { having, schema, window }: AggregateStep,
  table: KTable<unknown, Row>,
  { key, store, aggregation }: { readonly key: RowKey; readonly store: string; readonly aggregation: Aggregation },
  context: QueryContext,
): StreamFlow {
  const stream = table.toStream().withSerdes({ key: key.serde }) as StreamFlow['stream'];
  const pending = nothingPending();
  const columns = new Map<string, Written>();
  for (const { code, name, type } of aggregation.results) {
    columns.set(name, { type, code: code(pending.module), isNullable: true, isThrowing: false });
  }
  const named = { columns: schema.key, window: key.window };
  for (const [at, code] of keyColumnCodes(named, false).entries()) columns.set(schema.key[at]!.name, code);
  if (key.window !== null) for (const [name, code] of windowBoundCodes(false)) columns.set(name, code);
  const kind = window === null ? 'key-value' : window.kind === 'SESSION' ? 'session' : 'window';
  const kept: KeptRows = { store, kind, filters: having === null ? [] : [having] };
  const flow: StreamFlow = { kind: 'stream', stream, columns, key: { ...key, columns: schema.key }, pending, kept };
  if (having === null) return flow;
  // The code of the columns stays what it is: rows still are the groups' states.
  const run = havingRunner(flow, having, aggregation, context);
  return { ...flow, stream: stream.through<unknown, Row | null>(() => new CompiledOperator(run)) };
}

/** A group that HAVING lets through no longer is taken away, if it was let through before; one that never was is not spoken of. */
function havingRunner(
  { columns, pending: { module } }: StreamFlow,
  having: Expression,
  { sentAt }: Aggregation,
  context: QueryContext,
): RunRecord {
  const condition = conditionCode(having, columns, module, context);
  return module.link<RunRecord>(`function (k, v, t, c, next) {
    if (v === null) { next.process(k, null, t); return; }
    if (${condition}) { v[${sentAt}] = true; next.process(k, v, t); }
    else if (v[${sentAt}]) { v[${sentAt}] = false; next.process(k, null, t); }
  }`);
}
