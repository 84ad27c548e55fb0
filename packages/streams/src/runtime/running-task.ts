import type { TaskCheckpoint } from '../checkpoint/task-checkpoint.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { Task } from './task.ts';
import type { TopologyInstance } from './topology-instance.ts';

/** A task that this instance works on. */
export interface RunningTask {
  /** Unique in the application: see `TopologyInstance.taskNames`. */
  readonly name: string;
  readonly task: Task;
  /** Null without a state directory. */
  readonly checkpoint: TaskCheckpoint | null;
  readonly topology: TopologyInstance;
  /** By topic: what was committed last. */
  readonly committed: Map<string, number>;
  /** Where each of its queues begins. */
  readonly positions: Map<PartitionQueue, number>;
  /** It is about to go: nothing more is worked on, so that its last commit is all of it. */
  isEnding: boolean;
}
