import type { GroupEntry } from './group-directory.ts';

/**
 * Offsets that `offsets.retention.minutes` lets go (KIP-211): of a group without members, counted from when it became empty; of one
 * that only commits, from the commit; of a live consumer group only those of topics that nobody in it subscribes to any more.
 */
export function collectExpired({ group, offsets }: GroupEntry, nowMs: number, retentionMs: number) {
  if (group.kind === 'consumer') {
    const subscribed = group.subscribedTopics();
    return offsets.collect(
      (topic, { commitTimestamp }) => !subscribed?.has(topic) && nowMs - commitTimestamp >= retentionMs,
    );
  }
  const isSimple = group.protocolType === null || group.protocolType === '';
  if (group.state === 'Empty' && !isSimple) {
    return offsets.collect((_topic, { commitTimestamp, expireTimestamp }) => {
      if (expireTimestamp >= 0) return nowMs >= expireTimestamp;
      const sinceMs = group.stateSinceMs >= 0 ? group.stateSinceMs : commitTimestamp;
      return nowMs - Math.max(sinceMs, commitTimestamp) >= retentionMs;
    });
  }
  if (isSimple) {
    return offsets.collect((_topic, { commitTimestamp, expireTimestamp }) =>
      expireTimestamp >= 0 ? nowMs >= expireTimestamp : nowMs - commitTimestamp >= retentionMs,
    );
  }
  const subscribed = group.subscribedTopics();
  if (group.state !== 'Stable' || subscribed === null) return [];
  return offsets.collect(
    (topic, { commitTimestamp }) => !subscribed.has(topic) && nowMs - commitTimestamp >= retentionMs,
  );
}
