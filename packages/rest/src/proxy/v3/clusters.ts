import type { KafkaClient, Metadata } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import { Links } from '../links.ts';
import { notFound, ProxyError } from '../proxy-error.ts';
import { replica } from './partitions.ts';
import { byText, numberParameter, requireCluster, requireTopic, resource, resourceList, send } from './resources.ts';

/** `GET /v3/clusters`: the one cluster that this proxy is for. */
export async function listClusters(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const metadata = await client.metadata([], { signal: ctx.signal });
  if (metadata.clusterId === null) throw new ProxyError(501, 50101, 'the cluster tells no id of itself');
  const links = new Links(ctx);
  send(ctx, 200, resourceList('KafkaCluster', links.url().replace(/\/$/, ''), [clusterData(links, metadata)]));
}

/** `GET /v3/clusters/{cluster_id}`. */
export async function getCluster(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { metadata, links } = await requireCluster(ctx, client);
  send(ctx, 200, clusterData(links, metadata));
}

function clusterData(links: Links, { clusterId, controllerId }: Metadata): object {
  const id = clusterId!;
  return resource('KafkaCluster', links.url(id), [id], {
    cluster_id: id,
    controller: controllerId < 0 ? null : links.related(id, 'brokers', controllerId),
    acls: links.related(id, 'acls'),
    brokers: links.related(id, 'brokers'),
    broker_configs: links.related(id, 'broker-configs'),
    consumer_groups: links.related(id, 'consumer-groups'),
    topics: links.related(id, 'topics'),
    partition_reassignments: links.related(id, 'topics', '-', 'partitions', '-', 'reassignment'),
  });
}

/** `GET …/brokers` and `GET …/brokers/{broker_id}`. */
export async function brokers(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { id, metadata, links } = await requireCluster(ctx, client);
  const all = metadata.brokers.map((broker) =>
    resource('KafkaBroker', links.url(id, 'brokers', broker.id), [id, 'broker', broker.id], {
      cluster_id: id,
      broker_id: broker.id,
      host: broker.host,
      port: broker.port,
      rack: broker.rack,
      configs: links.related(id, 'brokers', broker.id, 'configs'),
      partition_replicas: links.related(id, 'brokers', broker.id, 'partition-replicas'),
    }),
  );
  if (ctx.params['broker'] === undefined) {
    send(ctx, 200, resourceList('KafkaBroker', links.url(id, 'brokers'), all));
    return;
  }
  const wanted = numberParameter(ctx, 'broker');
  const found = all[metadata.brokers.findIndex((broker) => broker.id === wanted)];
  if (found === undefined) throw notFound();
  send(ctx, 200, found);
}

/** `GET …/brokers/{broker_id}/partition-replicas`: everything that a broker holds. */
export async function replicasOfBroker(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { id, metadata, links } = await requireCluster(ctx, client, null);
  const broker = numberParameter(ctx, 'broker');
  if (!metadata.brokers.some((one) => one.id === broker)) throw notFound(`Broker ${broker} cannot be found.`);
  const data = [...metadata.topics]
    .sort((a, b) => byText(a.name, b.name))
    .flatMap((topic) =>
      topic.partitions
        .filter((partition) => partition.replicas.includes(broker))
        .map((partition) => replica(id, links, topic.name, partition, broker)),
    );
  send(ctx, 200, resourceList('KafkaReplica', links.url(id, 'brokers', broker, 'partition-replicas'), data));
}

/** `GET …/partitions/{partition_id}/reassignment`, of a topic (`-` for the partition) or of all (`-` for both). */
export async function reassignments(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const topicName = ctx.params['topic'];
  const { id, links } =
    topicName === undefined ? await requireCluster(ctx, client) : (await requireTopic(ctx, client)).cluster;
  const moving = (await client.listReassignments({ signal: ctx.signal }))
    .filter(({ topic }) => topicName === undefined || topic === topicName)
    .sort((a, b) => byText(a.topic, b.topic) || a.partition - b.partition);
  const data = (one: (typeof moving)[number]) => {
    const path = [id, 'topics', one.topic, 'partitions', one.partition] as const;
    return resource(
      'KafkaReassignment',
      links.url(...path, 'reassignment'),
      [id, 'topic', one.topic, 'partition', one.partition, 'reassignment'],
      {
        cluster_id: id,
        topic_name: one.topic,
        partition_id: one.partition,
        adding_replicas: one.addingReplicas,
        removing_replicas: one.removingReplicas,
        replicas: links.related(...path, 'replicas'),
      },
    );
  };
  if (ctx.params['partition'] === undefined) {
    const self = links.url(id, 'topics', topicName ?? '-', 'partitions', '-', 'reassignment');
    send(ctx, 200, resourceList('KafkaReassignment', self, moving.map(data)));
    return;
  }
  const partition = numberParameter(ctx, 'partition');
  const found = moving.find((one) => one.partition === partition);
  if (found === undefined) throw notFound();
  send(ctx, 200, data(found));
}
