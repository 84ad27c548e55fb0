import type { RegistryClient } from '@headwater/serdes';
import type { StreamsBuilder } from '@headwater/streams';
import type { ErrorListener } from '../../expressions/expression-writer.ts';
import type { RowCodec } from '../../formats/format.ts';
import type { FunctionRegistry, Properties } from '../../functions/function-registry.ts';
import type { SharedTopics } from './shared-topics.ts';

/** What the steps of one query are made with. */
export interface QueryContext {
  readonly builder: StreamsBuilder;
  readonly functions: FunctionRegistry;
  readonly properties: Properties;
  readonly registry: RegistryClient | null;
  /** Hears of expressions that failed at a row. */
  readonly onError: ErrorListener;
  /** Codecs that write, and must be registered before they do. */
  readonly writers: RowCodec[];
  /** Where the results' rows are let go, and after how many milliseconds without an update; null: they stay. */
  readonly rowTtl: RowTtl | null;
  /** Topics that several steps read; null: there is none. */
  readonly shared: SharedTopics | null;
  /** A name that no other step of the query has. */
  newName(name: string): string;
}

export type QueryOptions = Pick<QueryContext, 'functions' | 'properties' | 'registry' | 'onError'> & {
  readonly rowTtl?: RowTtl | null;
};

/** `groups`: of an aggregation; `source`: of the only table that is read; `results`: kept for this. */
export interface RowTtl {
  readonly of: 'groups' | 'source' | 'results';
  readonly ttlMs: number;
}

export function newQueryContext(
  builder: StreamsBuilder,
  { functions, onError, properties, registry, rowTtl = null }: QueryOptions,
  shared: SharedTopics | null = null,
): QueryContext {
  const names = new Map<string, number>();
  return {
    builder,
    functions,
    onError,
    properties,
    registry,
    writers: [],
    rowTtl,
    shared,
    newName(name) {
      const count = names.get(name) ?? 0;
      names.set(name, count + 1);
      return count === 0 ? name : `${name}-${count}`;
    },
  };
}
