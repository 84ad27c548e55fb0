import { ACL_OPERATIONS, type KafkaClient } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import { ApiKey } from '@headwater/protocol';
import {
  asObject,
  booleanField,
  checkFields,
  integerField,
  listField,
  readObject,
  required,
  textField,
} from '../fields.ts';
import type { Links } from '../links.ts';
import { badRequest, emptyPayload, unprocessable } from '../proxy-error.ts';
import { byText, requireCluster, requireTopic, resource, resourceList, send } from './resources.ts';

interface TopicData {
  name: string;
  isInternal: boolean;
  replicationFactor: number;
  partitions: number;
  authorizedOperations: readonly string[];
}

/** `GET …/topics`. */
export async function listTopics(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { id, metadata, links } = await requireCluster(ctx, client, null);
  const names = metadata.topics.map(({ name }) => name);
  const isTold = ctx.query.get('includeAuthorizedOperations') ?? ctx.query.get('include_authorized_operations');
  const operations = isTold === 'true' ? await authorizedOperations(client, names, ctx.signal) : null;
  const data = metadata.topics
    .filter(({ errorCode }) => errorCode === 0)
    .sort((a, b) => byText(a.name, b.name))
    .map((topic) =>
      topicData(id, links, {
        name: topic.name,
        isInternal: topic.isInternal,
        replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
        partitions: topic.partitions.length,
        authorizedOperations: operations?.get(topic.name) ?? [],
      }),
    );
  send(ctx, 200, resourceList('KafkaTopic', links.url(id, 'topics'), data));
}

/** `GET …/topics/{topic_name}`. */
export async function getTopic(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, topic } = await requireTopic(ctx, client);
  const isTold = ctx.query.get('include_authorized_operations') === 'true';
  const operations = isTold ? await authorizedOperations(client, [topic.name], ctx.signal) : null;
  send(
    ctx,
    200,
    topicData(cluster.id, cluster.links, {
      name: topic.name,
      isInternal: topic.isInternal,
      replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
      partitions: topic.partitions.length,
      authorizedOperations: operations?.get(topic.name) ?? [],
    }),
  );
}

/** `POST …/topics`: 201 with the topic, or 200 where it was only to be checked. */
export async function createTopic(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const body = readObject(await ctx.body());
  if (body === null) throw emptyPayload();
  checkFields(body, [
    'topic_name',
    'partitions_count',
    'replication_factor',
    'replicas_assignments',
    'configs',
    'validate_only',
  ]);
  const name = required(textField(body, 'topic_name'), 'topicName');
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
    throw unprocessable(42206, 'Payload error. Invalid topic name.');
  }
  const assignments = readAssignments(body.get('replicas_assignments') ?? null);
  const isValidation = booleanField(body, 'validate_only') === true;
  const configs = (listField(body, 'configs') ?? []).map((entry) => {
    const config = asObject(entry, 'a config');
    checkFields(config, ['name', 'value']);
    return [required(textField(config, 'name'), 'name'), textField(config, 'value') ?? null] as const;
  });
  const partitions = integerField(body, 'partitions_count');
  const replicationFactor = integerField(body, 'replication_factor');
  const { id, links } = await requireCluster(ctx, client);
  const [result] = await client.createTopics(
    [
      {
        name,
        configs: Object.fromEntries(configs),
        ...(assignments !== null
          ? { assignments }
          : {
              ...(partitions === undefined ? {} : { partitions }),
              ...(replicationFactor === undefined ? {} : { replicationFactor }),
            }),
      },
    ],
    { validateOnly: isValidation, signal: ctx.signal },
  );
  if (result!.error !== null) throw result!.error;
  const assigned = assignments === null ? undefined : Object.values(assignments);
  const data = topicData(id, links, {
    name,
    isInternal: false,
    replicationFactor: result!.replicationFactor ?? assigned?.[0]?.length ?? replicationFactor ?? 0,
    partitions: result!.partitions ?? assigned?.length ?? partitions ?? 0,
    authorizedOperations: [],
  });
  send(ctx, isValidation ? 200 : 201, data, { location: links.url(id, 'topics', name) });
}

/** `{"0":[1,2],"1":[2,3]}`: brokers by partition. */
function readAssignments(value: Parameters<typeof asObject>[0]): Record<number, number[]> | null {
  if (value === null) return null;
  const assignments: Record<number, number[]> = {};
  for (const [partition, brokers] of asObject(value, '"replicas_assignments"')) {
    if (!/^\d{1,6}$/.test(partition) || !Array.isArray(brokers)) {
      throw badRequest('"replicas_assignments" must have lists of brokers by partition, such as {"0":[1,2]}');
    }
    assignments[Number(partition)] = brokers.map((broker) =>
      required(integerField(new Map([['broker', broker]]), 'broker'), 'broker'),
    );
  }
  return Object.keys(assignments).length === 0 ? null : assignments;
}

/** `PATCH …/topics/{topic_name}` `{"partitions_count":6}`: more partitions. */
export async function updatePartitionsCount(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const body = readObject(await ctx.body());
  if (body === null) throw emptyPayload('Partitions_count is required.');
  checkFields(body, ['partitions_count']);
  const count = required(integerField(body, 'partitions_count'), 'partitionsCount');
  await requireTopic(ctx, client);
  const [result] = await client.createPartitions({ [ctx.params['topic']!]: count }, { signal: ctx.signal });
  if (result!.error !== null) throw result!.error;
  await getTopic(ctx, client);
}

/** `DELETE …/topics/{topic_name}`. */
export async function deleteTopic(ctx: HttpContext, client: KafkaClient): Promise<void> {
  await requireCluster(ctx, client);
  const [result] = await client.deleteTopics([ctx.params['topic']!], { signal: ctx.signal });
  if (result!.error !== null) throw result!.error;
  ctx.send(204);
}

function topicData(id: string, links: Links, topic: TopicData): object {
  const path = [id, 'topics', topic.name] as const;
  return resource('KafkaTopic', links.url(...path), [id, 'topic', topic.name], {
    cluster_id: id,
    topic_name: topic.name,
    is_internal: topic.isInternal,
    replication_factor: topic.replicationFactor,
    partitions_count: topic.partitions,
    partitions: links.related(...path, 'partitions'),
    configs: links.related(...path, 'configs'),
    partition_reassignments: links.related(...path, 'partitions', '-', 'reassignment'),
    authorized_operations: topic.authorizedOperations,
  });
}

/** What the proxy's own user may do with topics (KIP-430). */
async function authorizedOperations(
  client: KafkaClient,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const answer = await client.cluster.requestAny(
    ApiKey.Metadata,
    (version) => ({
      topics: names.map((name) => ({ name })),
      allowAutoTopicCreation: false,
      ...(version >= 8 ? { includeTopicAuthorizedOperations: true } : {}),
      ...(version >= 8 && version <= 10 ? { includeClusterAuthorizedOperations: false } : {}),
    }),
    { signal },
  );
  return new Map(
    answer.topics.map(({ name, topicAuthorizedOperations: bits }) => [
      name ?? '',
      // The smallest 32-bit number says that the broker was not asked.
      bits === -2_147_483_648 ? [] : ACL_OPERATIONS.filter((_, code) => code > 2 && (bits & (1 << code)) !== 0),
    ]),
  );
}
