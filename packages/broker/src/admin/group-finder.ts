import type { GroupCoordinator } from '../groups/coordinator.ts';

/**
 * In which group a client reads a topic. A fetch does not say, but a member of a group has the same client id and says what it
 * subscribes to. Looked up for a picture once a second, not for each fetch.
 */
export function groupFinder(groups: GroupCoordinator): (clientId: string, topic: string) => string | null {
  const byClient = new Map<string, { groupId: string; topics: ReadonlySet<string> | null }[]>();
  for (const [groupId, { group }] of groups.entries()) {
    if (group.memberCount === 0) continue;
    const topics = group.subscribedTopics();
    for (const clientId of new Set(group.clientIds())) {
      const found = byClient.get(clientId) ?? [];
      found.push({ groupId, topics });
      byClient.set(clientId, found);
    }
  }
  return (clientId, topic) => byClient.get(clientId)?.find(({ topics }) => topics?.has(topic) ?? true)?.groupId ?? null;
}
