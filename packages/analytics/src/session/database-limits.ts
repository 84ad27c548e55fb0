export interface DatabaseLimits {
  /** How long a unit waits for its turn. */
  waitMsMax: number;
  /**
   * How long PostgreSQL waits for a client that holds it: in a transaction, in the middle of a unit, and, while others wait for their turn, with a result
   * that the client does not read.
   */
  idleInTransactionMsMax: number;
  /** How long without a unit until PostgreSQL is ended; 0: never. */
  idleMsMax: number;
  /** Units that wait. */
  waitingMax: number;
}

export interface DatabaseFigures {
  turns: number;
  switches: number;
  starts: number;
  waitedMs: number;
}
