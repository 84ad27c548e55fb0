import type { TopologyPlan } from '../topology/topology-plan.ts';
import type { ErrorPolicies } from './error-policy.ts';
import type { SubtopologyLayout, TopicLayout } from './topic-layout.ts';

/** 'failed': an error that its policy does not go on after; the application's other topologies run on. */
export type TopologyState = 'added' | 'starting' | 'running' | 'failed' | 'removed';

export interface TopologySettings {
  readonly errors: ErrorPolicies;
  readonly onFailed: (error: unknown) => void;
  readonly isEachUpdateSent: boolean;
}

/** A topology as it runs in an application: its plan, the topics that it has, and the group that keeps its offsets. */
export class TopologyInstance {
  /** Empty for the application's main one. */
  readonly name: string;
  readonly plan: TopologyPlan;
  /** Of the group that its offsets are kept in. */
  readonly groupId: string;
  layout: TopicLayout | null = null;
  /** What becomes of its records that something goes wrong with. */
  readonly errors: ErrorPolicies;
  readonly onFailed: (error: unknown) => void;
  readonly isEachUpdateSent: boolean;
  isPaused = false;
  state: TopologyState = 'added';
  failure: unknown = null;
  /** Resolves when the first tasks of it were given out; those of this instance run then. */
  readonly started = Promise.withResolvers<void>();

  constructor(
    name: string,
    plan: TopologyPlan,
    groupId: string,
    { errors, isEachUpdateSent, onFailed }: TopologySettings,
  ) {
    this.name = name;
    this.plan = plan;
    this.groupId = groupId;
    this.errors = errors;
    this.onFailed = onFailed;
    this.isEachUpdateSent = isEachUpdateSent;
    this.started.promise.catch(() => {});
  }

  /** False when that was known already. */
  fail(error: unknown): boolean {
    if (this.state === 'failed' || this.state === 'removed') return false;
    this.state = 'failed';
    this.failure = error;
    this.started.reject(error);
    return true;
  }

  /** Topics that it reads and does not make itself, but for those that a pattern finds. */
  givenTopics(): string[] {
    const { globalTables, repartitionTopics, subtopologies } = this.plan;
    const sources = subtopologies.flatMap((subtopology) => subtopology.sources.map(({ topics }) => topics));
    const named = sources.flatMap((topics) => (topics instanceof RegExp ? [] : topics));
    const global = Array.from(globalTables.values(), ({ topic }) => topic);
    return [...new Set([...named.filter((topic) => !repartitionTopics.has(topic)), ...global])];
  }

  /** All topics that it has to do with; null when they are known only with the cluster's others, or with its records. */
  topicNames(): string[] | null {
    const { repartitionTopics, subtopologies } = this.plan;
    const names = new Set([...this.writtenTopics(), ...repartitionTopics.keys(), ...this.givenTopics()]);
    for (const { nodes, sources, stores } of subtopologies) {
      if (nodes.some((node) => node.kind === 'sink' && typeof node.topic !== 'string')) return null;
      for (const { topics } of sources) {
        if (topics instanceof RegExp) return null;
        for (const topic of topics) names.add(topic);
      }
      for (const { changelog } of stores) if (changelog?.topic !== undefined) names.add(changelog.topic);
    }
    return [...names];
  }

  /** Topics that it writes to, as far as they are known before there are records. */
  writtenTopics(): string[] {
    const sinks = this.plan.subtopologies.flatMap(({ changelogs, nodes }) => [
      ...changelogs.values(),
      ...nodes.flatMap((node) => (node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : [])),
    ]);
    const { deadLetterTopic } = this.errors;
    return deadLetterTopic === null ? sinks : [...sinks, deadLetterTopic];
  }

  /** Its tasks are to be worked on. */
  get isWanted(): boolean {
    return this.state === 'starting' || this.state === 'running';
  }

  /** Names of all its tasks, unique in the application. */
  taskNames(): string[] {
    if (!this.isWanted) return [];
    return (this.layout?.subtopologies ?? []).flatMap(({ plan, tasksCount }) =>
      Array.from({ length: tasksCount }, (_, partition) => taskNameOf(this.name, plan.id, partition)),
    );
  }

  /** What it reads. */
  topics(): string[] {
    return (this.layout?.subtopologies ?? []).flatMap(({ topics }) => [...topics.values()].flat());
  }

  /** Those with a changelog of their own. */
  statefulTaskNames(): string[] {
    if (!this.isWanted) return [];
    return (this.layout?.subtopologies ?? []).flatMap(({ plan, tasksCount }) => {
      const isStateful = plan.stores.some(({ changelog }) => changelog !== null && changelog.topic === undefined);
      return isStateful
        ? Array.from({ length: tasksCount }, (_, partition) => taskNameOf(this.name, plan.id, partition))
        : [];
    });
  }

  /** What a task of the name is made of; undefined when it is not one of this topology. */
  taskOf(name: string): { subtopology: SubtopologyLayout; partition: number } | undefined {
    const [topology, task] = splitTaskName(name);
    if (topology !== this.name) return undefined;
    const [id, partition] = task.split('_').map(Number);
    const subtopology = this.layout?.subtopologies.find(({ plan }) => plan.id === id);
    return subtopology === undefined || partition! >= subtopology.tasksCount
      ? undefined
      : { subtopology, partition: partition! };
  }
}

/** @example taskNameOf('trends', 0, 3) // 'trends/0_3' */
function taskNameOf(topology: string, subtopology: number, partition: number): string {
  return `${topology}/${subtopology}_${partition}`;
}

export function splitTaskName(name: string): [topology: string, task: string] {
  const slash = name.lastIndexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}
