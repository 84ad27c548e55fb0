import { type RunningSink, runSink } from '../running-sink.ts';
import type { SinkOptions } from '../sink-options.ts';
import { SearchStore } from './search-store.ts';

/** A document of a record. */
export interface SearchDocument {
  /** What makes it the same document. Default: `<topic>-<partition>-<offset>`. */
  readonly id?: string;
  /** JSON of one line. */
  readonly json: string;
  /** Replaces what has the id, unless that has a higher version, such as a later record's offset. Default: what is there stays. */
  readonly version?: number;
}

export interface SearchSinkOptions extends SinkOptions<SearchDocument> {
  /** `http://host:port` of Elasticsearch, OpenSearch or the query store; user and password may stand in it. */
  searchUrl: string;
  index: string;
  /** What the index is made with when it is not there: `mappings`, `settings`. */
  create?: Readonly<Record<string, unknown>> | undefined;
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
  return runSink(options, new SearchStore({ ...options, sink: options.name ?? options.groupId }));
}
