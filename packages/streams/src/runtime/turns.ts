import type { SubtopologyPlan } from '../topology/topology-plan.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { RunningTask } from './running-task.ts';
import { TaskFailure } from './task-failure.ts';

/** How long the tasks of a subtopology wait for input of one of them that is on its way. */
const waitMsMax = 1_000;
/** How far a task may run ahead of the others before a repartition topic, by the times of records. */
const aheadMsMax = 100;

/** The tasks of a subtopology, one for each partition. */
interface Group {
  readonly tasks: Set<RunningTask>;
  /** Those that have input. */
  readonly ready: Set<RunningTask>;
  /** They write to a topic that is read again, where what is too old is late: none may run ahead of the others. */
  readonly isOrdered: boolean;
  /** Since when they wait for one that has no input yet; -1: they do not. */
  waitingSinceMs: number;
}

/**
 * Whose turn it is. Subtopologies go one after the other; of the tasks of one, that goes whose next record is the oldest, so that their
 * stream times stay together. Tasks without input are not looked at: ten thousand that have nothing cost nothing.
 */
export class Turns {
  readonly #groups = new Map<SubtopologyPlan, Group>();
  readonly #owners = new Map<PartitionQueue, RunningTask>();
  readonly #ready = new Set<Group>();
  /**
   * Of the task that `next` gave: how far it may go, by the times of its records, before others of its subtopology fall behind; infinite
   * where that does not matter.
   */
  turnEndMs = Number.POSITIVE_INFINITY;

  add(running: RunningTask): void {
    const { task, topology } = running;
    let group = this.#groups.get(task.plan);
    if (group === undefined) {
      const { repartitionTopics } = topology.plan;
      const isOrdered = task.plan.nodes.some(
        (node) => node.kind === 'sink' && typeof node.topic === 'string' && repartitionTopics.has(node.topic),
      );
      group = { tasks: new Set(), ready: new Set(), isOrdered, waitingSinceMs: -1 };
      this.#groups.set(task.plan, group);
    }
    group.tasks.add(running);
    for (const queue of task.queues.values()) this.#owners.set(queue, running);
  }

  remove(running: RunningTask): void {
    const { task } = running;
    for (const queue of task.queues.values()) this.#owners.delete(queue);
    const group = this.#groups.get(task.plan);
    if (group === undefined) return;
    group.tasks.delete(running);
    group.ready.delete(running);
    if (group.tasks.size > 0) return;
    this.#groups.delete(task.plan);
    this.#ready.delete(group);
  }

  /** A queue was given something; the task that it belongs to. */
  gotInput(queue: PartitionQueue): RunningTask | undefined {
    const running = this.#owners.get(queue);
    const group = running && this.#groups.get(running.task.plan);
    if (group === undefined) return undefined;
    group.ready.add(running!);
    this.#ready.add(group);
    return running;
  }

  /** Somebody has input, be it that he may not work on it at the moment. */
  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** The task that goes next; null when none can at the moment. */
  next(): RunningTask | null {
    for (const group of this.#ready) {
      const running = this.#oldestOf(group);
      if (group.ready.size === 0) this.#ready.delete(group);
      if (running === null || mustWait(group)) continue;
      // To the end of the line.
      this.#ready.delete(group);
      this.#ready.add(group);
      return running;
    }
    return null;
  }

  #oldestOf(group: Group): RunningTask | null {
    let oldest: RunningTask | null = null;
    let oldestMs = Number.POSITIVE_INFINITY;
    let secondMs = Number.POSITIVE_INFINITY;
    for (const running of group.ready) {
      const { isEnding, task, topology } = running;
      if (isEnding || topology.isPaused || task.isPaused) continue;
      const timestamp = timeOf(running);
      if (timestamp < oldestMs) {
        oldest = running;
        secondMs = oldestMs;
        oldestMs = timestamp;
      } else if (timestamp < secondMs) secondMs = timestamp;
      else if (task.isDrained) group.ready.delete(running);
    }
    this.turnEndMs = group.isOrdered ? secondMs + aheadMsMax : Number.POSITIVE_INFINITY;
    return oldest;
  }
}

function timeOf({ task, topology }: RunningTask): number {
  try {
    return task.nextTimestamp();
  } catch (error) {
    throw new TaskFailure(topology, error);
  }
}

function mustWait(group: Group): boolean {
  if (!group.isOrdered) return false;
  let isComplete = true;
  for (const { isEnding, task } of group.tasks) {
    if (!isEnding && !task.isPaused && task.isStarved) isComplete = false;
  }
  if (isComplete) {
    group.waitingSinceMs = -1;
    return false;
  }
  const now = performance.now();
  if (group.waitingSinceMs < 0) group.waitingSinceMs = now;
  return now - group.waitingSinceMs < waitMsMax;
}
