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
