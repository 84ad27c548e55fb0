import type { MessagePort } from 'node:worker_threads';

/** What the worker of an engine is started with. */
export interface EngineWorkerData {
  directory: string;
  database: string;
  isSynced: boolean;
  port: MessagePort;
  /** Counters that both threads see: see `counterIndex`. */
  counters: Int32Array<SharedArrayBuffer>;
}

export const counterIndex = {
  /** Messages that were sent to the worker: it sleeps on this one. */
  sent: 0,
  /** Bytes of output that nobody has taken yet: the worker sleeps while they are too many. */
  outstandingBytes: 1,
  /** Bytes that were sent to the worker and it has not come to. */
  unreadBytes: 2,
} as const;

export const outstandingBytesMax = 1 << 20;

/** To the worker: bytes of the protocol, or the wish that it ends. */
export type EngineInput = Uint8Array | 'close';

/** From the worker. */
export type EngineOutput =
  | { kind: 'ready'; hello: Uint8Array }
  | { kind: 'failed'; message: string }
  | { kind: 'output'; bytes: Uint8Array }
  | { kind: 'closed' };
