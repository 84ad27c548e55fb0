import type { KafkaClient, TopicMetadata } from '@headwater/client';
import { type HttpContext, HttpError } from '@headwater/http';
import { type Catalog, recordsIn } from './catalog.ts';
import type { GroupWatch } from './group-watch.ts';
import { badRequest, toHttpError } from './rest-error.ts';

export interface TopicRoom {
  client: KafkaClient;
  catalog: Catalog;
  groups: GroupWatch;
}

/** Where the platform keeps what is its own: `headwater-spans`, `_schemas`, the bus of configuration, and topics between the steps of an application of streams. */
const isPlatformTopic = (name: string): boolean =>
  /^(?:_|headwater-)|^springCloudBus$|-(?:changelog|repartition)$/.test(name);

/** `GET /api/topics`: a page of the list; only what is on the page is looked at closely. */
export async function listTopics(ctx: HttpContext, { catalog, groups }: TopicRoom): Promise<void> {
  const page = integer(ctx.query, 'page', 1, 1_000_000, 1);
  const pageSize = integer(ctx.query, 'pageSize', 1, 500, 50);
  const search = (ctx.query.get('search') ?? '').toLowerCase();
  const isInternalShown = ctx.query.get('internal') === 'true';
  const isPlatformShown = ctx.query.get('platform') !== 'false';
  const sort = ctx.query.get('sort') || 'name';
  if (!['name', '-name', 'partitions', '-partitions'].includes(sort)) {
    throw badRequest('HW_REST_INVALID_QUERY', 'sort must be name, -name, partitions or -partitions');
  }
  const metadata = await catalog.metadata();
  const found = metadata.topics
    .filter((topic) => topic.errorCode === 0 && (isInternalShown || !topic.isInternal))
    .filter((topic) => isPlatformShown || !isPlatformTopic(topic.name))
    .filter((topic) => topic.name.toLowerCase().includes(search))
    .sort(
      (a, b) =>
        (sort.endsWith('partitions') ? a.partitions.length - b.partitions.length : 0) || compare(a.name, b.name),
    );
  if (sort.startsWith('-')) found.reverse();
  const shown = found.slice((page - 1) * pageSize, page * pageSize);
  const [bounds, watched] = await Promise.all([catalog.bounds(shown, ctx.signal), groups.groups()]);
  ctx.sendJson(200, {
    total: found.length,
    page,
    pageSize,
    topics: shown.map((topic) => ({
      name: topic.name,
      internal: topic.isInternal,
      partitions: topic.partitions.length,
      replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
      records: recordsIn(bounds.get(topic.name) ?? []),
      groups: watched.flatMap((group) => {
        const read = group.topics.find((one) => one.topic === topic.name);
        return read ? [{ groupId: group.groupId, lagRecords: read.lagRecords }] : [];
      }),
    })),
  });
}

/** `GET /api/topics/{topic}`: its partitions, configuration and the groups that read it. */
export async function describeTopic(ctx: HttpContext, { client, catalog, groups }: TopicRoom): Promise<void> {
  const name = ctx.params['topic']!;
  const topic = await requireTopic(client, name, ctx.signal);
  const [bounds, configs, watched] = await Promise.all([
    catalog.bounds([topic], ctx.signal),
    client.describeConfigs([{ type: 'topic', name }], { signal: ctx.signal }),
    groups.groups(),
  ]);
  ctx.sendJson(200, {
    name,
    topicId: topic.topicId,
    internal: topic.isInternal,
    partitions: bounds.get(name)!.map((bound) => ({
      partition: bound.partition,
      leader: topic.partitions.find(({ partition }) => partition === bound.partition)?.leader ?? -1,
      earliest: bound.earliest,
      latest: bound.latest,
      records: bound.latest - bound.earliest,
    })),
    configs: configs[0]!.configs.map((entry) => ({ name: entry.name, value: entry.value, isDefault: entry.isDefault })),
    groups: watched.flatMap((group) => {
      const read = group.topics.find((one) => one.topic === name);
      return read
        ? [{ groupId: group.groupId, state: group.state, lagRecords: read.lagRecords, partitions: read.partitions }]
        : [];
    }),
  });
}

/** `POST /api/topics` `{"name","partitions"?,"replicationFactor"?,"configs"?}`. */
export async function createTopic(ctx: HttpContext, { client, catalog }: TopicRoom): Promise<void> {
  const body = await ctx.json();
  if (typeof body !== 'object' || body === null || typeof (body as { name?: unknown }).name !== 'string') {
    throw badRequest('HW_REST_INVALID_TOPIC', 'send {"name":"orders","partitions":3}: the name is missing');
  }
  const { name, partitions, replicationFactor, configs } = body as Record<string, unknown>;
  for (const [key, value] of Object.entries({ partitions, replicationFactor })) {
    if (value !== undefined && !(Number.isInteger(value) && (value as number) > 0 && (value as number) < 100_000)) {
      throw badRequest('HW_REST_INVALID_TOPIC', `${key} must be a whole number above 0`, { topic: name as string });
    }
  }
  if (configs !== undefined && (typeof configs !== 'object' || configs === null || Array.isArray(configs))) {
    throw badRequest('HW_REST_INVALID_CONFIG', 'configs must be an object, such as {"retention.ms":"86400000"}');
  }
  const [result] = await client.createTopics(
    [
      {
        name: name as string,
        ...(partitions === undefined ? {} : { partitions: partitions as number }),
        ...(replicationFactor === undefined ? {} : { replicationFactor: replicationFactor as number }),
        ...(configs === undefined ? {} : { configs: configs as Record<string, string> }),
      },
    ],
    { signal: ctx.signal },
  );
  catalog.forget();
  if (result!.error !== null) throw toHttpError(result!.error, { topic: name as string });
  const created = await requireTopic(client, name as string, ctx.signal);
  ctx.sendJson(201, { name, topicId: created.topicId, partitions: created.partitions.length });
}

/** `DELETE /api/topics/{topic}`. */
export async function deleteTopic(ctx: HttpContext, { client, catalog }: TopicRoom): Promise<void> {
  const name = ctx.params['topic']!;
  const [result] = await client.deleteTopics([name], { signal: ctx.signal });
  catalog.forget();
  if (result!.error !== null) throw toHttpError(result!.error, { topic: name });
  ctx.send(204);
}

async function requireTopic(client: KafkaClient, name: string, signal: AbortSignal): Promise<TopicMetadata> {
  const { topics } = await client.metadata([name], { signal });
  const topic = topics.find((one) => one.name === name && one.errorCode === 0);
  if (topic) return topic;
  throw new HttpError(404, 'HW_REST_UNKNOWN_TOPIC', `topic "${name}" does not exist`, { topic: name });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function integer(query: URLSearchParams, name: string, min: number, max: number, otherwise: number): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw badRequest('HW_REST_INVALID_QUERY', `${name} must be a whole number from ${min} to ${max}`);
}
