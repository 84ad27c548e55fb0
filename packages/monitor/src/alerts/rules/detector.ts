import type { Labels } from '../model/labels.ts';
import type { EventRecord } from './event-record.ts';

/** Where detectors say what holds: `RuleInstances`, or nobody while the past is looked at. */
export interface Conditions {
  set(key: string, labels: Labels, value: number | string | null, atMs: number, causeMs: number | null): void;
  clear(key: string, atMs: number): void;
}

export const noConditions: Conditions = { set() {}, clear() {} };

/** Finds out from records of topics, as they come, and from time that goes by. */
export interface EventDetector {
  readonly topics: readonly string[];
  /** How much of the past it has to see after a restart to know what it knew. */
  readonly lookbackMs: number;
  /** Only what `confirm` says holds after a restart; otherwise what held goes on until a record says something else. */
  readonly isForgetful: boolean;
  /** Things that were not looked at because there were too many. */
  readonly overflowed: number;
  onRecord(record: EventRecord, atMs: number, conditions: Conditions): void;
  /** Infinity: nothing happens without a record. */
  nextDueMs(): number;
  advance(atMs: number, conditions: Conditions): void;
  /** Says all that holds now. */
  confirm(atMs: number, conditions: Conditions): void;
  /** A thing that is known from before a restart. */
  adopt?(key: string, labels: Labels): void;
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number | string | null;
}

/** Asks again and again; what an answer does not have any more is over. */
export interface PollDetector {
  readonly intervalMs: number;
  /** Rejects when it could not find out: what was known stays. */
  poll(nowMs: number, signal: AbortSignal): Promise<Sample[]>;
}

/** Has rows pushed to it, for as long as `run` goes on; it is started again when it ends. */
export interface StreamDetector {
  readonly holdMs: number;
  run(onSample: (sample: Sample) => void, signal: AbortSignal): Promise<void>;
}
