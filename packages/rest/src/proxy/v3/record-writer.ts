import { ClientError, type EachRecord, type Producer, type RecordResult } from '@headwater/client';
import { ProxyError } from '../proxy-error.ts';
import { type DataType, needsSchema, type PlainType, plainBytes } from '../record-data.ts';
import type { RegisteredSchema, SchemaBook, SchemaWish } from '../schema-book.ts';
import type { ProduceData, ProduceRequest } from './produce-request.ts';

/** A key or a value on its way, and what its answer tells. */
interface Part {
  type: DataType;
  schema: RegisteredSchema | undefined;
  bytes: Buffer | null;
}

/** A record that is ready to be sent. */
export interface PreparedRecord {
  record: EachRecord;
  key: Part | undefined;
  value: Part | undefined;
}

/** Turns the records of v3 requests to bytes and writes them; each has its own outcome. */
export class RecordWriter {
  readonly #producer: Producer;
  readonly #schemas: SchemaBook;

  constructor(producer: Producer, schemas: SchemaBook) {
    this.#producer = producer;
    this.#schemas = schemas;
  }

  /** A promise only where a schema must be fetched. @throws ProxyError for what is wrong with the record */
  prepare(topic: string, request: ProduceRequest): PreparedRecord | Promise<PreparedRecord> {
    const key = this.#part(topic, 'key', request.key);
    const value = this.#part(topic, 'value', request.value);
    if (key instanceof Promise || value instanceof Promise) {
      return Promise.all([key, value]).then((parts) => prepared(request, parts[0], parts[1]));
    }
    return prepared(request, key, value);
  }

  #part(topic: string, part: 'key' | 'value', data: ProduceData | undefined): Part | undefined | Promise<Part> {
    if (data === undefined) return undefined;
    const { type } = data;
    if (type !== undefined && !needsSchema(type)) {
      return { type, schema: undefined, bytes: plainBytes(type as PlainType, data.data) };
    }
    const { data: json, type: _, ...rest } = data;
    const wish: SchemaWish = { topic, part, ...rest, ...(type === undefined ? {} : { type }) };
    const known = this.#schemas.known(wish);
    const encoded = (schema: RegisteredSchema): Part => ({ type: schema.type, schema, bytes: schema.encode(json) });
    return known === undefined ? this.#schemas.find(wish).then(encoded) : encoded(known);
  }

  /** Writes records together; the answer of each, or why it could not be written. */
  async write(topic: string, records: readonly PreparedRecord[], clusterId: string): Promise<(object | Error)[]> {
    let outcomes: readonly (RecordResult | Error)[];
    try {
      outcomes = await this.#producer.sendEach({ topic, records: records.map(({ record }) => record) });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      outcomes = records.map(() => failure);
    }
    return outcomes.map((outcome, index) =>
      outcome instanceof Error ? notWritten(outcome, topic) : answer(clusterId, records[index]!, outcome),
    );
  }
}

function prepared(request: ProduceRequest, key: Part | undefined, value: Part | undefined): PreparedRecord {
  const { partition, headers, timestampMs } = request;
  return {
    record: {
      key: key?.bytes ?? null,
      value: value?.bytes ?? null,
      headers,
      ...(partition === undefined ? {} : { partition }),
      ...(timestampMs === undefined ? {} : { timestamp: timestampMs }),
    },
    key,
    value,
  };
}

/** A topic or partition that is not there is what Java's producer waits for in vain; its message has this code. */
function notWritten(error: Error, topic: string): Error {
  if (!(error instanceof ClientError) || error.kafkaName !== 'UNKNOWN_TOPIC_OR_PARTITION') return error;
  return new ProxyError(
    404,
    40401,
    `Topic ${topic}, or the partition, is not present in metadata: ${error.message}`,
    error,
  );
}

function answer(clusterId: string, { key, value }: PreparedRecord, placed: RecordResult): object {
  return {
    error_code: 200,
    cluster_id: clusterId,
    topic_name: placed.topic,
    partition_id: placed.partition,
    offset: placed.offset,
    timestamp: instantText(placed.timestamp),
    ...(key === undefined ? {} : { key: partAnswer(key) }),
    ...(value === undefined ? {} : { value: partAnswer(value) }),
  };
}

function partAnswer({ type, schema, bytes }: Part): object {
  return {
    type,
    ...(schema === undefined ? {} : { subject: schema.subject, schema_id: schema.id, schema_version: schema.version }),
    // As Java's producer tells it of a null.
    size: bytes === null ? -1 : bytes.length,
  };
}

/** As Java writes instants: without a fraction of 0. */
function instantText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
