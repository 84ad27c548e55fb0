import type { EmitStrategy, SlidingWindows } from '../dsl/windows.ts';
import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { Serde } from '../serdes/serde.ts';
import type { WindowEntry, WindowStore } from '../stores/window-store.ts';
import { newestTimestamp, rowsInOrder } from './closed-windows.ts';
import type { Aggregator, Initializer } from './stream-aggregate.ts';
import type { TableTraits } from './table-source.ts';

export interface SlidingAggregateOptions<K, V, A> {
  readonly storeName: string;
  readonly windows: SlidingWindows;
  readonly initialize: Initializer<A>;
  readonly aggregate: Aggregator<K, V, A>;
  readonly keySerde: Serde<K>;
  readonly traits: TableTraits;
  readonly emit: EmitStrategy;
}

/** What a row says of a window before the record in work. */
interface Row<A> {
  readonly value: A;
  /** Of the newest record in the window. */
  readonly timestamp: number;
}

/**
 * One aggregate for each key and window that begins or ends at a record (KIP-450): a record makes the window that ends with it and, when
 * another record follows within the size, the one that begins just after it. Both bounds are part of a window.
 */
export class SlidingAggregate<K, V, A> extends Operator<K, V | null> {
  readonly #options: SlidingAggregateOptions<K, V, A>;
  readonly #isFinalSent: boolean;
  #store!: WindowStore<K, A>;
  #streamTimeMs = -1;
  /** Windows that ended before were sent as closed; -1: none. */
  #sentEndMs = -1;
  #isEachUpdateSent = true;

  constructor(options: SlidingAggregateOptions<K, V, A>) {
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
      const closedMs = newestTimestamp(this.#store) - windows.graceMs;
      if (closedMs > windows.sizeMs) this.#sentEndMs = closedMs;
      this.#isEachUpdateSent = false;
      return;
    }
    this.#isEachUpdateSent = context.isEachUpdateSent;
    if (!this.#isEachUpdateSent) this.#store.trackUpdates(context.record);
  }

  process(key: K, value: V | null, timestamp: number): void {
    const { metrics } = this.context;
    if (key === null || value === null) {
      metrics.recordsSkipped++;
      return;
    }
    const { graceMs, sizeMs } = this.#options.windows;
    if (timestamp > this.#streamTimeMs) {
      this.#streamTimeMs = timestamp;
      if (this.#isFinalSent) this.#sendClosed(timestamp - graceMs);
    }
    if (timestamp + sizeMs < this.#streamTimeMs - graceMs) metrics.lateRecordsDropped++;
    else if (timestamp < sizeMs) this.#processEarly(key, value, timestamp);
    else this.#process(key, value, timestamp);
  }

  /** From the newest window that may hold the record to the oldest whose records may lie in a new one. */
  #process(key: K, value: V, timestamp: number): void {
    const { initialize, windows } = this.#options;
    const { sizeMs } = windows;
    const starts = new Set<number>();
    let leftRow: Row<A> | null = null;
    let rightRow: Row<A> | null = null;
    let isLeftThere = false;
    let isRightThere = false;
    /** Time of the last record before this one; -1: none near. */
    let previousMs = -1;
    const found = this.#rows(key, Math.max(0, timestamp - 2 * sizeMs), timestamp + 1);
    for (let at = found.length - 1; at >= 0; at--) {
      const row = found[at]!;
      const { startMs } = row;
      const endMs = startMs + sizeMs;
      starts.add(startMs);
      if (startMs === timestamp + 1) isRightThere = true;
      else if (endMs > timestamp) {
        rightRow ??= row;
        this.#update(key, value, timestamp, startMs, row);
      } else if (endMs === timestamp) {
        isLeftThere = true;
        this.#update(key, value, timestamp, startMs, row);
        // A record of the same time was here: it has made all windows there are to make.
        if (row.timestamp >= timestamp) return;
        previousMs = row.timestamp;
      } else {
        leftRow = row;
        previousMs = row.timestamp;
        break;
      }
    }
    if (previousMs !== -1 && !starts.has(previousMs + 1) && previousMs + 1 + sizeMs >= timestamp)
      this.#update(key, value, timestamp, previousMs + 1, null);
    if (!isLeftThere) {
      const isEmpty = previousMs === -1 || previousMs < timestamp - sizeMs;
      const before = isEmpty ? initialize() : leftRow!.value;
      this.#update(key, value, timestamp, timestamp - sizeMs, { value: before, timestamp });
    }
    if (!isRightThere) this.#makeRight(key, timestamp, rightRow);
  }

  /** Records nearer to 0 than the size share the window that begins there: none begins before. */
  #processEarly(key: K, value: V, timestamp: number): void {
    const starts = new Set<number>();
    let combinedRow: Row<A> | null = null;
    let rightRow: Row<A> | null = null;
    let isRightThere = false;
    let previousMs = -1;
    for (const row of this.#rows(key, 0, timestamp + 1)) {
      const { startMs } = row;
      starts.add(startMs);
      if (startMs === 0) {
        combinedRow = row;
        if (row.timestamp < timestamp) previousMs = row.timestamp;
      } else if (startMs <= timestamp) {
        rightRow = row;
        this.#update(key, value, timestamp, startMs, row);
      } else isRightThere = true;
    }
    if (rightRow === null && combinedRow !== null && combinedRow.timestamp > timestamp) rightRow = combinedRow;
    if (!isRightThere) this.#makeRight(key, timestamp, rightRow);
    if (previousMs !== -1 && !starts.has(previousMs + 1)) this.#update(key, value, timestamp, previousMs + 1, null);
    this.#update(key, value, timestamp, 0, combinedRow);
  }

  /** The window that begins just after the record, when a later record is in it. */
  #makeRight(key: K, timestamp: number, row: Row<A> | null): void {
    if (row === null || row.timestamp <= timestamp) return;
    this.#store.put(key, timestamp + 1, row.value, row.timestamp);
    this.#send(key, timestamp + 1, row.value, null, row.timestamp);
  }

  #update(key: K, value: V, timestamp: number, startMs: number, row: Row<A> | null): void {
    const { aggregate, initialize, windows } = this.#options;
    if (startMs + windows.sizeMs < this.#streamTimeMs - windows.graceMs) {
      this.context.metrics.lateRecordsDropped++;
      return;
    }
    const before = row === null ? initialize() : row.value;
    const after = aggregate(before, value, key);
    const newest = row === null || before === null ? timestamp : Math.max(timestamp, row.timestamp);
    this.#store.put(key, startMs, after, newest);
    this.#send(key, startMs, after, before, newest);
  }

  #send(key: K, startMs: number, after: A, before: A | null, timestamp: number): void {
    if (!this.#isEachUpdateSent) return;
    const { traits, windows } = this.#options;
    const window = { startMs, endMs: startMs + windows.sizeMs };
    this.next.process({ key, window }, new Change(after, traits.isOldValueSent ? before : null), timestamp);
  }

  /** Sends the windows that end before `endMs` and were not sent. */
  #sendClosed(endMs: number): void {
    const { sizeMs } = this.#options.windows;
    const lastMs = endMs - sizeMs - 1;
    if (lastMs < 0 || endMs <= this.#sentEndMs) return;
    const firstMs = this.#sentEndMs === -1 ? 0 : Math.max(0, this.#sentEndMs - sizeMs);
    this.#sentEndMs = endMs;
    for (const { key, startMs, timestamp, value } of rowsInOrder(
      this.#store,
      firstMs,
      lastMs,
      this.#options.keySerde,
    )) {
      this.next.process({ key, window: { startMs, endMs: startMs + sizeMs } }, new Change(value, null), timestamp);
    }
  }

  #rows(key: K, fromMs: number, toMs: number): WindowEntry<K, A>[] {
    return Array.from(this.#store.fetchRange(key, fromMs, toMs));
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
