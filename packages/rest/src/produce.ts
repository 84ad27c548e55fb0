import type { Producer } from '@headwater/client';
import { checkJson, type HttpContext, HttpError } from '@headwater/http';
import { badRequest, toHttpError } from './rest-error.ts';

/** A record as large as Kafka takes by default, and a little for its frame. */
export const produceBytesMax = 1024 * 1024;
const defaultTopic = 'events';
const headersMax = 100;
/** Headers of the request that go on with the record, so that it can be followed. */
const carriedHeaders = ['traceparent', 'x-correlation-id'] as const;

/** `POST /api/produce[/{topic}]`: the whole JSON body is the record's value, kept byte for byte. */
export async function produce(ctx: HttpContext, producer: Producer): Promise<void> {
  const topic = ctx.params['topic'] ?? defaultTopic;
  const value = await ctx.body();
  if (value.length === 0) {
    throw badRequest('HW_REST_EMPTY_BODY', `the body is empty: send JSON, such as curl -d '{"n":1}' ${ctx.path}`);
  }
  const mistake = checkJson(value);
  if (mistake !== undefined) {
    const { message, line, column, position } = mistake;
    throw badRequest('HW_REST_INVALID_JSON', `the body is not JSON: ${message} (line ${line}, column ${column})`, {
      line,
      column,
      position,
    });
  }
  const partition = integerParameter(ctx.query, 'partition', 999_999);
  const timestamp = integerParameter(ctx.query, 'timestamp', 8.64e15);
  const headers = [...carriedWith(ctx), ...headerParameters(ctx.query)];
  try {
    const [placed] = await producer.send({
      topic,
      ...(partition === undefined ? {} : { partition }),
      records: [{ key: ctx.query.get('key'), value, headers, ...(timestamp === undefined ? {} : { timestamp }) }],
      signal: ctx.signal,
    });
    ctx.sendJson(200, { topic, partition: placed!.partition, offset: placed!.offset, timestamp: placed!.timestamp });
  } catch (error) {
    const told = toHttpError(error, { topic, ...(partition === undefined ? {} : { partition }) });
    if (told instanceof HttpError && told.status === 404 && partition !== undefined) {
      throw new HttpError(404, 'HW_REST_UNKNOWN_PARTITION', told.message, told.details, error);
    }
    throw told;
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
