import { type KafkaClient, OffsetSpec, type PartitionMetadata } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import type { Links } from '../links.ts';
import { notFound, partitionNotFound, refused } from '../proxy-error.ts';
import { numberParameter, requireTopic, resource, resourceList, send } from './resources.ts';

/** `GET …/topics/{topic_name}/partitions` and `GET …/partitions/{partition_id}`. */
export async function partitions(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, topic } = await requireTopic(ctx, client);
  const { id, links } = cluster;
  const data = ({ partition, leader }: PartitionMetadata) => {
    const path = [id, 'topics', topic.name, 'partitions', partition] as const;
    return resource('KafkaPartition', links.url(...path), [id, 'topic', topic.name, 'partition', partition], {
      cluster_id: id,
      topic_name: topic.name,
      partition_id: partition,
      leader: leader < 0 ? null : links.related(...path, 'replicas', leader),
      replicas: links.related(...path, 'replicas'),
      reassignment: links.related(...path, 'reassignment'),
    });
  };
  if (ctx.params['partition'] === undefined) {
    const self = links.url(id, 'topics', topic.name, 'partitions');
    send(ctx, 200, resourceList('KafkaPartition', self, topic.partitions.map(data)));
    return;
  }
  send(ctx, 200, data(partitionOf(ctx, topic.partitions)));
}

/** `GET …/partitions/{partition_id}/offset`: both ends of the log. */
export async function partitionOffsets(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const type = ctx.query.get('offset_type') ?? 'earliest_and_latest';
  if (type !== 'earliest_and_latest') throw refused(`offset_type:${type} is invalid`);
  const { cluster, topic } = await requireTopic(ctx, client);
  const { id, links } = cluster;
  const wanted = numberParameter(ctx, 'partition');
  if (!topic.partitions.some(({ partition }) => partition === wanted)) throw partitionNotFound();
  const ask = async (spec: number) =>
    (await client.listOffsets(topic.name, { [wanted]: spec }, { signal: ctx.signal }))[wanted]!.offset;
  const [earliest, latest] = await Promise.all([ask(OffsetSpec.earliest), ask(OffsetSpec.latest)]);
  send(
    ctx,
    200,
    resource(
      'KafkaPartitionWithOffsets',
      links.url(id, 'topics', topic.name, 'partitions', wanted, 'offset'),
      [id, 'topic', topic.name, 'partition', wanted, 'offset_type', type],
      {
        cluster_id: id,
        topic_name: topic.name,
        partition_id: wanted,
        earliest_offset: earliest,
        latest_offset: latest,
      },
    ),
  );
}

/** `GET …/partitions/{partition_id}/replicas` and `GET …/replicas/{broker_id}`. */
export async function replicas(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, topic } = await requireTopic(ctx, client);
  const { id, links } = cluster;
  const partition = partitionOf(ctx, topic.partitions);
  if (ctx.params['broker'] === undefined) {
    const self = links.url(id, 'topics', topic.name, 'partitions', partition.partition, 'replicas');
    const data = partition.replicas.map((broker) => replica(id, links, topic.name, partition, broker));
    send(ctx, 200, resourceList('KafkaReplica', self, data));
    return;
  }
  const broker = numberParameter(ctx, 'broker');
  if (!partition.replicas.includes(broker)) throw notFound();
  send(ctx, 200, replica(id, links, topic.name, partition, broker));
}

export function replica(
  id: string,
  links: Links,
  topic: string,
  { partition, leader, inSyncReplicas }: PartitionMetadata,
  broker: number,
): object {
  return resource(
    'KafkaReplica',
    links.url(id, 'topics', topic, 'partitions', partition, 'replicas', broker),
    [id, 'topic', topic, 'partition', partition, 'replica', broker],
    {
      cluster_id: id,
      topic_name: topic,
      partition_id: partition,
      broker_id: broker,
      is_leader: broker === leader,
      is_in_sync: inSyncReplicas.includes(broker),
      broker: links.related(id, 'brokers', broker),
    },
  );
}

function partitionOf(ctx: HttpContext, all: readonly PartitionMetadata[]): PartitionMetadata {
  const wanted = numberParameter(ctx, 'partition');
  const found = all.find(({ partition }) => partition === wanted);
  if (found === undefined) throw notFound();
  return found;
}
