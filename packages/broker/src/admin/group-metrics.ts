import type { BrokerContext } from '../context.ts';
import type { PrometheusText } from './prometheus.ts';

const offsetsMax = 5_000;
const groupsMax = 1_000;
const states = ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'];

interface CommittedAt {
  group: string;
  topic: string;
  partition: number;
  offset: number;
  lag: number | null;
}

/** Groups: their states as the coordinator's JMX tells them, offsets and lag as kafka_exporter. Returns what was left out. */
export function groupMetrics(text: PrometheusText, context: BrokerContext): number {
  const { groups } = context;
  const byState = new Map<string, number>();
  const members: [group: string, count: number][] = [];
  let memberCount = 0;
  let offsetCount = 0;
  for (const [groupId, { group, offsets }] of groups.entries()) {
    byState.set(group.state, (byState.get(group.state) ?? 0) + 1);
    memberCount += group.memberCount;
    offsetCount += offsets.count;
    if (members.length < groupsMax) members.push([groupId, group.memberCount]);
  }
  const manager = 'kafka_coordinator_group_groupmetadatamanager';
  text.gauge(`${manager}_numgroups`, 'Groups.', groups.groupCount);
  for (const state of states) {
    text.gauge(`${manager}_numgroups${state.toLowerCase()}`, `Groups that are ${state}.`, byState.get(state) ?? 0);
  }
  text.gauge(`${manager}_numoffsets`, 'Committed offsets.', offsetCount);
  text.gauge('headwater_kafka_group_members', 'Members of all groups.', memberCount);
  text.counter('headwater_kafka_group_rebalances_total', 'Generations that were made.', groups.rebalances);

  text.metric('kafka_consumergroup_members', 'gauge', 'Members of the group.');
  for (const [consumergroup, count] of members) text.sample('kafka_consumergroup_members', count, { consumergroup });
  const offsets = committed(context);
  const labels = ({ group, partition, topic }: CommittedAt) => ({
    consumergroup: group,
    topic,
    partition: String(partition),
  });
  text.metric('kafka_consumergroup_current_offset', 'gauge', 'Offset that the group has committed.');
  for (const each of offsets) text.sample('kafka_consumergroup_current_offset', each.offset, labels(each));
  text.metric('kafka_consumergroup_lag', 'gauge', 'Records from there to the end.');
  for (const each of offsets) if (each.lag !== null) text.sample('kafka_consumergroup_lag', each.lag, labels(each));
  sums(
    text,
    'kafka_consumergroup_current_offset_sum',
    'The same of all partitions of the topic.',
    offsets,
    ({ offset }) => offset,
  );
  sums(text, 'kafka_consumergroup_lag_sum', 'The same of all partitions of the topic.', offsets, ({ lag }) => lag ?? 0);
  return Math.max(0, offsetCount - offsets.length) + Math.max(0, groups.groupCount - members.length);
}

function committed({ groups, store }: BrokerContext): CommittedAt[] {
  const found: CommittedAt[] = [];
  for (const [group, { offsets }] of groups.entries()) {
    for (const topic of offsets.topics()) {
      for (const [partition, { offset }] of offsets.partitions(topic)) {
        if (found.length >= offsetsMax) return found;
        let lag: number | null = null;
        try {
          const log = store.partition(topic, partition);
          if (log !== undefined) lag = Math.max(0, log.highWatermark - offset);
        } catch {
          // Its log cannot be opened, which is told elsewhere.
        }
        found.push({ group, topic, partition, offset, lag });
      }
    }
  }
  return found;
}

function sums(
  text: PrometheusText,
  name: string,
  help: string,
  offsets: readonly CommittedAt[],
  value: (at: CommittedAt) => number,
): void {
  const byTopic = new Map<string, { consumergroup: string; topic: string; sum: number }>();
  for (const each of offsets) {
    const key = `${each.topic}/${each.group}`;
    const entry = byTopic.get(key) ?? { consumergroup: each.group, topic: each.topic, sum: 0 };
    entry.sum += value(each);
    byTopic.set(key, entry);
  }
  text.metric(name, 'gauge', help);
  for (const { consumergroup, sum, topic } of byTopic.values()) text.sample(name, sum, { consumergroup, topic });
}
