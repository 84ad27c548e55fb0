import type { RecordHeader } from '@headwater/protocol';
import type { StateStore } from '../stores/state-store.ts';
import { Operator } from './operator.ts';
import type { RecordContext, SavedRecord } from './record-context.ts';
import type { Cancellable, PunctuationType, TaskContext } from './task-context.ts';

export interface StreamRecord<K, V> {
  key: K;
  value: V;
  timestamp: number;
  /** Default: those of the input record. */
  headers?: RecordHeader[];
}

export interface ProcessorContext<KOut, VOut> {
  readonly applicationId: string;
  readonly taskId: string;
  readonly partition: number;
  /** Topic, partition, offset, timestamp and headers of the input record; null in a punctuation. */
  readonly record: SavedRecord | null;
  readonly streamTimeMs: number;
  now(): number;
  store<S extends StateStore>(name: string): S;
  forward(record: StreamRecord<KOut, VOut>): void;
  schedule(intervalMs: number, type: PunctuationType, callback: (timeMs: number) => void): Cancellable;
  requestCommit(): void;
}

/**
 * A step of one's own, with stores and punctuation.
 *
 * @example
 * class Latest implements Processor<string, number, string, number> {
 *   process(record: StreamRecord<string, number>, context: ProcessorContext<string, number>) {
 *     context.store<KeyValueStore<string, number>>('latest').put(record.key, record.value, record.timestamp);
 *     context.forward(record);
 *   }
 * }
 */
export interface Processor<KIn, VIn, KOut, VOut> {
  init?(context: ProcessorContext<KOut, VOut>): void;
  process(record: StreamRecord<KIn, VIn>, context: ProcessorContext<KOut, VOut>): void;
  close?(): void;
}

/** What a processor is given: headers are read when it asks for them. */
class InputRecord<K, V> implements StreamRecord<K, V> {
  readonly #record: RecordContext;
  key: K;
  value: V;
  timestamp: number;

  constructor(key: K, value: V, timestamp: number, record: RecordContext) {
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.#record = record;
  }

  get headers(): RecordHeader[] {
    return this.#record.headers;
  }
}

/** Puts a `Processor` into a task. */
export class ProcessorOperator<KIn, VIn, KOut, VOut>
  extends Operator<KIn, VIn>
  implements ProcessorContext<KOut, VOut>
{
  readonly #processor: Processor<KIn, VIn, KOut, VOut>;

  constructor(processor: Processor<KIn, VIn, KOut, VOut>) {
    super();
    this.#processor = processor;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#processor.init?.(this);
  }

  process(key: KIn, value: VIn, timestamp: number): void {
    this.#processor.process(new InputRecord(key, value, timestamp, this.context.record), this);
  }

  get applicationId(): string {
    return this.context.applicationId;
  }

  get taskId(): string {
    return this.context.taskId;
  }

  get partition(): number {
    return this.context.partition;
  }

  get record(): SavedRecord | null {
    return this.context.record.topic === '' ? null : this.context.record.copy();
  }

  get streamTimeMs(): number {
    return this.context.streamTimeMs;
  }

  now(): number {
    return this.context.now();
  }

  store<S extends StateStore>(name: string): S {
    return this.context.store<S>(name);
  }

  forward({ key, value, timestamp, headers }: StreamRecord<KOut, VOut>): void {
    const { record } = this.context;
    if (headers === undefined || headers === record.unreadHeaders) {
      this.next.process(key, value, timestamp);
      return;
    }
    const before = record.unreadHeaders;
    record.headers = headers;
    this.next.process(key, value, timestamp);
    record.headers = before;
  }

  schedule(intervalMs: number, type: PunctuationType, callback: (timeMs: number) => void): Cancellable {
    return this.context.schedule(intervalMs, type, callback);
  }

  requestCommit(): void {
    this.context.requestCommit();
  }

  override close(): void {
    this.#processor.close?.();
  }
}
