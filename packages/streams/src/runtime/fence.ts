import type { Offsets } from '@headwater/client';
import type { TopologyInstance } from './topology-instance.ts';

/**
 * An offset for the application's group that means nothing: of a topic that its main topology does not read. Committed beside what
 * belongs to other groups, so that a member of an older generation is refused. A topic of the application's own is taken before others.
 */
export function fenceOf(
  applicationId: string,
  topologies: ReadonlyMap<string, TopologyInstance>,
  partitions: ReadonlyMap<string, number>,
): Offsets {
  const isMain = ({ groupId }: TopologyInstance) => groupId === applicationId;
  const all = [...topologies.values()];
  const read = new Set(all.filter(isMain).flatMap(inputsOf));
  const own = all.flatMap(({ layout }) => (layout?.internalTopics ?? []).map(({ name }) => name));
  const others = all.filter((topology) => !isMain(topology)).flatMap(inputsOf);
  for (const topic of [...own, ...others, ...partitions.keys()]) {
    if (!read.has(topic) && !topic.startsWith('__') && partitions.has(topic)) return { [topic]: { 0: 0 } };
  }
  return {};
}

function inputsOf({ layout }: TopologyInstance): string[] {
  return (layout?.subtopologies ?? []).flatMap(({ topics }) => [...topics.values()].flat());
}
