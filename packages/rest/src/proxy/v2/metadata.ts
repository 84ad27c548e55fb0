import { type KafkaClient, OffsetSpec, type PartitionMetadata, type TopicMetadata } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import { ProxyError, partitionNotFound } from '../proxy-error.ts';
import { sendV2 } from './answer.ts';

/** `GET /topics`: the names, also of internal ones. */
export async function topicNames(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { topics } = await client.metadata(null, { signal: ctx.signal });
  sendV2(
    ctx,
    topics
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ name }) => name)
      .sort(),
  );
}

/** `GET /topics/{topic_name}`: with all of its settings. */
export async function topic(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const found = await requireTopic(ctx, client);
  const [described] = await client.describeConfigs([{ type: 'topic', name: found.name }], { signal: ctx.signal });
  if (described!.error !== null) throw described!.error;
  const configs = Object.fromEntries(described!.configs.map(({ name, value }) => [name, value]));
  sendV2(ctx, { name: found.name, configs, partitions: found.partitions.map(partitionData) });
}

/** `GET /topics/{topic_name}/partitions`. */
export async function topicPartitions(ctx: HttpContext, client: KafkaClient): Promise<void> {
  sendV2(ctx, (await requireTopic(ctx, client)).partitions.map(partitionData));
}

/** `GET /topics/{topic_name}/partitions/{partition_id}`. */
export async function topicPartition(ctx: HttpContext, client: KafkaClient): Promise<void> {
  sendV2(ctx, partitionData(await requirePartition(ctx, client)));
}

/** `GET /topics/{topic_name}/partitions/{partition_id}/offsets`. */
export async function topicPartitionOffsets(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { partition } = await requirePartition(ctx, client);
  const name = ctx.params['topic']!;
  const ask = async (spec: number) =>
    (await client.listOffsets(name, { [partition]: spec }, { signal: ctx.signal }))[partition]!.offset;
  const [beginning, end] = await Promise.all([ask(OffsetSpec.earliest), ask(OffsetSpec.latest)]);
  sendV2(ctx, { beginning_offset: beginning, end_offset: end });
}

/** `GET /brokers`. */
export async function brokerIds(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { brokers } = await client.metadata([], { signal: ctx.signal });
  sendV2(ctx, { brokers: brokers.map(({ id }) => id) });
}

async function requireTopic(ctx: HttpContext, client: KafkaClient): Promise<TopicMetadata> {
  const name = ctx.params['topic']!;
  const { topics } = await client.metadata([name], { signal: ctx.signal });
  const found = topics.find((one) => one.name === name);
  if (found !== undefined && found.errorCode === 0) return found;
  throw new ProxyError(404, 40403, 'This server does not host this topic-partition.');
}

async function requirePartition(ctx: HttpContext, client: KafkaClient): Promise<PartitionMetadata> {
  const found = await requireTopic(ctx, client);
  const partition = found.partitions.find((one) => String(one.partition) === ctx.params['partition']);
  if (partition === undefined) throw partitionNotFound();
  return partition;
}

function partitionData({ partition, leader, replicas, inSyncReplicas }: PartitionMetadata): object {
  return {
    partition,
    leader,
    replicas: replicas.map((broker) => ({
      broker,
      leader: broker === leader,
      in_sync: inSyncReplicas.includes(broker),
    })),
  };
}
