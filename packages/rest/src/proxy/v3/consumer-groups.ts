import { type GroupDescription, type KafkaClient, OffsetSpec } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import { notFound } from '../proxy-error.ts';
import { byText, type Cluster, numberParameter, requireCluster, resource, resourceList, send } from './resources.ts';

/** Groups that are described at once when all are listed. */
const describedAtOnce = 500;

/** `GET …/consumer-groups`: those of consumers, and those that only have offsets. */
export async function listGroups(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const cluster = await requireCluster(ctx, client);
  const listed = (await client.listGroups({ signal: ctx.signal }))
    .filter(({ protocolType }) => protocolType === 'consumer' || protocolType === '')
    .map(({ groupId }) => groupId)
    .sort(byText);
  const data: object[] = [];
  for (let from = 0; from < listed.length; from += describedAtOnce) {
    const described = await client.describeGroups(listed.slice(from, from + describedAtOnce), { signal: ctx.signal });
    for (const group of described) {
      if (group.error?.kafkaName?.endsWith('AUTHORIZATION_FAILED') || isGone(group)) continue;
      if (group.error !== null) throw group.error;
      data.push(groupData(cluster, group));
    }
  }
  send(ctx, 200, resourceList('KafkaConsumerGroup', cluster.links.url(cluster.id, 'consumer-groups'), data));
}

/** `GET …/consumer-groups/{consumer_group_id}`. */
export async function getGroup(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, group } = await requireGroup(ctx, client, undefined);
  send(ctx, 200, groupData(cluster, group));
}

/** `GET …/consumers`, `GET …/consumers/{consumer_id}`. */
export async function consumers(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, group } = await requireGroup(ctx, client);
  const { id, links } = cluster;
  const path = [id, 'consumer-groups', group.groupId, 'consumers'] as const;
  const data = (member: GroupDescription['members'][number]) =>
    resource(
      'KafkaConsumer',
      links.url(...path, member.memberId),
      [id, 'consumer-group', group.groupId, 'consumer', member.memberId],
      {
        cluster_id: id,
        consumer_group_id: group.groupId,
        consumer_id: member.memberId,
        instance_id: member.groupInstanceId,
        client_id: member.clientId,
        assignments: links.related(...path, member.memberId, 'assignments'),
      },
    );
  if (ctx.params['consumer'] === undefined) {
    send(ctx, 200, resourceList('KafkaConsumer', links.url(...path), group.members.map(data)));
    return;
  }
  send(ctx, 200, data(memberOf(ctx, group)));
}

/** `GET …/consumers/{consumer_id}/assignments`, and one of them. */
export async function assignments(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, group } = await requireGroup(ctx, client);
  const { id, links } = cluster;
  const { memberId, assignment } = memberOf(ctx, group, 'Consumer %s does not exist.');
  const path = [id, 'consumer-groups', group.groupId, 'consumers', memberId, 'assignments'] as const;
  const all = assignment
    .flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
    .sort((a, b) => byText(a.topic, b.topic) || a.partition - b.partition);
  const data = ({ topic, partition }: (typeof all)[number]) =>
    resource(
      'KafkaConsumerAssignment',
      links.url(...path, topic, 'partitions', partition),
      [id, 'consumer-group', group.groupId, 'consumer', memberId, 'assignment', topic, 'partition', partition],
      {
        cluster_id: id,
        consumer_group_id: group.groupId,
        consumer_id: memberId,
        topic_name: topic,
        partition_id: partition,
        partition: links.related(id, 'topics', topic, 'partitions', partition),
        lag: links.related(id, 'consumer-groups', group.groupId, 'lags', topic, 'partitions', partition),
      },
    );
  if (ctx.params['topic'] === undefined) {
    send(ctx, 200, resourceList('KafkaConsumerAssignment', links.url(...path), all.map(data)));
    return;
  }
  const partition = numberParameter(ctx, 'partition');
  const found = all.find((one) => one.topic === ctx.params['topic'] && one.partition === partition);
  if (found === undefined) throw notFound();
  send(ctx, 200, data(found));
}

/** `GET …/lags`, the largest first, and the lag in one partition. */
export async function lags(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, group } = await requireGroup(ctx, client);
  const { id, links } = cluster;
  const all = (await readLags(client, group, ctx.signal)).sort(
    (a, b) => b.lag - a.lag || byText(a.topic, b.topic) || a.partition - b.partition,
  );
  const path = [id, 'consumer-groups', group.groupId, 'lags'] as const;
  const data = (one: Lag) =>
    resource(
      'KafkaConsumerLag',
      links.url(...path, one.topic, 'partitions', one.partition),
      [id, 'consumer-group', group.groupId, 'lag', one.topic, 'partition', one.partition],
      {
        cluster_id: id,
        consumer_group_id: group.groupId,
        topic_name: one.topic,
        partition_id: one.partition,
        consumer_id: one.memberId,
        instance_id: one.instanceId,
        client_id: one.clientId,
        current_offset: one.currentOffset,
        log_end_offset: one.logEndOffset,
        lag: one.lag,
      },
    );
  if (ctx.params['topic'] === undefined) {
    if (all.length === 0) throw notFound('Consumer lags not found.');
    send(ctx, 200, resourceList('KafkaConsumerLag', links.url(...path), all.map(data)));
    return;
  }
  const partition = numberParameter(ctx, 'partition');
  const found = all.find((one) => one.topic === ctx.params['topic'] && one.partition === partition);
  if (found === undefined) throw notFound();
  send(ctx, 200, data(found));
}

/** `GET …/lag-summary`: the sum, and where the lag is largest. */
export async function lagSummary(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const { cluster, group } = await requireGroup(ctx, client);
  const { id, links } = cluster;
  const all = await readLags(client, group, ctx.signal);
  if (all.length === 0) throw notFound('Consumer group offsets could not be found.');
  const max = all.reduce((a, b) => (b.lag > a.lag ? b : a));
  const path = [id, 'consumer-groups', group.groupId] as const;
  send(
    ctx,
    200,
    resource(
      'KafkaConsumerGroupLagSummary',
      links.url(...path, 'lag-summary'),
      [id, 'consumer-group', group.groupId, 'lag-summary'],
      {
        cluster_id: id,
        consumer_group_id: group.groupId,
        max_lag_consumer_id: max.memberId,
        max_lag_instance_id: max.instanceId,
        max_lag_client_id: max.clientId,
        max_lag_topic_name: max.topic,
        max_lag_partition_id: max.partition,
        max_lag: max.lag,
        total_lag: all.reduce((sum, { lag }) => sum + lag, 0),
        max_lag_consumer: links.related(...path, 'consumers', max.memberId),
        max_lag_partition: links.related(id, 'topics', max.topic, 'partitions', max.partition),
      },
    ),
  );
}

interface Lag {
  topic: string;
  partition: number;
  /** '' for a partition that no member reads at present. */
  memberId: string;
  instanceId: string | null;
  clientId: string;
  currentOffset: number;
  logEndOffset: number;
  lag: number;
}

/** Of every partition that the group has committed; open transactions are not waited for. */
async function readLags(client: KafkaClient, group: GroupDescription, signal: AbortSignal): Promise<Lag[]> {
  const committed = await client.committedOffsets(group.groupId, { signal });
  const wanted: Record<string, Record<number, number>> = {};
  for (const { topic, partition } of committed) {
    wanted[topic] = { ...wanted[topic], [partition]: OffsetSpec.latest };
  }
  const ends = await client.listOffsetsOf(wanted, { isolation: 'read_committed', signal });
  return committed.map(({ topic, partition, offset }) => {
    const member = group.members.find(({ assignment }) =>
      assignment.some((one) => one.topic === topic && one.partitions.includes(partition)),
    );
    const logEndOffset = ends[topic]![partition]!.offset;
    return {
      topic,
      partition,
      memberId: member?.memberId ?? '',
      instanceId: member?.groupInstanceId ?? null,
      clientId: member?.clientId ?? '',
      currentOffset: offset,
      logEndOffset,
      lag: logEndOffset - offset,
    };
  });
}

async function requireGroup(
  ctx: HttpContext,
  client: KafkaClient,
  message: string | undefined = `Consumer Group ${ctx.params['group']} could not be found.`,
): Promise<{ cluster: Cluster; group: GroupDescription }> {
  const cluster = await requireCluster(ctx, client);
  const [group] = await client.describeGroups([ctx.params['group']!], { signal: ctx.signal });
  if (isGone(group!)) throw notFound(message);
  if (group!.error !== null) throw group!.error;
  return { cluster, group: group! };
}

/** Kafka describes a group that does not exist as one that is dead. */
function isGone({ error, state, protocolType }: GroupDescription): boolean {
  return error?.kafkaName === 'GROUP_ID_NOT_FOUND' || (error === null && state === 'Dead' && protocolType === '');
}

function memberOf(ctx: HttpContext, group: GroupDescription, message?: string): GroupDescription['members'][number] {
  const wanted = ctx.params['consumer']!;
  const found = group.members.find(({ memberId }) => memberId === wanted);
  if (found !== undefined) return found;
  throw notFound(message?.replace('%s', wanted));
}

function groupData({ id, links }: Cluster, group: GroupDescription): object {
  const path = [id, 'consumer-groups', group.groupId] as const;
  return resource('KafkaConsumerGroup', links.url(...path), [id, 'consumer-group', group.groupId], {
    cluster_id: id,
    consumer_group_id: group.groupId,
    is_simple: group.protocolType === '',
    partition_assignor: group.protocol,
    // PreparingRebalance is PREPARING_REBALANCE here.
    state: group.state.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
    type: group.type.toUpperCase(),
    is_mixed_consumer_group: group.isMixed,
    coordinator: links.related(id, 'brokers', group.coordinator?.id ?? -1),
    consumers: links.related(...path, 'consumers'),
    lag_summary: links.related(...path, 'lag-summary'),
  });
}
