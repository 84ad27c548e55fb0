import { ClientError, type EachRecord, type Producer, type RecordResult } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import { type JsonObject, type JsonValue, jsonText } from '@headwater/serdes';
import { asObject, checkFields, integerField, listField, textField } from '../fields.ts';
import {
  checkContentType,
  type EmbeddedFormat,
  embeddedFormats,
  formatType,
  negotiate,
  v2Json,
} from '../media-types.ts';
import { notFound, ProxyError, toProxyError, unprocessable } from '../proxy-error.ts';
import { fromBase64, type SchemaDataType } from '../record-data.ts';
import type { RegisteredSchema, SchemaBook } from '../schema-book.ts';
import { requireBody, sendV2 } from './answer.ts';

const producedTypes = embeddedFormats.map(formatType);
const schemaTypes = { avro: 'AVRO', jsonschema: 'JSONSCHEMA', protobuf: 'PROTOBUF' } as const;

/** The schemas that all keys and all values of a request are written by. */
interface Schemas {
  key: RegisteredSchema | undefined;
  value: RegisteredSchema | undefined;
}

/**
 * `POST /topics/{topic_name}` and `POST /topics/{topic_name}/partitions/{partition_id}`: many records at once, in the format that the
 * content type says. A record that the cluster does not take has its error in its place; anything else that is wrong, wherever it is,
 * refuses the whole request.
 */
export async function produceV2(ctx: HttpContext, producer: Producer, book: SchemaBook): Promise<void> {
  negotiate(ctx.req, [v2Json]);
  const type = checkContentType(ctx.req, producedTypes);
  if (type === undefined) throw new ProxyError(415, 415, 'HTTP 415 Unsupported Media Type');
  const format = embeddedFormats[producedTypes.indexOf(type)]!;
  const topic = ctx.params['topic']!;
  const partition = partitionOf(ctx);
  const body = await requireBody(ctx);
  checkFields(body, ['records', 'key_schema', 'key_schema_id', 'value_schema', 'value_schema_id']);
  const list = listField(body, 'records') ?? [];
  if (list.length === 0) throw unprocessable(422, 'records must not be empty');
  const schemas = await findSchemas(body, topic, format, book);
  const records = list.map((entry) => recordOf(asObject(entry, 'a record'), format, schemas, partition));
  const outcomes = await sendAll(producer, topic, records);
  const denied = outcomes.find((one) => one instanceof ProxyError && (one.status === 401 || one.status === 403));
  const answer = JSON.stringify({
    offsets: outcomes.map(offsetData),
    key_schema_id: schemas.key?.id ?? null,
    value_schema_id: schemas.value?.id ?? null,
  });
  if (denied instanceof ProxyError) ctx.send(denied.status, answer, { 'content-type': v2Json });
  else sendV2(ctx, answer);
}

function partitionOf(ctx: HttpContext): number | undefined {
  const text = ctx.params['partition'];
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw notFound();
  return Number(text);
}

async function findSchemas(
  body: JsonObject,
  topic: string,
  format: EmbeddedFormat,
  book: SchemaBook,
): Promise<Schemas> {
  const type = format === 'binary' || format === 'json' ? null : schemaTypes[format];
  if (type === null) return { key: undefined, value: undefined };
  const [key, value] = await Promise.all([
    find(body, topic, 'key', type, book),
    find(body, topic, 'value', type, book),
  ]);
  return { key, value };
}

async function find(
  body: JsonObject,
  topic: string,
  part: 'key' | 'value',
  type: SchemaDataType,
  book: SchemaBook,
): Promise<RegisteredSchema | undefined> {
  const schemaId = integerField(body, `${part}_schema_id`);
  const schema = textField(body, `${part}_schema`);
  if (schemaId === undefined && schema === undefined) return undefined;
  // The id wins, as in Confluent's.
  const wish = schemaId === undefined ? { topic, part, type, schema: schema! } : { topic, part, schemaId };
  const found = book.known(wish) ?? (await book.find(wish));
  if (found.type === type) return found;
  throw unprocessable(42205, `Invalid schema: schema ${found.id} is ${found.type}, and the content type says ${type}`);
}

function recordOf(
  record: JsonObject,
  format: EmbeddedFormat,
  schemas: Schemas,
  partition: number | undefined,
): EachRecord {
  checkFields(record, ['key', 'value', 'partition']);
  const own = integerField(record, 'partition');
  if (own !== undefined && own < 0) throw unprocessable(422, 'partition must be greater than or equal to 0');
  const chosen = own ?? partition;
  return {
    key: bytesOf(record.get('key') ?? null, 'key', format, schemas.key),
    value: bytesOf(record.get('value') ?? null, 'value', format, schemas.value),
    ...(chosen === undefined ? {} : { partition: chosen }),
  };
}

function bytesOf(
  data: JsonValue,
  part: 'key' | 'value',
  format: EmbeddedFormat,
  schema: RegisteredSchema | undefined,
): Buffer | null {
  if (format === 'json') return data === null ? null : Buffer.from(jsonText(data));
  if (format === 'binary') {
    if (data === null) return null;
    const bytes = typeof data === 'string' ? fromBase64(data) : null;
    if (bytes === null) throw unprocessable(422, `Record ${part} contains invalid base64 encoding`);
    return bytes;
  }
  if (schema !== undefined) return schema.encode(data);
  if (data === null) return null;
  throw part === 'key'
    ? unprocessable(42201, 'Request includes keys but does not include key schema')
    : unprocessable(42202, 'Request includes values but does not include value schema');
}

async function sendAll(
  producer: Producer,
  topic: string,
  records: readonly EachRecord[],
): Promise<(RecordResult | unknown)[]> {
  try {
    const outcomes = await producer.sendEach({ topic, records });
    return outcomes.map((one) => (one instanceof Error ? notWritten(one) : one));
  } catch (error) {
    const failure = notWritten(error);
    return records.map(() => failure);
  }
}

/** What became of a record: passing trouble has code 50003, trouble that stays 50002, whatever else it would have elsewhere. */
function notWritten(error: unknown): unknown {
  const told = toProxyError(error);
  if (!(told instanceof ProxyError) || told.status === 401 || told.status === 403) return told;
  const isPassing = told.errorCode === 50003 || (error instanceof ClientError && isMissing(error));
  return new ProxyError(500, isPassing ? 50003 : 50002, (error as Error).message, error);
}

/** Java's producer waits for a topic or partition that is not there, and then calls it a time-out. */
function isMissing({ kafkaName }: ClientError): boolean {
  return kafkaName === 'UNKNOWN_TOPIC_OR_PARTITION';
}

function offsetData(outcome: unknown): object {
  if (outcome instanceof ProxyError) {
    return { partition: null, offset: null, error_code: outcome.errorCode, error: outcome.message };
  }
  if (outcome instanceof Error) throw outcome;
  const { partition, offset } = outcome as RecordResult;
  return { partition, offset, error_code: null, error: null };
}
