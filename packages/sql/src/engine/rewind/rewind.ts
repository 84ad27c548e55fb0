import type { RewindStart } from '../../syntax/ast/index.ts';
import type { PersistentQuery } from '../engine-services.ts';

/** Where input begins: offsets by topic and partition. */
export type StartOffsets = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** A topic that a rewound query reads. */
export interface RewoundInput {
  readonly topic: string;
  /** Tables are read whole: of what they were at a moment, all rows before it are part. */
  readonly isTable: boolean;
}

/**
 * `rewinding` works on what the log holds · `swapping` has caught up, and is about to take the old one's place · `failed` cannot go on; the old one
 * does.
 */
export type RewindState = 'rewinding' | 'swapping' | 'failed';

export interface RewindProgress {
  readonly state: RewindState;
  /** From where it began to where the log ends: about, as transactions and cleaners leave gaps. */
  readonly recordsTotal: number;
  readonly recordsLeft: number;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** Null: not known. */
  readonly etaMs: number | null;
  /** Why it cannot go on. */
  readonly error: string | null;
}

/** A query's new generation, which is rebuilt beside the one that runs. */
export interface Rewind {
  /** Of the new generation: its topology, group, stores and internal topics. */
  readonly runId: string;
  readonly statement: string;
  /** The one that runs until then. */
  readonly previous: PersistentQuery;
  /** The new generation until the swap: a table's results go to a topic of its own. */
  readonly building: PersistentQuery;
  /** The new generation in the place of the previous one. */
  readonly query: PersistentQuery;
  /** Where a table's results go until the swap; null: of a stream, which has a new topic that stays. */
  readonly resultsTopic: string | null;
  readonly inputs: readonly RewoundInput[];
  readonly to: RewindStart;
  /** Null when it was begun by an earlier process: its group knows. */
  readonly starts: StartOffsets | null;
}

/** Runs new generations beside the old ones. */
export interface RewindRuntime {
  /** @throws SqlError when the log no longer holds it, or never had it: with the earliest that can be asked for */
  starts(inputs: readonly RewoundInput[], to: RewindStart): Promise<StartOffsets>;
  /** Whether a topic that is there holds nothing. */
  isEmpty(topic: string): Promise<boolean>;
  /** The topic for the results of a table's new generation. */
  resultsTopicOf(runId: string): string;
  /**
   * Begins, or goes on after a restart. When it has caught up the swap follows by itself.
   *
   * @returns where it begins; null while statements of an earlier process are done again
   */
  start(rewind: Rewind): Promise<StartOffsets | null>;
  /** Ends it, and takes away all that is its own. May be called twice. */
  cancel(rewind: Rewind): Promise<void>;
  /** The new generation runs in the old one's place, `swap` is called, and then nothing remains of the old one. */
  takePlace(rewind: Rewind, swap: () => void): Promise<void>;
  /** Null: nothing is known of it. */
  progress(runId: string): RewindProgress | null;
}
