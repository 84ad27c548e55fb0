import { BoundedCache, type ParsedSchema, type RegistryClient, type SchemaSource } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import type { CodecSpec, RowCodec } from '../format.ts';
import { formatError } from '../format-fault.ts';
import { type SchemaBook, schemaBookOf } from './schema-book.ts';

/** Rows in the bytes of one schema, behind the header. */
export interface SchemaRows {
  /** Reads what fills data[start, end). `start` is behind the schema's id. */
  decode(data: Buffer, start: number, end: number): readonly unknown[];
}

export interface SchemaRowWriter {
  /** The row with the schema's id before it. */
  encode(row: readonly unknown[], id: number): Uint8Array;
}

/** What one format with schemas does. */
export interface SchemaFormat {
  /** What is registered for the columns. */
  schemaOf(spec: CodecSpec): SchemaSource;
  /** @throws SqlError for a schema of another kind, or one that is no row */
  reader(schema: ParsedSchema, spec: CodecSpec): SchemaRows;
  /** @throws SqlError where the columns cannot be written with it */
  writer(schema: ParsedSchema, spec: CodecSpec): SchemaRowWriter;
}

const readersMax = 64;
const headerBytes = 5;

/** Rows in Confluent's wire format: each record is read with the schema that it was written with. */
export function registryCodec(spec: CodecSpec, format: SchemaFormat): RowCodec {
  return new RegistryCodec(spec, format, registryOf(spec));
}

function registryOf({ format, registry }: CodecSpec): RegistryClient {
  if (registry !== null) return registry;
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `The format ${format.name} needs a schema registry: configure ksql.schema.registry.url`,
  );
}

class RegistryCodec implements RowCodec {
  readonly #spec: CodecSpec;
  readonly #format: SchemaFormat;
  readonly #book: SchemaBook;
  readonly #readers = new BoundedCache<number, SchemaRows>(readersMax);
  #lastId = -1;
  #lastReader: SchemaRows | undefined;
  #writer: { readonly id: number; readonly rows: SchemaRowWriter } | undefined;

  constructor(spec: CodecSpec, format: SchemaFormat, registry: RegistryClient) {
    this.#spec = spec;
    this.#format = format;
    this.#book = schemaBookOf(registry);
  }

  isNull(row: readonly unknown[]): boolean {
    return row.length === 0 || (!this.#spec.isWrapped && row[0] === null);
  }

  prepare(data: Buffer, start: number, end: number): Promise<void> | undefined {
    if (end - start < headerBytes || data[start] !== 0) return undefined;
    const id = data.readUInt32BE(start + 1);
    if (id === this.#lastId || this.#book.known(id) !== undefined) return undefined;
    return this.#book.failure(id) === undefined ? this.#book.tryFetch(id) : undefined;
  }

  decode(data: Buffer, start: number, end: number): readonly unknown[] {
    if (end - start < headerBytes || data[start] !== 0) {
      throw new SqlError(
        'HW_SQL_FORMAT',
        `These bytes do not begin with a zero and the id of a schema: they were not written by a serializer of a schema registry. Read them with another format than ${this.#spec.format.name}`,
      );
    }
    const id = data.readUInt32BE(start + 1);
    try {
      const reader = id === this.#lastId ? this.#lastReader! : this.#reader(id);
      return reader.decode(data, start + headerBytes, end);
    } catch (error) {
      throw formatError(error);
    }
  }

  #reader(id: number): SchemaRows {
    let reader = this.#readers.get(id);
    if (reader === undefined) {
      const schema = this.#book.known(id);
      if (schema === undefined) {
        const cause = this.#book.failure(id);
        throw new SqlError('HW_SQL_FORMAT', `Schema ${id} cannot be had${cause ? `: ${cause.message}` : ''}`, {
          cause,
        });
      }
      reader = this.#format.reader(schema, this.#spec);
      this.#readers.set(id, reader);
    }
    this.#lastId = id;
    this.#lastReader = reader;
    return reader;
  }

  async register(): Promise<void> {
    if (this.#writer !== undefined) return;
    const { format, topic, part } = this.#spec;
    const given = format.properties.get('schemaId');
    const subject = `${topic}-${part}`;
    const { id, schema } =
      given === undefined
        ? await this.#book.register(subject, this.#format.schemaOf(this.#spec))
        : await this.#book.registerById(subject, Number(given));
    this.#writer = { id, rows: this.#format.writer(schema, this.#spec) };
  }

  encode(row: readonly unknown[]): Uint8Array {
    if (this.#writer === undefined) {
      throw new SqlError(
        'HW_SQL_FORMAT',
        `The schema of ${this.#spec.topic} is not registered yet: await register() first`,
      );
    }
    try {
      return this.#writer.rows.encode(row, this.#writer.id);
    } catch (error) {
      throw formatError(error);
    }
  }
}
