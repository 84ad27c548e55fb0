import type { LogRecord } from '../api/types.ts';
import { EventRate } from './rate.ts';
import { RingBuffer } from './ring-buffer.ts';

export interface TailEntry {
  /** Counts up by one per record: a stable key for a row, and the order of arrival. */
  sequence: number;
  /** A record, or a place where records were not shown, with the reason. */
  gap: string | null;
  record: () => LogRecord;
}

export interface TailStatus {
  recordsPerSecond: number;
  lagRecords: number;
  /** Records that the server left out because this page reads too slowly. */
  droppedRecords: number;
}

/** The newest records of a live stream: a ring of raw events, parsed only when a row of theirs is seen. */
export class Tail {
  readonly ring: RingBuffer<TailEntry>;
  private readonly rate = new EventRate(4);
  /** Dropped on the way by the gateway, besides what the log over HTTP dropped. */
  private droppedByGateway = 0;
  status: TailStatus | null = null;

  constructor(capacity = 5000) {
    this.ring = new RingBuffer(capacity);
  }

  add(data: string, atMs: number): void {
    let parsed: LogRecord | null = null;
    this.ring.push({
      sequence: this.ring.total,
      gap: null,
      record: () => (parsed ??= JSON.parse(data) as LogRecord),
    });
    this.rate.add(1, atMs);
  }

  addGap(reason: string): void {
    this.ring.push({
      sequence: this.ring.total,
      gap: reason,
      record: () => {
        throw new Error('A gap has no record.');
      },
    });
  }

  /** Returns the cursor to resume from. */
  addStatus(data: string): string | null {
    const status = JSON.parse(data) as Partial<TailStatus> & { cursor?: string };
    this.status = {
      recordsPerSecond: status.recordsPerSecond ?? 0,
      lagRecords: status.lagRecords ?? 0,
      droppedRecords: (status.droppedRecords ?? 0) + this.droppedByGateway,
    };
    return status.cursor ?? null;
  }

  /** `$dropped` of the multiplexer: this page did not take what came. */
  addDropped(data: string): void {
    const { count = 0 } = JSON.parse(data) as { count?: number };
    this.droppedByGateway += count;
    if (this.status) this.status = { ...this.status, droppedRecords: this.status.droppedRecords + count };
  }

  perSecond(nowMs: number): number {
    return this.rate.perSecond(nowMs);
  }

  clear(): void {
    this.ring.clear();
    this.status = null;
    this.droppedByGateway = 0;
  }
}
