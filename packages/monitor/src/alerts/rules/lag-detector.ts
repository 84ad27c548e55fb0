import type { KafkaClient } from '@headwater/client';
import { groupLags } from '../../lag/group-lags.ts';
import type { LagRule } from '../config/rule-config.ts';
import type { PollDetector, Sample } from './detector.ts';

/** `lag`: how far groups are behind, and by how much that grew in a while, as the brokers know it. */
export function lagDetector(rule: LagRule, client: KafkaClient): PollDetector {
  /** By group and topic: what the lag was in the window. */
  const history = new Map<string, { atMs: number; lag: number }[]>();
  return {
    intervalMs: rule.intervalMs,
    async poll(nowMs, signal) {
      const lags = await groupLags(client, {
        isGroup: (group) => rule.group.matches({ group }),
        isTopic: (topic) => rule.topic.matches({ topic }),
        signal,
      });
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
