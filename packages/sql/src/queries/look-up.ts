import type { Streams } from '@headwater/streams';
import type { DataSource } from '../catalog/data-source.ts';
import type { PersistentQuery } from '../engine/engine-services.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import { nullDefaults } from '../formats/protobuf/null-defaults.ts';
import type { RunRecord } from '../plan/physical/compiled-operator.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import { sourceKey } from '../plan/physical/source-flow.ts';
import { ApiError, errorCodes } from '../rest/api-error.ts';
import type { ResultRow } from '../rest/sql-service.ts';
import { likelyPartitions, rowsOfAll } from './all-servers-rows.ts';
import { type KeyConstraints, keyConstraints } from './key-constraints.ts';
import { partitionsSetting } from './peer-rows.ts';
import type { QueryParameters } from './query-parameters.ts';
import { RowReceiver, recordPlace, rowSelection, type SimpleQuery } from './row-selection.ts';
import { type KeptRow, tableRows } from './table-rows.ts';

export interface LookUpOptions {
  readonly engine: SqlEngine;
  /** Where a query runs: each processing guarantee has a runtime of its own. */
  streamsOf(queryId: string): Streams;
}

export interface LookUpPlan {
  /** The query that keeps the table's rows. */
  readonly keeper: PersistentQuery;
  readonly parameters: QueryParameters;
  readonly context: QueryContext;
  /** Most rows; infinite without LIMIT. */
  readonly limit: number;
  /** Of the request, for servers that are asked too. */
  readonly settings: ReadonlyMap<string, string>;
}

export interface LookUpRows {
  readonly rows: Iterable<readonly ResultRow[]> | AsyncIterable<readonly ResultRow[]>;
  /** May be called at any time, and twice. */
  close(): void;
}

const place = recordPlace(-1, -1, []);
/** Looked at in one turn. */
const batchRows = 1_000;

/** Rows of a table by key, or all of them; compiled once, run with values of its parameters as often as it is wanted. */
export class LookUp {
  readonly #query: SimpleQuery;
  readonly #plan: LookUpPlan;
  readonly #engine: SqlEngine;
  readonly #streamsOf: LookUpOptions['streamsOf'];
  readonly #select: RunRecord;
  /** Whole rows of the table, made of what is kept, on their way to the selection. */
  readonly #whole = new RowReceiver();
  readonly #results = new RowReceiver();

  constructor(query: SimpleQuery, plan: LookUpPlan, { engine, streamsOf }: LookUpOptions) {
    this.#query = query;
    this.#plan = plan;
    this.#engine = engine;
    this.#streamsOf = streamsOf;
    this.#select = rowSelection(query, plan.context, plan.parameters);
    const { schema, valueFormat } = query.source.source;
    const fill = nullDefaults(valueFormat.format, schema.value);
    this.#whole.receive = (key, row, timestamp) =>
      this.#select(key, fill === null || row === null ? row : fill(row), timestamp, place, this.#results);
  }

  /**
   * Rows that are there at once, where this server has all of the table; else those of other servers come behind its own.
   *
   * @throws ApiError 50302 while it cannot be read
   */
  run(values: readonly unknown[]): LookUpRows {
    const { context, parameters } = this.#plan;
    const keeper = this.#keeper;
    const { source } = this.#query.source;
    const filters = parameters.bound(this.#query.filters, values);
    const constraints = keyConstraints(filters, source, context);
    try {
      const places = this.#streams.metadataForStore(keeper.view!.store, { topology: keeper.runId });
      const wanted = this.#wantedPartitions;
      const here = places.filter(({ isLocal, partition }) => (wanted === null ? isLocal : wanted.includes(partition)));
      const away = wanted === null ? places.filter(({ isLocal }) => !isLocal) : [];
      const local = this.#localRows(
        values,
        constraints,
        here.map(({ partition }) => partition),
      );
      if (away.length === 0) return { rows: local, close: () => {} };
      const closing = new AbortController();
      const question = { query: { ...this.#query, filters }, settings: this.#plan.settings, signal: closing.signal };
      const first =
        constraints.keys?.length === 1 ? likelyPartitions(this.#streams, keeper, constraints.keys[0]) : null;
      const rows = rowsOfAll(local, { away, first, limit: this.#plan.limit, question, table: source.name });
      return { rows, close: () => closing.abort() };
    } catch (error) {
      throw notReadable(error, source);
    }
  }

  /** What another server asks for: it asks the others itself. */
  get #wantedPartitions(): readonly number[] | null {
    const text = this.#plan.settings.get(partitionsSetting);
    return text === undefined ? null : text.split(',').map(Number);
  }

  *#localRows(
    values: readonly unknown[],
    constraints: KeyConstraints,
    partitions: readonly number[],
  ): IterableIterator<readonly ResultRow[]> {
    const { context, limit } = this.#plan;
    const keeper = this.#keeper;
    const { source } = this.#query.source;
    // Which rows a limit leaves is no matter of chance.
    const isOrdered = limit !== Number.POSITIVE_INFINITY;
    let left = limit;
    const release = this.#engine.readers.hold(keeper.runId);
    try {
      const { window } = source.keyFormat;
      const partsOf = (wanted: readonly number[]) =>
        tableRows(this.#streams, keeper.runId, keeper.view!, window, constraints, wanted);
      const parts = isOrdered
        ? partitions.map((partition) => byKey([...partsOf([partition])].flat(), source, context))
        : partsOf(partitions);
      for (const kept of parts) {
        if (left <= 0) return;
        for (let first = 0; first < kept.length && left > 0; first += batchRows) {
          const batch = kept.length <= batchRows ? kept : kept.slice(first, first + batchRows);
          const rows = this.#selected(keeper, batch, left, values);
          left -= rows.length;
          if (rows.length > 0) yield rows;
        }
      }
    } catch (error) {
      throw notReadable(error, source);
    } finally {
      release();
    }
  }

  /** A rewound generation may have taken the place of the one that was found: it has the same steps. */
  get #streams(): Streams {
    return this.#streamsOf(this.#plan.keeper.id);
  }

  get #keeper(): PersistentQuery {
    const { keeper } = this.#plan;
    const current = this.#engine.queries.get(keeper.id);
    return current?.plan.step === keeper.plan.step ? current : keeper;
  }

  /** Within one turn: compiled code is shared by all that run it. */
  #selected(keeper: PersistentQuery, kept: readonly KeptRow[], most: number, values: readonly unknown[]): ResultRow[] {
    const { parameters } = this.#plan;
    const { toRow } = keeper.view!;
    const rows: ResultRow[] = [];
    for (let at = 0; at < values.length; at++) parameters.values[at] = values[at];
    this.#results.receive = (_key, row) => {
      if (row !== null && rows.length < most) rows.push({ values: row, isTombstone: false });
    };
    for (const { key, row, timestamp } of kept) {
      if (rows.length >= most) break;
      if (toRow === null) this.#whole.process(key, row, timestamp);
      else toRow(key, row, timestamp, place, this.#whole);
    }
    return rows;
  }
}

/** In the order of the keys' bytes in the topic. */
function byKey(rows: readonly KeptRow[], source: DataSource, context: QueryContext): KeptRow[] {
  const { serde } = sourceKey(source, context);
  return rows
    .map((kept) => ({ kept, bytes: Buffer.from(serde.encode(kept.key, source.topic) as Buffer) }))
    .sort((one, other) => Buffer.compare(one.bytes, other.bytes))
    .map(({ kept }) => kept);
}

/** Stores that move or are being restored are to be asked again later. */
function notReadable(error: unknown, { name }: DataSource): unknown {
  const isAway = error instanceof Error && 'code' in error && String(error.code).startsWith('HW_STREAMS_');
  if (!isAway) return error;
  return new ApiError(errorCodes.notReady, `The rows of ${name} cannot be read now: ${error.message}`, {
    cause: error,
  });
}
