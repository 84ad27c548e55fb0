import { type RunningSink, runSink } from '../running-sink.ts';
import type { SinkOptions, SinkRecord } from '../sink-options.ts';
import { SearchStore } from './search-store.ts';

/** A document of a record. */
export interface SearchDocument {
  /** What makes it the same document. Default: `<topic>-<partition>-<offset>`. */
  readonly id?: string;
  /** JSON of one line; null: what has the id is deleted. */
  readonly json: string | null;
  /** Replaces what has the id, unless that has a higher version, such as a later record's offset. Default: what is there stays. */
  readonly version?: number;
}

export interface SearchSinkOptions extends SinkOptions<SearchDocument> {
  /** `http://host:port` of Elasticsearch, OpenSearch or the query store; user and password may stand in it. */
  searchUrl: string;
  index: string;
  /** What the index is made with when it is not there: `mappings`, `settings`. */
  create?: Readonly<Record<string, unknown>> | undefined;
  /**
   * What a record without a value does, as Kafka Connect's Elasticsearch sink has it: `delete` deletes the document whose id is the record's key, unless that has a
   * higher version than the record's offset; `ignore` leaves it out, `fail` makes it a poisonous one. Default: `map` is asked, as of any other.
   */
  behaviorOnNullValues?: 'delete' | 'ignore' | 'fail' | undefined;
  /** How long the store may take for one request. Default 30,000. */
  timeoutMs?: number | undefined;
}

/**
 * Moves a topic into an index, each record once: a document is named by its record, so that a repeat finds it there, and the offsets stand in the
 * index `headwater-offsets`, written when all before them is. While the store is away or busy the records wait in the log.
 *
 * @example
 * const sink = openSearchSink({
 *   client,
 *   groupId: 'orders-to-search',
 *   topic: 'orders',
 *   searchUrl: 'http://127.0.0.1:9200',
 *   index: 'orders',
 *   map: ({ value }) => ({ json: value!.toString() }),
 * });
 */
export function openSearchSink(options: SearchSinkOptions): RunningSink {
  const { behaviorOnNullValues, map } = options;
  const mapped: SearchSinkOptions =
    behaviorOnNullValues === undefined
      ? options
      : { ...options, map: (record) => (record.value === null ? ofNull(record, behaviorOnNullValues) : map(record)) };
  return runSink(mapped, new SearchStore({ ...options, sink: options.name ?? options.groupId }));
}

function ofNull({ key, offset }: SinkRecord, behavior: 'delete' | 'ignore' | 'fail'): SearchDocument | null {
  if (behavior === 'ignore') return null;
  if (behavior === 'fail') throw new Error('it has no value');
  if (key === null) throw new Error('it has neither a value nor a key that says which document to delete');
  return { id: key.toString(), json: null, version: offset };
}
