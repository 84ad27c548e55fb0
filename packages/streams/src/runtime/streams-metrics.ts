import type { OperatorReading } from '../processor/operator-metrics.ts';
import type { TaskMetrics } from '../processor/task-metrics.ts';
import type { RestoreReading } from './restore-progress.ts';
import type { RunningTask } from './running-task.ts';
import type { TopologyState } from './topology-instance.ts';

export interface StoreReading {
  readonly name: string;
  /** About. */
  readonly rows: number;
  /** About: on the disk, and of what is not there yet; of stores in memory as many as they would have when they are written. */
  readonly bytes: number;
}

export interface InputReading {
  readonly topic: string;
  readonly partition: number;
  /** All before it was worked on. */
  readonly offset: number;
  /** Records of the log that were not worked on yet, as last heard; -1 before. */
  readonly lagRecords: number;
}

/** The counters of a task since it came to this instance, and where it stands. */
export interface TaskReading extends Readonly<TaskMetrics> {
  /** Empty for the main topology. */
  readonly topology: string;
  /** `subtopology_partition`. */
  readonly taskId: string;
  /** The greatest timestamp so far, epoch milliseconds; -1 before the first record. */
  readonly streamTimeMs: number;
  /** Fetched and not worked on. */
  readonly bufferedBytes: number;
  readonly inputs: readonly InputReading[];
  readonly stores: readonly StoreReading[];
  /** None unless the application has `operatorMetrics`. */
  readonly operators: readonly OperatorReading[];
}

export interface CommitReading {
  readonly count: number;
  /** From the flush of the operators to the cluster's answer, of the last one and of all. */
  readonly lastMs: number;
  readonly totalMs: number;
}

/** What runs on this instance, read from counters that are kept anyway: to ask for it costs the work nothing. */
export interface StreamsReading {
  readonly topologies: readonly { readonly name: string; readonly state: TopologyState; readonly isPaused: boolean }[];
  readonly tasks: readonly TaskReading[];
  readonly commits: CommitReading;
  /** Stores that are being filled. */
  readonly restores: readonly RestoreReading[];
}

export function readTask({ positions, task, topology }: RunningTask): TaskReading {
  const { bufferedBytes, metrics, operatorMetrics, queues, stores, streamTimeMs, taskId } = task;
  return {
    topology: topology.name,
    taskId,
    ...metrics,
    streamTimeMs,
    bufferedBytes,
    inputs: Array.from(queues.values(), (queue) => {
      const { endOffset, nextOffset, partition, topic } = queue;
      const position = nextOffset >= 0 ? nextOffset : (positions.get(queue) ?? 0);
      return { topic, partition, offset: position, lagRecords: endOffset < 0 ? -1 : Math.max(0, endOffset - position) };
    }),
    stores: Array.from(stores.values(), (store) => ({
      name: store.name,
      rows: store.count,
      bytes: task.sizeBytesOf(store),
    })),
    operators: operatorMetrics.map(operatorReading),
  };
}

/** The counters as they are now. */
export function operatorReading({
  lateRecordsDropped,
  name,
  recordsIn,
  recordsSkipped,
}: OperatorReading): OperatorReading {
  return { name, recordsIn, lateRecordsDropped, recordsSkipped };
}
