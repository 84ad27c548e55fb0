/** Which requests a fault is for; all that are named must fit. A text may end in `*`, which stands for any rest. */
export interface FaultMatch {
  /** Names (`'Produce'`) or keys of APIs. Default: all but ApiVersions and authentication, so that clients can connect. */
  api?: string | number | readonly (string | number)[];
  /** A topic that the request names. */
  topic?: string;
  /** A partition of it. */
  partition?: number;
  clientId?: string;
  groupId?: string;
  transactionalId?: string;
}

export interface FaultLimits {
  /** Hits after which the fault is over; 1 is a one-shot. Default: until it is removed. */
  times?: number;
  /** Fitting requests that go through before the first hit. Default 0. */
  skip?: number;
  /** Share of the fitting requests that are hit, 0 to 1. Default 1. */
  probability?: number;
  /** Of the generator behind `probability`: the same seed hits the same requests of a sequence. Default 1. */
  seed?: number;
  /** Over after so many milliseconds of the broker's clock. Default: until it is removed. */
  forMs?: number;
}

/** Requests wait, or their answers do. */
export interface LatencyFault extends FaultLimits {
  kind: 'latency';
  match?: FaultMatch;
  /** Milliseconds of the broker's clock. */
  ms: number;
  /** Up to so many more, by the seed. Default 0. */
  jitterMs?: number;
  /** `before` (default): it is handled later, and so is what follows on the connection. `after`: done at once, told later. */
  when?: 'before' | 'after';
}

/** The connection ends. */
export interface DisconnectFault extends FaultLimits {
  kind: 'disconnect';
  match?: FaultMatch;
  /** `before` (default): nothing is done. `after`: it is done, and the client does not learn it. `half`: it gets half of the answer. */
  when?: 'before' | 'after' | 'half';
}

/** The request is answered with an error in the right place of its answer; partitions that do not fit are handled as ever. */
export interface ErrorFault extends FaultLimits {
  kind: 'error';
  match?: FaultMatch;
  /** Kafka's name or number: `'NOT_LEADER_OR_FOLLOWER'`, 6. */
  error: string | number;
  /** Told where the answer has room for it. Default: Kafka's own. */
  message?: string;
}

/** No answer until the fault is over; then the request is handled. */
export interface StallFault extends FaultLimits {
  kind: 'stall';
  match?: FaultMatch;
}

/** The disk under a partition fails, as the system would tell it. */
export interface StorageFault extends FaultLimits {
  kind: 'storage';
  match?: Pick<FaultMatch, 'topic' | 'partition'>;
  /** `ENOSPC`: the disk is full. */
  error: 'ENOSPC' | 'EIO' | 'EMFILE';
  /** Default `write`. Newest records are in memory: their reads touch no disk. */
  operation?: 'read' | 'write' | 'sync';
}

/** New connections are not served. */
export interface AcceptFault extends FaultLimits {
  kind: 'accept';
  /** `hold` (default): they are open and silent until the fault is over, as behind an overloaded listener. `close`: closed at once. */
  how?: 'hold' | 'close';
}

export type FaultRule = LatencyFault | DisconnectFault | ErrorFault | StallFault | StorageFault | AcceptFault;
export type RequestFaultRule = LatencyFault | DisconnectFault | ErrorFault | StallFault;
