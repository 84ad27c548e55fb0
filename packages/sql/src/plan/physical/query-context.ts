import type { RegistryClient } from '@headwater/serdes';
import type { StreamsBuilder } from '@headwater/streams';
import type { ErrorListener } from '../../expressions/expression-writer.ts';
import type { RowCodec } from '../../formats/format.ts';
import type { FunctionRegistry, Properties } from '../../functions/function-registry.ts';

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
  /** A name that no other step of the query has. */
  newName(name: string): string;
}

export function newQueryContext(
  builder: StreamsBuilder,
  { functions, onError, properties, registry }: Pick<QueryContext, 'functions' | 'onError' | 'properties' | 'registry'>,
): QueryContext {
  const names = new Map<string, number>();
  return {
    builder,
    functions,
    onError,
    properties,
    registry,
    writers: [],
    newName(name) {
      const count = names.get(name) ?? 0;
      names.set(name, count + 1);
      return count === 0 ? name : `${name}-${count}`;
    },
  };
}
