import type { EmitStrategy, TimeWindows } from '../dsl/windows.ts';
import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { Serde } from '../serdes/serde.ts';
import type { WindowStore } from '../stores/window-store.ts';
import { newestTimestamp, rowsInOrder } from './closed-windows.ts';
import type { Aggregator, Initializer } from './stream-aggregate.ts';
import type { TableTraits } from './table-source.ts';

export interface WindowAggregateOptions<K, V, A> {
  readonly storeName: string;
  readonly windows: TimeWindows;
  readonly initialize: Initializer<A>;
  readonly aggregate: Aggregator<K, V, A>;
  readonly keySerde: Serde<K>;
  readonly traits: TableTraits;
  readonly emit: EmitStrategy;
}

/**
 * One aggregate for each key and tumbling or hopping window. A window takes records until stream time, as this operator has seen it, is
 * past its end by the grace; what comes later is left out and counted. A value of null counts as one, as in Kafka Streams.
 */
export class WindowAggregate<K, V, A> extends Operator<K, V> {
  readonly #options: WindowAggregateOptions<K, V, A>;
  readonly #isFinalSent: boolean;
  #store!: WindowStore<K, A>;
  #streamTimeMs = -1;
  /** Windows that ended by then were sent as closed; -1: none. */
  #sentEndMs = -1;
  #isEachUpdateSent = true;

  constructor(options: WindowAggregateOptions<K, V, A>) {
    super();
    this.#options = options;
    this.#isFinalSent = options.emit === 'window-close';
  }

  override init(context: TaskContext): void {
    super.init(context);
    const { storeName, windows } = this.#options;
    this.#store = context.store<WindowStore<K, A>>(storeName);
    this.#streamTimeMs = context.keepTime(`${storeName}-stream-time`, () => this.#streamTimeMs);
    if (this.#isFinalSent) {
      const newestMs = newestTimestamp(this.#store);
      // Closed windows are sent before the row that closes them is written: what is closed by the newest row was sent.
      if (newestMs - windows.graceMs >= windows.sizeMs) this.#sentEndMs = newestMs - windows.graceMs;
      this.#isEachUpdateSent = false;
      return;
    }
    this.#isEachUpdateSent = context.isEachUpdateSent;
    if (!this.#isEachUpdateSent) this.#store.trackUpdates(context.record);
  }

  process(key: K, value: V, timestamp: number): void {
    const { metrics } = this.context;
    if (key === null) {
      metrics.recordsSkipped++;
      return;
    }
    const { advanceMs, graceMs, sizeMs } = this.#options.windows;
    if (timestamp > this.#streamTimeMs) {
      this.#streamTimeMs = timestamp;
      // Before the store hears of the new time and lets old windows go.
      if (this.#isFinalSent) this.#sendClosed(timestamp - graceMs);
    }
    const closedEndMs = this.#streamTimeMs - graceMs;
    const last = timestamp - (timestamp % advanceMs);
    const first = Math.max(0, timestamp - sizeMs + advanceMs);
    let isTaken = false;
    for (let startMs = first - (first % advanceMs); startMs <= last; startMs += advanceMs) {
      if (startMs + sizeMs <= closedEndMs) continue;
      this.#update(key, value, timestamp, startMs);
      isTaken = true;
    }
    if (!isTaken) metrics.lateRecordsDropped++;
  }

  #update(key: K, value: V, timestamp: number, startMs: number): void {
    const { aggregate, initialize, traits, windows } = this.#options;
    const store = this.#store;
    const before = store.fetch(key, startMs);
    const newest = before === null ? timestamp : Math.max(timestamp, store.timestampOf(key, startMs));
    const start = before ?? initialize();
    const after = aggregate(start, value, key);
    store.put(key, startMs, after, newest);
    if (!this.#isEachUpdateSent) return;
    const window = { startMs, endMs: startMs + windows.sizeMs };
    this.next.process({ key, window }, new Change(after, traits.isOldValueSent ? start : null), newest);
  }

  /** Sends the windows that end at `endMs` or before and were not sent. */
  #sendClosed(endMs: number): void {
    const { advanceMs, sizeMs } = this.#options.windows;
    const lastMs = endMs - sizeMs;
    if (lastMs < 0 || endMs <= this.#sentEndMs) return;
    const sentMs = this.#sentEndMs - sizeMs;
    const isNoneNew = this.#sentEndMs !== -1 && Math.floor(lastMs / advanceMs) === Math.floor(sentMs / advanceMs);
    const firstMs = this.#sentEndMs === -1 ? 0 : Math.max(0, sentMs) + 1;
    this.#sentEndMs = endMs;
    if (isNoneNew) return;
    for (const { key, startMs, timestamp, value } of rowsInOrder(
      this.#store,
      firstMs,
      lastMs,
      this.#options.keySerde,
    )) {
      this.next.process({ key, window: { startMs, endMs: startMs + sizeMs } }, new Change(value, null), timestamp);
    }
  }

  override flush(): void {
    if (this.#isFinalSent || this.#isEachUpdateSent) return;
    const { traits, windows } = this.#options;
    this.#store.takeUpdates((key, startMs, value, before, timestamp) => {
      const window = { startMs, endMs: startMs + windows.sizeMs };
      this.next.process({ key, window }, new Change(value, traits.isOldValueSent ? before : null), timestamp);
    });
  }
}
