import type { KafkaClient, NewTopic } from '@headwater/client';
import { ErrorCode } from '@headwater/protocol';
import { StreamsError } from '../streams-error.ts';
import type { SourceSpec } from '../topology/node-spec.ts';
import type { SubtopologyPlan, TopologyPlan } from '../topology/topology-plan.ts';

/** How a subtopology is shared out: one task for each partition of its input. */
export interface SubtopologyLayout {
  readonly plan: SubtopologyPlan;
  readonly tasksCount: number;
  /** What each source reads; a pattern's topics by name. */
  readonly topics: ReadonlyMap<SourceSpec, readonly string[]>;
}

export interface TopicLayout {
  readonly subtopologies: readonly SubtopologyLayout[];
  /** Topics that are read, with the number of their partitions. */
  readonly partitions: ReadonlyMap<string, number>;
  /** Topics of the application's own, to be made. */
  readonly internalTopics: readonly NewTopic[];
}

const repartitionConfigs = {
  'cleanup.policy': 'delete',
  // Read once and let go then, never because of their age.
  'retention.ms': '-1',
  'segment.bytes': String(50 * 1024 * 1024),
};

/**
 * Which partitions there are to read and which topics are to be made for a topology: repartition topics have as many partitions as what
 * they come from or are joined with, changelogs one for each task.
 *
 * @throws StreamsError HW_STREAMS_TOPOLOGY for a topic that is not there, HW_STREAMS_CO_PARTITIONING for a join of unequal topics
 */
export function layOut(plan: TopologyPlan, known: ReadonlyMap<string, number>, replicationFactor: number): TopicLayout {
  // Its own topics alone: with a copy of all, many topologies of many topics would take memory by their square.
  const partitions = new Map<string, number>();
  const topicsOf = new Map<SourceSpec, readonly string[]>();
  for (const { sources } of plan.subtopologies) {
    for (const source of sources) {
      const { topics } = source;
      topicsOf.set(
        source,
        topics instanceof RegExp ? [...known.keys()].filter((name) => matches(topics, name)) : topics,
      );
    }
  }
  for (const topic of [...topicsOf.values()].flat()) {
    const count = known.get(topic);
    if (count !== undefined) partitions.set(topic, count);
  }
  const groupOf = (topic: string) => plan.coPartitioned.filter((topics) => topics.includes(topic)).flat();
  for (const [name, topic] of plan.repartitionTopics) {
    partitions.delete(name);
    if (topic.partitions !== null) partitions.set(name, topic.partitions);
  }
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    for (const name of plan.repartitionTopics.keys()) {
      if (partitions.has(name)) continue;
      const joined = groupOf(name).flatMap((topic) => partitions.get(topic) ?? []);
      const before = writersOf(plan, name).flatMap(({ sources }) => sources.flatMap((source) => topicsOf.get(source)!));
      const isKnown = before.every((topic) => partitions.has(topic));
      const count = joined.length > 0 ? Math.max(...joined) : isKnown ? maxOf(before, partitions) : 0;
      if (count === 0) continue;
      partitions.set(name, count);
      isSettled = false;
    }
  }
  for (const topic of [...topicsOf.values()].flat()) {
    if (partitions.has(topic)) continue;
    const message = `There is no topic ${topic}; make it first, only topics of the application's own are made by it`;
    throw new StreamsError('HW_STREAMS_TOPOLOGY', message);
  }
  for (const topics of plan.coPartitioned) checkEqual(topics, partitions);
  const subtopologies = plan.subtopologies.map((subtopology) => {
    const topics = new Map(subtopology.sources.map((source) => [source, topicsOf.get(source)!]));
    return { plan: subtopology, tasksCount: maxOf([...topics.values()].flat(), partitions), topics };
  });
  return {
    subtopologies,
    partitions,
    internalTopics: internalTopicsOf(plan, subtopologies, partitions, replicationFactor),
  };
}

function internalTopicsOf(
  plan: TopologyPlan,
  subtopologies: readonly SubtopologyLayout[],
  partitions: ReadonlyMap<string, number>,
  replicationFactor: number,
): NewTopic[] {
  const topics: NewTopic[] = [];
  for (const name of plan.repartitionTopics.keys()) {
    topics.push({ name, partitions: partitions.get(name)!, replicationFactor, configs: repartitionConfigs });
  }
  for (const { plan: subtopology, tasksCount } of subtopologies) {
    for (const { changelog, name } of subtopology.stores) {
      if (changelog === null || changelog.topic !== undefined || tasksCount === 0) continue;
      const topic = subtopology.changelogs.get(name)!;
      topics.push({ name: topic, partitions: tasksCount, replicationFactor, configs: changelog.configs });
    }
  }
  return topics;
}

/** Makes the application's own topics that are not there yet. */
export async function makeInternalTopics(
  client: KafkaClient,
  topics: readonly NewTopic[],
  known: ReadonlyMap<string, number>,
): Promise<void> {
  for (const { name, partitions } of topics) {
    const found = known.get(name);
    if (found === undefined || found === partitions) continue;
    const message = `${name} has ${found} partitions and should have ${partitions}: the input was given more; stop the application, delete its own topics, and start it anew`;
    throw new StreamsError('HW_STREAMS_CO_PARTITIONING', message);
  }
  const missing = topics.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return;
  for (const { error, name } of await client.createTopics(missing)) {
    // Another instance was quicker.
    if (error === null || error.kafkaCode === ErrorCode.TOPIC_ALREADY_EXISTS) continue;
    throw new StreamsError('HW_STREAMS_TOPOLOGY', `${name} could not be made: ${error.message}`, { cause: error });
  }
}

function writersOf(plan: TopologyPlan, topic: string): SubtopologyPlan[] {
  return plan.subtopologies.filter(({ nodes }) => nodes.some((node) => node.kind === 'sink' && node.topic === topic));
}

function maxOf(topics: readonly string[], partitions: ReadonlyMap<string, number>): number {
  return topics.reduce((most, topic) => Math.max(most, partitions.get(topic) ?? 0), 0);
}

function checkEqual(topics: readonly string[], partitions: ReadonlyMap<string, number>): void {
  const counts = new Set(topics.map((topic) => partitions.get(topic)));
  if (counts.size <= 1) return;
  const list = topics.map((topic) => `${topic} has ${partitions.get(topic)}`).join(', ');
  const message = `What is joined needs equal partitions, but ${list}; send one side through repartition() first`;
  throw new StreamsError('HW_STREAMS_CO_PARTITIONING', message);
}

function matches(pattern: RegExp, name: string): boolean {
  if (name.startsWith('_')) return false;
  const found = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(name);
  return found !== null && found[0] === name;
}
