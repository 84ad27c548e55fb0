/** Counted by the operators of a task. */
export class TaskMetrics {
  recordsIn = 0;
  recordsOut = 0;
  /** Came after their window was closed. */
  lateRecordsDropped = 0;
  /** Had no key, or a key or value that an operator cannot use. */
  recordsSkipped = 0;
  /** Could not be read, processed or written, and the policy was to go on. */
  recordsFailed = 0;
  recordsDeadLettered = 0;
  /** Were not worked on because a store had no room on the disk; part of `recordsFailed` too. */
  storeFailures = 0;
  punctuations = 0;
  /** Time that they took. */
  punctuationMs = 0;
}
