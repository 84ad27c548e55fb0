import type { KafkaClient, Offsets } from '@headwater/client';
import { type HttpContext, isJson } from '@headwater/http';
import type { JsonObject, JsonValue } from '@headwater/serdes';
import { asObject, checkFields, integerField, listField, readObject, required, textField } from '../fields.ts';
import { baseUrl } from '../links.ts';
import { checkContentType, consumerTypes, type EmbeddedFormat, formatType, negotiate, v2Json } from '../media-types.ts';
import { badRequest, ProxyError, partitionNotFound } from '../proxy-error.ts';
import { requireBody, sendV2 } from './answer.ts';
import { readConsumerConfig } from './consumer-config.ts';
import type { ConsumerInstance, TopicPartition, WaitingRecord } from './consumer-instance.ts';
import type { ConsumerInstances } from './consumer-instances.ts';

/** The largest answer of a read, as in Confluent's `consumer.request.max.bytes`. */
const readBytesMax = 64 * 1024 * 1024;

/** Makes JSON of a record's parts where a schema says how; null: this proxy has no registry. */
export interface SchemaRenderer {
  render(waiting: WaitingRecord): string | Promise<string>;
}

export interface ConsumerRoom {
  client: KafkaClient;
  instances: ConsumerInstances;
  schemas: SchemaRenderer | null;
}

type Call = (ctx: HttpContext, room: ConsumerRoom) => Promise<void>;

/** Every call of consumers takes the same types, and answers in the one that is asked for. */
export function consumerCall(call: Call, room: ConsumerRoom): (ctx: HttpContext) => Promise<void> {
  return (ctx) => {
    checkContentType(ctx.req, consumerTypes);
    negotiate(ctx.req, consumerTypes);
    return call(ctx, room);
  };
}

/** `POST /consumers/{group}`. */
export const createInstance: Call = async (ctx, { instances, schemas }) => {
  const body: JsonObject = readObject(await ctx.body()) ?? new Map();
  const config = readConsumerConfig(body);
  if (config.format !== 'binary' && config.format !== 'json' && schemas === null) {
    throw new ProxyError(422, 42206, 'Payload error. Schema Registry must be configured when using schemas.');
  }
  const group = ctx.params['group']!;
  const { name } = instances.create(group, config);
  const path = ['consumers', group, 'instances', name].map(encodeURIComponent).join('/');
  answer(ctx, { instance_id: name, base_uri: `${baseUrl(ctx)}/${path}` });
};

/** `DELETE …/instances/{instance}`. */
export const deleteInstance: Call = async (ctx, { instances }) => {
  await instances.delete(ctx.params['group']!, ctx.params['instance']!);
  ctx.send(204);
};

/** `POST …/subscription` `{"topics":[…]}` or `{"topic_pattern":"…"}`. */
export const subscribe: Call = async (ctx, room) => {
  const body = await requireBody(ctx);
  checkFields(body, ['topics', 'topic_pattern']);
  const instance = instanceOf(ctx, room);
  const topics = listField(body, 'topics');
  const pattern = textField(body, 'topic_pattern');
  if (topics !== undefined) {
    await instance.subscribe(
      topics.map((topic) => {
        if (typeof topic === 'string' && topic !== '') return topic;
        throw badRequest('"topics" must be names of topics');
      }),
    );
  } else if (pattern !== undefined) await instance.subscribePattern(pattern);
  ctx.send(204);
};

/** `GET …/subscription`. */
export const subscription: Call = async (ctx, room) => {
  answer(ctx, { topics: instanceOf(ctx, room).subscription() });
};

/** `DELETE …/subscription`. */
export const unsubscribe: Call = async (ctx, room) => {
  await instanceOf(ctx, room).unsubscribe();
  ctx.send(204);
};

/** `POST …/assignments` `{"partitions":[{"topic","partition"}]}`. */
export const assign: Call = async (ctx, room) => {
  const partitions = readPartitions(await requireBody(ctx));
  await instanceOf(ctx, room).assign(partitions);
  ctx.send(204);
};

/** `GET …/assignments`. */
export const assignment: Call = async (ctx, room) => {
  answer(ctx, { partitions: instanceOf(ctx, room).assignment() });
};

/** `GET …/records?timeout=ms&max_bytes=n`: in the format of the instance, which Accept must ask for. */
export const readRecords: Call = async (ctx, room) => {
  const type = negotiate(ctx.req, [formatType('binary'), v2Json, ...consumerTypes]);
  const instance = instanceOf(ctx, room);
  const { format, requestTimeoutMs } = instance.config;
  if (family(type === v2Json ? formatType('binary') : type) !== family(formatType(format))) {
    throw new ProxyError(
      406,
      40601,
      'The requested embedded data format does not match the deserializer for this consumer instance',
    );
  }
  const timeoutMs = numberQuery(ctx, 'timeout');
  const maxBytes = numberQuery(ctx, 'max_bytes');
  const texts = await instance.read(
    {
      timeoutMs: timeoutMs <= 0 ? requestTimeoutMs : Math.min(timeoutMs, requestTimeoutMs),
      maxBytes: maxBytes <= 0 ? readBytesMax : Math.min(maxBytes, readBytesMax),
      signal: ctx.signal,
    },
    renderer(format, room.schemas),
  );
  ctx.send(200, `[${texts.join(',')}]`, { 'content-type': type });
};

/** Instances of all formats with schemas give the same JSON. */
function family(type: string): string {
  return type === formatType('binary') || type === formatType('json') ? type : 'schema';
}

function renderer(format: EmbeddedFormat, schemas: SchemaRenderer | null): SchemaRenderer['render'] {
  if (format === 'binary') return (waiting) => recordText(waiting, base64Text);
  if (format === 'json') return (waiting) => recordText(waiting, jsonBytesText);
  return (waiting) => schemas!.render(waiting);
}

/** `{"topic","key","value","partition","offset"}`. */
export function recordText(
  { topic, partition, record }: WaitingRecord,
  text: (bytes: Buffer | null, waiting: WaitingRecord) => string,
): string {
  const waiting = { topic, partition, record };
  return (
    `{"topic":${JSON.stringify(topic)},"key":${text(record.key, waiting)},"value":${text(record.value, waiting)},` +
    `"partition":${partition},"offset":${record.offset}}`
  );
}

function base64Text(bytes: Buffer | null): string {
  return bytes === null ? 'null' : `"${bytes.toString('base64')}"`;
}

/** The bytes themselves where they are JSON, so that numbers keep their digits. */
function jsonBytesText(bytes: Buffer | null, { topic, partition, record }: WaitingRecord): string {
  if (bytes === null) return 'null';
  if (isJson(bytes)) return bytes.toString('utf8');
  throw cannotDeserialize(topic, partition, record.offset, 'it is not JSON');
}

/** The error of a read whose next record is not what the instance reads. It stays there until the reader passes it by. */
export function cannotDeserialize(
  topic: string,
  partition: number,
  offset: number,
  why: string,
  cause?: unknown,
): ProxyError {
  const message = `Error deserializing the record of partition ${topic}-${partition} at offset ${offset}: ${why}. If needed, please seek past the record to continue consumption.`;
  return new ProxyError(408, 40801, message, cause);
}

function numberQuery(ctx: HttpContext, name: string): number {
  const text = ctx.query.get(name);
  if (text === null) return -1;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  // As Jersey answers a parameter that is no number.
  throw new ProxyError(404, 404, 'HTTP 404 Not Found');
}

/** `POST …/offsets` `{"offsets":[{"topic","partition","offset"}]}`: offsets of the last records; without a body all that was read. */
export const commitOffsets: Call = async (ctx, room) => {
  const body = readObject(await ctx.body());
  const instance = instanceOf(ctx, room);
  if (body === null) {
    const committed = instance.commitRead();
    if (ctx.query.get('async') === 'true') committed.catch(() => {});
    else await committed;
  } else {
    checkFields(body, ['offsets']);
    const offsets: Offsets = {};
    for (const entry of listField(body, 'offsets') ?? []) {
      const one = asObject(entry, 'an offset');
      checkFields(one, ['topic', 'partition', 'offset', 'metadata']);
      const { topic, partition } = readPartition(one);
      const offset = required(integerField(one, 'offset'), 'offset') + 1;
      (offsets[topic] ??= {})[partition] = { offset, metadata: textField(one, 'metadata') ?? '' };
    }
    await instance.commit(offsets);
  }
  answer(ctx, []);
};

/** `GET …/offsets` with the body `{"partitions":[…]}`: what the group has committed. */
export const committedOffsets: Call = async (ctx, room) => {
  const body = readObject(await ctx.body());
  if (body === null) throw partitionNotFound();
  const partitions: Record<string, number[]> = {};
  for (const { topic, partition } of readPartitions(body)) (partitions[topic] ??= []).push(partition);
  const instance = instanceOf(ctx, room);
  const committed = await room.client.committedOffsets(instance.group, { partitions, signal: ctx.signal });
  answer(ctx, {
    offsets: committed.map(({ topic, partition, offset, metadata }) => ({
      topic,
      partition,
      offset,
      metadata: metadata ?? '',
    })),
  });
};

/** `POST …/positions` `{"offsets":[{"topic","partition","offset"}],"timestamps":[{"topic","partition","timestamp"}]}`. */
export const seek: Call = async (ctx, room) => {
  const body = await requireBody(ctx);
  checkFields(body, ['offsets', 'timestamps']);
  const offsets = (listField(body, 'offsets') ?? []).map((entry) => {
    const one = asObject(entry, 'an offset');
    checkFields(one, ['topic', 'partition', 'offset', 'metadata']);
    const to = required(integerField(one, 'offset'), 'offset');
    if (to < 0) throw badRequest(`"offset" must be 0 or more, not ${to}`);
    return { ...readPartition(one), to };
  });
  const timestamps = (listField(body, 'timestamps') ?? []).map((entry) => {
    const one = asObject(entry, 'a timestamp');
    checkFields(one, ['topic', 'partition', 'timestamp', 'metadata']);
    const text = required(textField(one, 'timestamp'), 'timestamp');
    const timestamp = Date.parse(text);
    if (Number.isNaN(timestamp)) throw badRequest(`"timestamp" must be an instant such as "2026-08-01T12:00:00Z"`);
    return { ...readPartition(one), to: { timestamp } };
  });
  await instanceOf(ctx, room).seek([...offsets, ...timestamps]);
  ctx.send(204);
};

/** `POST …/positions/beginning` and `…/end` `{"partitions":[…]}`. */
export function seekTo(to: 'earliest' | 'latest'): Call {
  return async (ctx, room) => {
    const partitions = readPartitions(await requireBody(ctx));
    await instanceOf(ctx, room).seek(partitions.map((one) => ({ ...one, to })));
    ctx.send(204);
  };
}

function instanceOf(ctx: HttpContext, { instances }: ConsumerRoom): ConsumerInstance {
  return instances.get(ctx.params['group']!, ctx.params['instance']!);
}

function readPartitions(body: JsonObject): TopicPartition[] {
  checkFields(body, ['partitions']);
  return (listField(body, 'partitions') ?? []).map((entry: JsonValue) => {
    const one = asObject(entry, 'a partition');
    checkFields(one, ['topic', 'partition']);
    return readPartition(one);
  });
}

function readPartition(one: JsonObject): TopicPartition {
  const partition = required(integerField(one, 'partition'), 'partition');
  if (partition < 0) throw badRequest(`"partition" must be 0 or more, not ${partition}`);
  return { topic: required(textField(one, 'topic'), 'topic'), partition };
}

function answer(ctx: HttpContext, value: unknown): void {
  sendV2(ctx, value, consumerTypes);
}
