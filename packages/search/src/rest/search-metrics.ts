import type { PrometheusText } from '@headwater/http';
import type { Store } from '../cluster/store.ts';

/** Indices that have series of their own: the ones with most documents. */
const indicesMax = 200;

/** Documents, and what was done with them, by index. */
export function searchMetrics(text: PrometheusText, store: Store): void {
  const all = [...store.indices.values()].map(({ counters, name, shards }) => {
    const stats = shards.map((shard) => shard.stats());
    const total = (key: 'docs' | 'memoryBytes'): number => stats.reduce((sum, each) => sum + each[key], 0);
    return { index: name, counters, docs: total('docs'), memoryBytes: total('memoryBytes') };
  });
  all.sort((a, b) => b.docs - a.docs);
  text.gauge('headwater_search_indices', 'Indices.', all.length);
  const told = all.slice(0, indicesMax);
  for (const [name, kind, help, of] of [
    ['headwater_search_documents', 'gauge', 'Documents.', ({ docs }) => docs],
    ['headwater_search_memory_bytes', 'gauge', 'Bytes of segments in memory.', ({ memoryBytes }) => memoryBytes],
    ['headwater_search_indexed_total', 'counter', 'Documents that were written.', ({ counters }) => counters.indexed],
    ['headwater_search_index_failures_total', 'counter', 'Writes that failed.', ({ counters }) => counters.failed],
    ['headwater_search_deleted_total', 'counter', 'Documents that were deleted.', ({ counters }) => counters.deleted],
    ['headwater_search_queries_total', 'counter', 'Searches.', ({ counters }) => counters.searches],
    [
      'headwater_search_query_seconds_total',
      'counter',
      'Time that searches took.',
      ({ counters }) => counters.searchMs / 1_000,
    ],
  ] as [string, 'counter' | 'gauge', string, (of: (typeof all)[number]) => number][]) {
    text.metric(name, kind, help);
    for (const each of told) text.sample(name, { index: each.index }, of(each));
  }
}
