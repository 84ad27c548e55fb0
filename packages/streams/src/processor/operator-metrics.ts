import { Operator } from './operator.ts';
import type { TaskMetrics } from './task-metrics.ts';

/** What one operator of a task has counted. */
export interface OperatorReading {
  /** Of its node. */
  readonly name: string;
  readonly recordsIn: number;
  /** Came after their window was closed. */
  readonly lateRecordsDropped: number;
  /** Had no key, or a key or value that it cannot use. */
  readonly recordsSkipped: number;
}

/** What the operators have dropped that are being called by one of them. */
export interface OperatorFrame {
  late: number;
  skipped: number;
}

/** Stands before an operator where they are counted one by one: costs a call for each record and operator, so that is asked for. */
export class CountedOperator extends Operator implements OperatorReading {
  readonly name: string;
  recordsIn = 0;
  lateRecordsDropped = 0;
  recordsSkipped = 0;
  readonly #metrics: TaskMetrics;
  readonly #frame: OperatorFrame;

  constructor(name: string, operator: Operator, metrics: TaskMetrics, frame: OperatorFrame) {
    super();
    this.name = name;
    this.next = operator;
    this.#metrics = metrics;
    this.#frame = frame;
  }

  process(key: unknown, value: unknown, timestamp: number): void {
    const metrics = this.#metrics;
    const frame = this.#frame;
    const { late, skipped } = frame;
    const lateBefore = metrics.lateRecordsDropped;
    const skippedBefore = metrics.recordsSkipped;
    frame.late = 0;
    frame.skipped = 0;
    this.recordsIn++;
    try {
      this.next.process(key, value, timestamp);
    } finally {
      const lateHere = metrics.lateRecordsDropped - lateBefore;
      const skippedHere = metrics.recordsSkipped - skippedBefore;
      // Without what those after it have dropped.
      this.lateRecordsDropped += lateHere - frame.late;
      this.recordsSkipped += skippedHere - frame.skipped;
      frame.late = late + lateHere;
      frame.skipped = skipped + skippedHere;
    }
  }
}
