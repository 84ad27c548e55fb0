import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { LagRule } from '../config/rule-config.ts';
import type { PollDetector, Sample } from './detector.ts';

const groupsMax = 2_000;

/** `lag`: how far groups are behind, and by how much that grew in a while, as the brokers know it. */
export function lagDetector(rule: LagRule, client: KafkaClient): PollDetector {
  /** By group and topic: what the lag was in the window. */
  const history = new Map<string, { atMs: number; lag: number }[]>();
  return {
    intervalMs: rule.intervalMs,
    async poll(nowMs, signal) {
      const lags = await lagsOf(rule, client, signal);
      const samples: Sample[] = [];
      for (const key of [...history.keys()]) if (!lags.has(key)) history.delete(key);
      for (const [key, { group, lag, topic }] of lags) {
        const past = history.get(key) ?? [];
        history.set(key, past);
        past.push({ atMs: nowMs, lag });
        while (past[0]!.atMs < nowMs - rule.windowMs) past.shift();
        const growth = lag - Math.min(...past.map((one) => one.lag));
        const isFar = rule.value !== null && lag > rule.value;
        const doesGrow = rule.growth !== null && growth > rule.growth;
        if (isFar || doesGrow) samples.push({ labels: { group, topic }, value: isFar ? lag : growth });
      }
      return samples;
    },
  };
}

async function lagsOf(rule: LagRule, client: KafkaClient, signal: AbortSignal) {
  const groups = (await client.listGroups({ signal }))
    .filter(({ groupId }) => rule.group.matches({ group: groupId }))
    .slice(0, groupsMax);
  const committed: { group: string; topic: string; partition: number; offset: number }[] = [];
  for (const { groupId } of groups)
    for (const { offset, partition, topic } of await client.committedOffsets(groupId, { signal }))
      if (offset >= 0 && rule.topic.matches({ topic })) committed.push({ group: groupId, topic, partition, offset });
  const wanted: Record<string, Record<number, number>> = {};
  for (const { partition, topic } of committed) (wanted[topic] ??= {})[partition] = OffsetSpec.latest;
  const ends = committed.length === 0 ? {} : await client.listOffsetsOf(wanted, { signal });
  const lags = new Map<string, { group: string; topic: string; lag: number }>();
  for (const { group, offset, partition, topic } of committed) {
    const key = `${group}\u0000${topic}`;
    const entry = lags.get(key) ?? { group, topic, lag: 0 };
    entry.lag += Math.max(0, (ends[topic]?.[partition]?.offset ?? offset) - offset);
    lags.set(key, entry);
  }
  return lags;
}
