import type { EmitStrategy, SessionWindows } from '../dsl/windows.ts';
import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import { noHeaders, type RecordHeaders } from '../processor/record-context.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { Serde } from '../serdes/serde.ts';
import { bufferOf } from '../stores/bytes.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { Aggregator, Initializer } from './stream-aggregate.ts';
import type { TableTraits } from './table-source.ts';
import { type Timed, TimeHeap } from './time-heap.ts';

/** Makes one aggregate of those of two sessions that have become one; the first may be what `initialize` has made. */
export type SessionMerger<K, A> = (one: A, other: A, key: K) => A;

export interface SessionAggregateOptions<K, V, A> {
  readonly storeName: string;
  readonly windows: SessionWindows;
  readonly initialize: Initializer<A>;
  readonly aggregate: Aggregator<K, V, A>;
  readonly merge: SessionMerger<K, A>;
  readonly keySerde: Serde<K>;
  readonly traits: TableTraits;
  readonly emit: EmitStrategy;
}

/** A session that those downstream are to hear of with the next commit. */
interface Unsent<K, A> {
  readonly key: K;
  readonly startMs: number;
  readonly endMs: number;
  value: A | null;
  /** What they know of it. */
  readonly sent: A | null;
  /** Of the record that changed it last. */
  headers: RecordHeaders;
}

/** By store: the operators of a cogroup have one, and no order among them. */
const unsentByStore = new WeakMap<object, Map<string, unknown>>();

function unsentOf<K, A>(store: SessionStore<K, A>): Map<string, Unsent<K, A>> {
  let unsent = unsentByStore.get(store);
  if (unsent === undefined) {
    unsent = new Map();
    unsentByStore.set(store, unsent);
  }
  return unsent as Map<string, Unsent<K, A>>;
}

/** A session that is to be sent when it is closed, unless it has become part of another by then. */
interface Open<K> extends Timed {
  readonly key: K;
  readonly startMs: number;
}

/**
 * One aggregate for each key and session. A record goes into the sessions that it is no further from than the gap; when they are more than
 * one, or when it makes one longer, the former ones are taken away (null) and one stands for all. A session takes records until stream
 * time is past its end by gap and grace.
 */
export class SessionAggregate<K, V, A> extends Operator<K, V> {
  readonly #options: SessionAggregateOptions<K, V, A>;
  readonly #isFinalSent: boolean;
  #unsent!: Map<string, Unsent<K, A>>;
  /** By their ends; only where closed ones are sent. */
  readonly #open = new TimeHeap<Open<K>>();
  #store!: SessionStore<K, A>;
  #streamTimeMs = -1;
  /** Sessions that ended before were sent as closed by the instance before; -1: none. */
  #sentEndMs = -1;

  constructor(options: SessionAggregateOptions<K, V, A>) {
    super();
    this.#options = options;
    this.#isFinalSent = options.emit === 'window-close';
  }

  override init(context: TaskContext): void {
    super.init(context);
    const { storeName, windows } = this.#options;
    this.#store = context.store<SessionStore<K, A>>(storeName);
    this.#streamTimeMs = context.keepTime(`${storeName}-stream-time`, () => this.#streamTimeMs);
    this.#unsent = unsentOf(this.#store);
    if (!this.#isFinalSent) return;
    // Closed sessions are sent before the row that closes them is written: what is closed by the newest row was sent.
    const all = Array.from(this.#store.all());
    const newestMs = all.reduce((newest, { endMs }) => Math.max(newest, endMs), -1);
    const closedMs = newestMs - windows.gapMs - windows.graceMs;
    this.#sentEndMs = closedMs;
    for (const { key, startMs, endMs } of all) this.#opened(key, startMs, endMs);
  }

  process(key: K, value: V, timestamp: number): void {
    const { metrics } = this.context;
    if (key === null) {
      metrics.recordsSkipped++;
      return;
    }
    const { aggregate, initialize, merge, windows } = this.#options;
    const { gapMs, graceMs } = windows;
    const store = this.#store;
    if (timestamp > this.#streamTimeMs) {
      this.#streamTimeMs = timestamp;
      // Before the store hears of the new time and lets old sessions go.
      if (this.#isFinalSent) this.#sendClosed(timestamp - gapMs - graceMs);
    }
    let startMs = timestamp;
    let endMs = timestamp;
    let result = initialize();
    const merged = store.findSessions(key, timestamp - gapMs, timestamp + gapMs);
    for (const each of merged) {
      result = merge(result, each.value, key);
      if (each.startMs < startMs) startMs = each.startMs;
      if (each.endMs > endMs) endMs = each.endMs;
    }
    if (endMs < this.#streamTimeMs - gapMs - graceMs) {
      metrics.lateRecordsDropped++;
      return;
    }
    // The session of one moment is only written over.
    if (startMs !== timestamp || endMs !== timestamp) {
      for (const each of merged) {
        store.put(key, each.startMs, each.endMs, null, timestamp);
        this.#updated(key, each.startMs, each.endMs, null, each.value, true);
      }
    }
    result = aggregate(result, value, key);
    const before = store.fetchSession(key, startMs, endMs);
    store.put(key, startMs, endMs, result, timestamp);
    this.#updated(key, startMs, endMs, result, before);
  }

  #updated(key: K, startMs: number, endMs: number, value: A | null, before: A | null, isPartOfAnother = false): void {
    if (this.#isFinalSent) {
      if (value !== null && before === null) this.#opened(key, startMs, endMs);
      return;
    }
    if (this.context.isEachUpdateSent) {
      const { isOldValueSent } = this.#options.traits;
      // An update takes the former session away and sets a new one: only the first of the two has a value before. As in Kafka Streams
      // also where nothing was to be taken away, because the new one is as long as the former.
      const old = isOldValueSent && isPartOfAnother ? before : null;
      this.next.process({ key, window: { startMs, endMs } }, new Change(value, old), endMs);
      return;
    }
    const place = this.#place(key, startMs, endMs);
    const unsent = this.#unsent.get(place);
    const headers = this.context.record.ownHeaders();
    if (unsent === undefined) {
      this.#unsent.set(place, { key, startMs, endMs, value, sent: before, headers });
      return;
    }
    unsent.value = value;
    unsent.headers = headers;
  }

  #opened(key: K, startMs: number, endMs: number): void {
    if (endMs >= this.#sentEndMs)
      this.#open.push({ key, startMs, timeMs: endMs, order: this.#place(key, startMs, endMs) });
  }

  /** Sends the sessions that ended before `closedMs`. */
  #sendClosed(closedMs: number): void {
    const open = this.#open;
    let last = '';
    for (let first = open.first; first !== undefined && first.timeMs < closedMs; first = open.first) {
      open.pop();
      const { key, order, startMs, timeMs: endMs } = first;
      // Taken away and set anew: it is there twice.
      if (order === last) continue;
      last = order;
      const value = this.#store.fetchSession(key, startMs, endMs);
      if (value !== null) this.next.process({ key, window: { startMs, endMs } }, new Change(value, null), endMs);
    }
  }

  #place(key: K, startMs: number, endMs: number): string {
    const { keySerde, storeName } = this.#options;
    // The order in which Kafka Streams' store has the sessions of one end: by their start, then by the key's bytes.
    const start = String(startMs).padStart(16, '0');
    return `${start} ${endMs} ${bufferOf(keySerde.encode(key, storeName)).toString('latin1')}`;
  }

  override flush(): void {
    if (this.#unsent.size === 0) return;
    const unsent = Array.from(this.#unsent.values());
    this.#unsent.clear();
    const { isOldValueSent } = this.#options.traits;
    for (const { key, startMs, endMs, headers, sent, value } of unsent) {
      // Came and went since the last commit: nobody has heard of it.
      if (value === null && sent === null) continue;
      this.context.record.headers = headers;
      this.next.process({ key, window: { startMs, endMs } }, new Change(value, isOldValueSent ? sent : null), endMs);
    }
    this.context.record.headers = noHeaders;
  }
}
