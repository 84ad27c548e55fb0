import type { Logger } from '@headwater/logger';
import type { Serde } from '../serdes/serde.ts';
import type { StateStore } from '../stores/state-store.ts';
import type { RecordContext } from './record-context.ts';
import type { TaskMetrics } from './task-metrics.ts';

/** `'stream-time'` goes on with the records' timestamps, `'wall-clock'` with the clock. */
export type PunctuationType = 'stream-time' | 'wall-clock';

export interface Cancellable {
  cancel(): void;
}

/** What an operator sees of the task that it is part of. */
export interface TaskContext {
  readonly applicationId: string;
  /** `subtopology_partition`, as in Kafka Streams. */
  readonly taskId: string;
  readonly partition: number;
  readonly record: RecordContext;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
  /** The greatest timestamp of the task's records so far; -1 before the first. */
  readonly streamTimeMs: number;
  /** Whether tables tell of each update at once; else once a commit, the last value of each row. */
  readonly isEachUpdateSent: boolean;
  /** Wall clock, epoch milliseconds. */
  now(): number;
  /** A store that the operator was connected to. @throws StreamsError HW_STREAMS_NO_STORE */
  store<S extends StateStore>(name: string): S;
  schedule(intervalMs: number, type: PunctuationType, callback: (timeMs: number) => void): Cancellable;
  /** Asks for a commit soon. */
  requestCommit(): void;
  /**
   * A time that is committed with the offsets, so that an operator goes on with it after a restart, for as long as it is not negative: what it
   * was at the last commit, -1 when there was none. To be called in `init`. `name`: unique in the task.
   */
  keepTime(name: string, read: () => number): number;
  /** Writes a record to a topic as part of the task's next commit. `partition`: by the key's hash when undefined. */
  send<K, V>(
    topic: string,
    key: K,
    value: V,
    timestamp: number,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    partition: number | undefined,
  ): void;
  partitionsOf(topic: string): number;
  /** For work that goes on after the record in work: what to call when it fails then, which does as the policy for processing says. */
  failLater(): (cause: unknown) => void;
  /** No further record until `resume()`: for operators that wait for something outside. Counted: each needs its own resume. */
  pause(): void;
  resume(): void;
}
