import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { SuppressBuffer } from '../stores/suppress-buffer.ts';
import type { Windowed } from '../stores/window-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { TableView } from './table-view.ts';

export interface SuppressOptions {
  readonly name: string;
  readonly storeName: string;
  /** How long an update is held back: after its own time, or after the end of its window. */
  readonly waitMs: number;
  readonly isUntilWindowCloses: boolean;
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly whenFull: 'emit' | 'fail';
}

/** Holds back the updates of a table until stream time, as this operator has seen it, is far enough; then the last one of each key goes on. */
export class Suppress<K, V> extends Operator<K, Change<V>> {
  readonly #options: SuppressOptions;
  #buffer!: SuppressBuffer<K, V>;
  #streamTimeMs = -1;

  constructor(options: SuppressOptions) {
    super();
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#buffer = context.store<SuppressBuffer<K, V>>(this.#options.storeName);
    const name = `${this.#options.storeName}-stream-time`;
    this.#streamTimeMs = context.keepTime(name, () => this.#streamTimeMs);
  }

  process(key: K, change: Change<V>, timestamp: number): void {
    const { isUntilWindowCloses, waitMs, whenFull } = this.#options;
    const buffer = this.#buffer;
    if (timestamp > this.#streamTimeMs) this.#streamTimeMs = timestamp;
    const timeMs = isUntilWindowCloses ? (key as Windowed<unknown>).window.endMs : timestamp;
    buffer.put(timeMs, key, change, { ...this.context.record.copy(), timestamp });
    const untilMs = this.#streamTimeMs - waitMs;
    while (buffer.first !== undefined && buffer.first.timeMs <= untilMs) this.#sendFirst();
    if (!this.#isFull()) return;
    if (whenFull === 'fail') throw this.#full();
    while (this.#isFull()) this.#sendFirst();
  }

  #isFull(): boolean {
    const { bytesMax, recordsMax } = this.#options;
    return this.#buffer.count > recordsMax || this.#buffer.sizeBytes > bytesMax;
  }

  #sendFirst(): void {
    const { key, newValue, oldValue, record } = this.#buffer.first!;
    // A window that came to nothing has no result.
    if (newValue !== null || !this.#options.isUntilWindowCloses) {
      const current = this.context.record.copy();
      this.context.record.restore(record);
      try {
        this.next.process(key, new Change(newValue, oldValue), record.timestamp);
      } finally {
        this.context.record.restore(current);
      }
    }
    this.#buffer.removeFirst();
  }

  #full(): StreamsError {
    const { bytesMax, name, recordsMax } = this.#options;
    const { count, sizeBytes } = this.#buffer;
    const bound = count > recordsMax ? `${count} of ${recordsMax} records` : `${sizeBytes} of ${bytesMax} bytes`;
    return new StreamsError('HW_STREAMS_STORE', `${name}: its buffer holds ${bound}; raise its bound or take it away`);
  }
}

/** The rows that those downstream know of. */
export function suppressedView<K, V>(before: TableView<K, V>, storeName: string): TableView<K, V> {
  let buffer: SuppressBuffer<K, V>;
  return {
    init(context) {
      before.init(context);
      buffer = context.store<SuppressBuffer<K, V>>(storeName);
    },
    get(key) {
      const value = buffer.prior(key);
      if (value === undefined) return before.get(key);
      return value === null ? null : { key, value, timestamp: -1 };
    },
  };
}
