import type { Producer } from '@headwater/client';
import { checkJson, type HttpContext, HttpError } from '@headwater/http';
import { type JsonValue, parseJson } from '@headwater/serdes';
import { badRequest, toHttpError } from './rest-error.ts';
import type { TopicSchemas } from './schemas/topic-schemas.ts';

/** A record as large as Kafka takes by default, and a little for its frame. */
export const produceBytesMax = 1024 * 1024;
const defaultTopic = 'events';
const headersMax = 100;
/** Headers of the request that go on with the record, so that it can be followed. */
const carriedHeaders = ['traceparent', 'x-correlation-id'] as const;

/** Most records of one request. */
const recordsMax = 10_000;
const linesType = 'application/x-ndjson';

interface Checked {
  key: Buffer | string | null;
  values: Buffer[];
  keySchemaId: number | undefined;
  valueSchemaId: number | undefined;
}

/**
 * `POST /api/produce[/{topic}]`: the whole JSON body is the record's value, kept byte for byte; of type `application/x-ndjson` each line
 * is one. Where the registry has a schema for the topic the value is checked and encoded by it; all records are checked before any is sent.
 */
export async function produce(ctx: HttpContext, producer: Producer, schemas: TopicSchemas | null): Promise<void> {
  const topic = ctx.params['topic'] ?? defaultTopic;
  const body = await ctx.body();
  const isLines = (ctx.req.headers['content-type'] ?? '').toLowerCase().startsWith(linesType);
  const lines = isLines ? nonEmptyLines(body) : [body];
  if (body.length === 0 || lines.length === 0) {
    throw badRequest('HW_REST_EMPTY_BODY', `the body is empty: send JSON, such as curl -d '{"n":1}' ${ctx.path}`);
  }
  for (const [index, line] of lines.entries()) checkLine(line, isLines ? { record: index } : {});
  const partition = integerParameter(ctx.query, 'partition', 999_999);
  const timestamp = integerParameter(ctx.query, 'timestamp', 8.64e15);
  const headers = [...carriedWith(ctx), ...headerParameters(ctx.query)];
  const { key, values, keySchemaId, valueSchemaId } = await checkBySchemas(ctx, topic, lines, isLines, schemas);
  try {
    const placed = await producer.send({
      topic,
      ...(partition === undefined ? {} : { partition }),
      records: values.map((value) => ({ key, value, headers, ...(timestamp === undefined ? {} : { timestamp }) })),
      signal: ctx.signal,
    });
    const ids = {
      ...(keySchemaId === undefined ? {} : { keySchemaId }),
      ...(valueSchemaId === undefined ? {} : { valueSchemaId }),
    };
    const places = placed.map((one) => ({ partition: one.partition, offset: one.offset, timestamp: one.timestamp }));
    ctx.sendJson(200, isLines ? { topic, records: places, ...ids } : { topic, ...places[0], ...ids });
  } catch (error) {
    const told = toHttpError(error, { topic, ...(partition === undefined ? {} : { partition }) });
    if (told instanceof HttpError && told.status === 404 && partition !== undefined) {
      throw new HttpError(404, 'HW_REST_UNKNOWN_PARTITION', told.message, told.details, error);
    }
    throw told;
  }
}

function nonEmptyLines(body: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(0x0a, start);
    const end = newline === -1 ? body.length : newline;
    const line = body.subarray(start, body[end - 1] === 0x0d && end > start ? end - 1 : end);
    if (line.some((byte) => byte !== 0x20 && byte !== 0x09)) lines.push(line);
    start = end + 1;
    if (lines.length > recordsMax) {
      throw badRequest('HW_REST_TOO_MANY_RECORDS', `one request has at most ${recordsMax} records: send several`);
    }
  }
  return lines;
}

function checkLine(line: Buffer, where: { record?: number }): void {
  const mistake = checkJson(line);
  if (mistake === undefined) return;
  const { message, line: lineNumber, column, position } = mistake;
  const what = where.record === undefined ? 'the body' : `record ${where.record}`;
  throw badRequest('HW_REST_INVALID_JSON', `${what} is not JSON: ${message} (line ${lineNumber}, column ${column})`, {
    ...where,
    line: lineNumber,
    column,
    position,
  });
}

async function checkBySchemas(
  ctx: HttpContext,
  topic: string,
  lines: readonly Buffer[],
  isLines: boolean,
  schemas: TopicSchemas | null,
): Promise<Checked> {
  const keyText = ctx.query.get('key');
  const [keySchema, valueSchema] =
    schemas === null
      ? [null, null]
      : await Promise.all([keyText === null ? null : schemas.find(topic, 'key'), schemas.find(topic, 'value')]);
  return {
    key: keyText === null || keySchema === null ? keyText : schemas!.encodeKey(keySchema, keyText, { topic }),
    values:
      valueSchema === null
        ? [...lines]
        : lines.map((line, index) =>
            schemas!.encode(valueSchema, json(line), 'value', { topic, ...(isLines ? { record: index } : {}) }),
          ),
    keySchemaId: keySchema?.id,
    valueSchemaId: valueSchema?.id,
  };
}

/** JSON that was checked, with every digit; this parser nests less deep than the check. */
function json(bytes: Buffer): JsonValue {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (cause) {
    throw badRequest('HW_REST_INVALID_JSON', `the body is not JSON: ${(cause as Error).message}`);
  }
}

function carriedWith(ctx: HttpContext): { key: string; value: string }[] {
  return carriedHeaders.flatMap((key) => {
    const header = ctx.req.headers[key];
    return typeof header === 'string' ? [{ key, value: header }] : [];
  });
}

/** `header=name:value`, as often as there are headers; a value may hold colons. */
function headerParameters(query: URLSearchParams): { key: string; value: string }[] {
  const given = query.getAll('header');
  if (given.length > headersMax) {
    throw badRequest('HW_REST_INVALID_QUERY', `${given.length} headers are more than the ${headersMax} of one record`);
  }
  return given.map((text) => {
    const colon = text.indexOf(':');
    if (colon > 0) return { key: text.slice(0, colon), value: text.slice(colon + 1) };
    throw badRequest(
      'HW_REST_INVALID_QUERY',
      `header=${text.slice(0, 40)} must be name:value, such as header=source:curl`,
    );
  });
}

function integerParameter(query: URLSearchParams, name: string, max: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value <= max) return value;
  throw badRequest('HW_REST_INVALID_QUERY', `${name}=${text.slice(0, 40)} must be a whole number from 0 to ${max}`);
}
