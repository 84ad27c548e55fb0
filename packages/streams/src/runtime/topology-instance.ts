import type { TopologyPlan } from '../topology/topology-plan.ts';
import type { SubtopologyLayout, TopicLayout } from './topic-layout.ts';

/** A topology as it runs in an application: its plan, the topics that it has, and the group that keeps its offsets. */
export class TopologyInstance {
  /** Empty for the application's main one. */
  readonly name: string;
  readonly plan: TopologyPlan;
  /** Of the group that its offsets are kept in. */
  readonly groupId: string;
  layout: TopicLayout | null = null;
  isPaused = false;

  constructor(name: string, plan: TopologyPlan, groupId: string) {
    this.name = name;
    this.plan = plan;
    this.groupId = groupId;
  }

  /** Names of all its tasks, unique in the application. */
  taskNames(): string[] {
    return (this.layout?.subtopologies ?? []).flatMap(({ plan, tasksCount }) =>
      Array.from({ length: tasksCount }, (_, partition) => taskNameOf(this.name, plan.id, partition)),
    );
  }

  /** What it reads. */
  topics(): string[] {
    return (this.layout?.subtopologies ?? []).flatMap(({ topics }) => [...topics.values()].flat());
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
