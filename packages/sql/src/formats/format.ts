import type { RegistryClient } from '@headwater/serdes';
import type { Serde } from '@headwater/streams';
import type { Column } from '../schema/column.ts';

export type FormatName = 'NONE' | 'KAFKA' | 'DELIMITED' | 'JSON' | 'JSON_SR' | 'AVRO' | 'PROTOBUF' | 'PROTOBUF_NOSR';

export type SerdeFeature = 'WRAP_SINGLES' | 'UNWRAP_SINGLES' | 'SCHEMA_INFERENCE' | 'SCHEMA_ID';

/** A format as a statement names it: `{ name: 'DELIMITED', properties: { delimiter: '|' } }`. */
export interface FormatInfo {
  readonly name: FormatName;
  /** Such as `delimiter`, `fullSchemaName`, `schemaId`, `nullableRepresentation`; as ksqlDB's plans name them. */
  readonly properties: ReadonlyMap<string, string>;
}

/** What a row codec is made for. Rows are arrays of the columns' values, in their order; a key without columns is an empty array. */
export interface CodecSpec {
  readonly format: FormatInfo;
  readonly part: 'key' | 'value';
  readonly topic: string;
  readonly columns: readonly Column[];
  /** Whether a single column is an object's field or the whole value; see `isWrapped` in `wrapping.ts`. */
  readonly isWrapped: boolean;
  /** Read only these columns (by position); others are null. Default: all. Serializers need all. */
  readonly wanted?: readonly number[];
  /** Null where none is configured: formats that need it are then refused. */
  readonly registry: RegistryClient | null;
}

/**
 * Reads and writes rows. `prepare` fetches schemas that are not known yet; `register` puts the schema that is written into the registry
 * (once, before the first row). What is wrong is a `SqlError` HW_SQL_FORMAT with the column's path.
 */
export interface RowCodec extends Serde<readonly unknown[]> {
  /**
   * Whether a row is written as no bytes at all, the record's key or value being null: no columns, or one bare column that is null. Such rows
   * do not go to `encode`, as null bytes do not go to `decode`.
   */
  isNull(row: readonly unknown[]): boolean;
  /** The one bare column by itself, where there is nothing else to a row: no array has to be made of it. */
  readonly bare?: Serde<unknown>;
  register?(): Promise<void>;
}
