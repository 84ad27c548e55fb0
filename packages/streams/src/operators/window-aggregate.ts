import type { TimeWindows } from '../dsl/windows.ts';
import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { WindowStore } from '../stores/window-store.ts';
import type { Aggregator, Initializer } from './stream-aggregate.ts';
import type { TableTraits } from './table-source.ts';

export interface WindowAggregateOptions<K, V, A> {
  readonly storeName: string;
  readonly windows: TimeWindows;
  readonly initialize: Initializer<A>;
  readonly aggregate: Aggregator<K, V, A>;
  readonly traits: TableTraits;
}

/**
 * One aggregate for each key and tumbling or hopping window. A window takes records until stream time, as this operator has seen it, is
 * past its end by the grace; what comes later is left out and counted.
 */
export class WindowAggregate<K, V, A> extends Operator<K, V | null> {
  readonly #options: WindowAggregateOptions<K, V, A>;
  #store!: WindowStore<K, A>;
  #streamTimeMs = -1;

  constructor(options: WindowAggregateOptions<K, V, A>) {
    super();
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#store = context.store<WindowStore<K, A>>(this.#options.storeName);
    if (!context.isEachUpdateSent) this.#store.trackUpdates();
  }

  process(key: K, value: V | null, timestamp: number): void {
    const { metrics } = this.context;
    if (key === null || value === null) {
      metrics.recordsSkipped++;
      return;
    }
    if (timestamp > this.#streamTimeMs) this.#streamTimeMs = timestamp;
    const { advanceMs, graceMs, sizeMs } = this.#options.windows;
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
    const after = aggregate(before ?? initialize(), value, key);
    store.put(key, startMs, after, newest);
    if (!this.context.isEachUpdateSent) return;
    const window = { startMs, endMs: startMs + windows.sizeMs };
    this.next.process({ key, window }, new Change(after, traits.isOldValueSent ? before : null), newest);
  }

  override flush(): void {
    if (this.context.isEachUpdateSent) return;
    const { traits, windows } = this.#options;
    this.#store.takeUpdates((key, startMs, value, before, timestamp) => {
      const window = { startMs, endMs: startMs + windows.sizeMs };
      this.next.process({ key, window }, new Change(value, traits.isOldValueSent ? before : null), timestamp);
    });
  }
}
