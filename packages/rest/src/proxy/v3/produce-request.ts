import { JsonNumber, type JsonObject, type JsonValue } from '@headwater/serdes';
import { asObject, integerField, listField, required, shown, textField } from '../fields.ts';
import { badRequest, partitionNotFound } from '../proxy-error.ts';
import { type DataType, dataTypes, fromBase64, needsSchema } from '../record-data.ts';
import { oneOf } from './resources.ts';

/** A record as v3 requests have it. */
export interface ProduceRequest {
  partition?: number;
  headers: { key: string; value: Buffer | null }[];
  key?: ProduceData;
  value?: ProduceData;
  timestampMs?: number;
}

/** A key or a value, and how to make bytes of it. */
export interface ProduceData {
  type?: DataType;
  subject?: string;
  strategy?: 'TOPIC_NAME' | 'RECORD_NAME' | 'TOPIC_RECORD_NAME';
  schemaId?: number;
  schemaVersion?: number;
  /** The schema's text. */
  schema?: string;
  data: JsonValue;
}

const recordFields = ['partition_id', 'headers', 'key', 'value', 'timestamp'];
const dataFields = ['type', 'subject', 'subject_name_strategy', 'schema_id', 'schema_version', 'schema', 'data'];
const headersMax = 1_000;

/** Reads a record. @throws ProxyError 400 with what is wrong, 404 for a partition below 0 */
export function readProduceRequest(record: JsonObject, otherFields: readonly string[] = []): ProduceRequest {
  checkNames(record, [...recordFields, ...otherFields]);
  const partition = integerField(record, 'partition_id');
  if (partition !== undefined && partition < 0) throw partitionNotFound();
  const headers = readHeaders(listField(record, 'headers') ?? []);
  const key = record.get('key') ?? null;
  const value = record.get('value') ?? null;
  const timestampMs = readTimestamp(record.get('timestamp') ?? null);
  return {
    ...(partition === undefined ? {} : { partition }),
    headers,
    ...(key === null ? {} : { key: readData(asObject(key, '"key"')) }),
    ...(value === null ? {} : { value: readData(asObject(value, '"value"')) }),
    ...(timestampMs === undefined ? {} : { timestampMs }),
  };
}

function readHeaders(list: JsonValue[]): ProduceRequest['headers'] {
  if (list.length > headersMax) {
    throw badRequest(`${list.length} headers are more than the ${headersMax} of one record`);
  }
  return list.map((entry) => {
    const header = asObject(entry, 'a header');
    checkNames(header, ['name', 'value']);
    const key = required(textField(header, 'name'), 'name');
    const text = textField(header, 'value');
    if (text === undefined) return { key, value: null };
    const value = fromBase64(text);
    if (value === null) throw badRequest(`the value of header "${key}" is not base64: ${shown(text)}`);
    return { key, value };
  });
}

function readTimestamp(value: JsonValue): number | undefined {
  if (value === null) return undefined;
  // Java's instants, as numbers, are seconds.
  const ms = value instanceof JsonNumber ? Math.round(Number(value.text) * 1000) : instant(value);
  if (Number.isSafeInteger(ms)) return ms;
  throw badRequest(`"timestamp" must be an instant such as "2026-08-01T12:00:00.000Z", not ${shown(value)}`);
}

function instant(value: JsonValue): number {
  const isInstant =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i.test(value);
  return isInstant ? Date.parse(value) : Number.NaN;
}

function readData(object: JsonObject): ProduceData {
  checkNames(object, dataFields);
  const typeText = textField(object, 'type');
  const type = typeText === undefined ? undefined : oneOf(typeText, dataTypes, 'type');
  const subject = textField(object, 'subject');
  const strategyText = textField(object, 'subject_name_strategy');
  const strategy =
    strategyText === undefined
      ? undefined
      : oneOf(strategyText, ['TOPIC_NAME', 'RECORD_NAME', 'TOPIC_RECORD_NAME'], 'subject_name_strategy');
  const schemaId = integerField(object, 'schema_id');
  const isLatest = object.get('schema_version') === 'latest';
  const schemaVersion = isLatest ? undefined : integerField(object, 'schema_version');
  const schema = textField(object, 'schema');
  const data = object.get('data');
  if (data === undefined && !(type === undefined || needsSchema(type)))
    throw badRequest('Missing required properties: data');
  check(
    subject === undefined || strategy === undefined,
    "Only one of 'subject_name_strategy' or 'subject' can be used.",
  );
  const ways = [schemaId, schemaVersion, schema].filter((one) => one !== undefined).length;
  check(ways <= 1, "Only one of 'schema_id', 'schema_version' or 'schema' can be used.");
  if (type !== undefined && needsSchema(type)) {
    check(schemaId === undefined, `'schema_id=${schemaId}' cannot be used with 'type'.`);
    check(schemaVersion === undefined, `'schema_version=${schemaVersion}' cannot be used with 'type'.`);
    check(schema !== undefined, "'schema_version=latest' cannot be used with 'type'.");
  } else if (type !== undefined) {
    check(strategy === undefined, `'type=${type}' cannot be used with 'subject_name_strategy'.`);
    check(subject === undefined, `'type=${type}' cannot be used with 'subject'.`);
    check(schemaId === undefined, `'type=${type}' cannot be used with 'schema_id'.`);
    check(schemaVersion === undefined && !isLatest, `'type=${type}' cannot be used with 'schema_version'.`);
    check(schema === undefined, `'type=${type}' cannot be used with 'schema'.`);
  }
  return {
    ...(type === undefined ? {} : { type }),
    ...(subject === undefined ? {} : { subject }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(schemaId === undefined ? {} : { schemaId }),
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
    ...(schema === undefined ? {} : { schema }),
    data: required(data, 'data'),
  };
}

function check(isTrue: boolean, message: string): void {
  if (!isTrue) throw badRequest(message);
}

function checkNames(object: JsonObject, known: readonly string[]): void {
  for (const name of object.keys()) {
    if (!known.includes(name)) {
      throw badRequest(
        `Unrecognized field "${name}" (${known.length} known properties: ${known.map((one) => `"${one}"`).join(', ')})`,
      );
    }
  }
}
