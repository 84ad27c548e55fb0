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
import { keyConstraints } from './key-constraints.ts';
import type { QueryParameters } from './query-parameters.ts';
import { RowReceiver, recordPlace, rowSelection, type SimpleQuery } from './row-selection.ts';
import { type KeptRow, tableRows } from './table-rows.ts';

export interface LookUpOptions {
  readonly engine: SqlEngine;
  readonly streams: Streams;
}

export interface LookUpPlan {
  /** The query that keeps the table's rows. */
  readonly keeper: PersistentQuery;
  readonly parameters: QueryParameters;
  readonly context: QueryContext;
  /** Most rows; infinite without LIMIT. */
  readonly limit: number;
}

const place = recordPlace(-1, -1, []);
/** Looked at in one turn. */
const batchRows = 1_000;

/** Rows of a table by key, or all of them; compiled once, run with values of its parameters as often as it is wanted. */
export class LookUp {
  readonly #query: SimpleQuery;
  readonly #plan: LookUpPlan;
  readonly #engine: SqlEngine;
  readonly #streams: Streams;
  readonly #select: RunRecord;
  /** Whole rows of the table, made of what is kept, on their way to the selection. */
  readonly #whole = new RowReceiver();
  readonly #results = new RowReceiver();

  constructor(query: SimpleQuery, plan: LookUpPlan, { engine, streams }: LookUpOptions) {
    this.#query = query;
    this.#plan = plan;
    this.#engine = engine;
    this.#streams = streams;
    this.#select = rowSelection(query, plan.context, plan.parameters);
    const { schema, valueFormat } = query.source.source;
    const fill = nullDefaults(valueFormat.format, schema.value);
    this.#whole.receive = (key, row, timestamp) =>
      this.#select(key, fill === null || row === null ? row : fill(row), timestamp, place, this.#results);
  }

  *rows(values: readonly unknown[]): IterableIterator<readonly ResultRow[]> {
    const { context, limit, parameters } = this.#plan;
    const keeper = this.#keeper;
    const { source } = this.#query.source;
    const constraints = keyConstraints(parameters.bound(this.#query.filters, values), source, context);
    // Which rows a limit leaves is no matter of chance.
    const isOrdered = limit !== Number.POSITIVE_INFINITY;
    let left = limit;
    const release = this.#engine.readers.hold(keeper.runId);
    try {
      for (const part of tableRows(this.#streams, keeper.runId, keeper.view!, source.keyFormat.window, constraints)) {
        if (left <= 0) return;
        const kept = isOrdered ? byKey(part, source, context) : part;
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
