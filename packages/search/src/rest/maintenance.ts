import { type Resolved, resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const nameParams = ['index', 'ignore_unavailable', 'allow_no_indices', 'expand_wildcards'];

/** Refresh, flush, and what else is asked of an index's files. */
export function maintenanceRoutes(store: Store): RestRoute[] {
  const both = (
    name: string,
    methods: string[],
    params: string[],
    run: (found: Resolved[]) => Promise<void>,
  ): RestRoute[] => {
    const handler = async (request: RestRequest): Promise<RestAnswer> => {
      const found = resolveIndices(request.text('index'), store, request.nameOptions(searchNameOptions));
      for (const { index } of found) await index.ready.catch(() => {});
      await run(found);
      return { status: 200, body: { _shards: shardCounts(found) } };
    };
    return ['', '/{index}'].map((prefix) => ({
      methods,
      path: `${prefix}/${name}`,
      params: [...nameParams, ...params],
      handler,
    }));
  };
  return [
    ...both('_refresh', ['GET', 'POST'], [], async (found) => {
      for (const { index } of found) index.refresh();
    }),
    ...both('_flush', ['GET', 'POST'], ['force', 'wait_if_ongoing'], async (found) => {
      for (const { index } of found) await index.flush();
    }),
  ];
}

export function shardCounts(found: readonly Resolved[]): Record<string, number> {
  const total = found.reduce((sum, { index }) => sum + index.shardCount * (1 + index.replicaCount), 0);
  const successful = found.reduce((sum, { index }) => sum + (index.state === 'open' ? index.shardCount : 0), 0);
  return { total, successful, failed: 0 };
}
