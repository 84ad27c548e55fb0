import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { JoinRowReceiver, JoinWindowStore } from '../stores/join-window-store.ts';
import type { UnjoinedStore } from '../stores/unjoined-store.ts';
import type { ValueJoiner } from './stream-table-join.ts';

/** Hands a record on to its side of the join, then keeps it for the other side's. */
export class KeepForJoin<K, V> extends Operator<K | null, V | null> {
  readonly #storeName: string;
  #store!: JoinWindowStore<K, V>;

  constructor(storeName: string) {
    super();
    this.#storeName = storeName;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#store = context.store<JoinWindowStore<K, V>>(this.#storeName);
  }

  process(key: K | null, value: V | null, timestamp: number): void {
    this.next.process(key, value, timestamp);
    if (key === null) return;
    if (value === null) this.#store.observe(timestamp);
    else if (!this.#store.put(key, value, timestamp)) this.context.metrics.lateRecordsDropped++;
  }
}

export interface StreamJoinOptions<K, VLeft, VRight, VOut> {
  /** Whose records these are. */
  readonly isLeft: boolean;
  /** What the other side keeps. */
  readonly otherStore: string;
  /** Of a left or outer join. */
  readonly unjoinedStore: string | null;
  /** Records of this side are handed on, once their window is closed, when nothing was found for them. */
  readonly isOuter: boolean;
  readonly joiner: ValueJoiner<K, VLeft | null, VRight | null, VOut>;
  /** Of the left side: how much older than its record the right one may be, and how much newer. */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number;
}

/**
 * One side of a join of two streams. When a record has no partner in a left or outer join, that is told once its window has closed:
 * when a record comes that is the newest of both sides. When it comes out of order and nothing can be in its window but what is there, it
 * is told at once. All of this, and at which record it happens, is as in Kafka Streams (KStreamKStreamJoin).
 */
export class StreamJoin<K, VLeft, VRight, VOut>
  extends Operator<K | null, VLeft | VRight | null>
  implements JoinRowReceiver<VLeft | VRight>
{
  readonly #options: StreamJoinOptions<K, VLeft, VRight, VOut>;
  readonly #lookBackMs: number;
  readonly #lookAheadMs: number;
  #other!: JoinWindowStore<K, VLeft | VRight>;
  #unjoined: UnjoinedStore<K, VLeft, VRight> | null = null;
  // The record in work, while the other side tells of its partners.
  #key!: K;
  #value!: VLeft | VRight;
  #timestamp = -1;

  constructor(options: StreamJoinOptions<K, VLeft, VRight, VOut>) {
    super();
    this.#options = options;
    this.#lookBackMs = options.isLeft ? options.beforeMs : options.afterMs;
    this.#lookAheadMs = options.isLeft ? options.afterMs : options.beforeMs;
  }

  override init(context: TaskContext): void {
    super.init(context);
    const { otherStore, unjoinedStore } = this.#options;
    this.#other = context.store<JoinWindowStore<K, VLeft | VRight>>(otherStore);
    if (unjoinedStore === null) return;
    const unjoined = context.store<UnjoinedStore<K, VLeft, VRight>>(unjoinedStore);
    this.#unjoined = unjoined;
    unjoined.streamTimeMs = context.keepTime(`${unjoinedStore}-stream-time`, () => unjoined.streamTimeMs);
  }

  process(key: K | null, value: VLeft | VRight | null, timestamp: number): void {
    const unjoined = this.#unjoined;
    if (unjoined !== null && timestamp > unjoined.streamTimeMs) unjoined.streamTimeMs = timestamp;
    if (key === null || value === null) {
      if (this.#options.isOuter && value !== null) this.#forward(key as K, value, null, timestamp);
      else this.context.metrics.recordsSkipped++;
      return;
    }
    if (unjoined !== null && timestamp === unjoined.streamTimeMs) this.#forwardClosed(unjoined);
    this.#key = key;
    this.#value = value;
    this.#timestamp = timestamp;
    const fromMs = Math.max(0, timestamp - this.#lookBackMs);
    const toMs = Math.max(0, timestamp + this.#lookAheadMs);
    const count = this.#other.fetch(key, fromMs, toMs, this);
    if (count > 0 || !this.#options.isOuter) return;
    // Without a store for those that wait for a partner they are told of at once.
    if (unjoined === null) {
      this.#forward(key, value, null, timestamp);
      return;
    }
    if (toMs < unjoined.streamTimeMs) {
      this.#forward(key, value, null, timestamp);
      return;
    }
    if (unjoined.oldestMs === null || timestamp < unjoined.oldestMs) unjoined.oldestMs = timestamp;
    unjoined.add(this.#options.isLeft, key, timestamp, value);
  }

  /** A record of the other side that is in the window of the one in work. */
  joinRow(other: VLeft | VRight, otherTimestamp: number): void {
    this.#unjoined?.remove(!this.#options.isLeft, this.#key, otherTimestamp);
    const timestamp = this.#timestamp;
    this.#forward(this.#key, this.#value, other, otherTimestamp > timestamp ? otherTimestamp : timestamp);
  }

  #forward(key: K, value: VLeft | VRight, other: VLeft | VRight | null, timestamp: number): void {
    const { isLeft, joiner } = this.#options;
    const joined = isLeft
      ? joiner(value as VLeft, other as VRight | null, key)
      : joiner(other as VLeft | null, value as VRight, key);
    this.next.process(key, joined, timestamp);
  }

  #forwardClosed(unjoined: UnjoinedStore<K, VLeft, VRight>): void {
    const { afterMs, beforeMs, graceMs, joiner } = this.#options;
    const { oldestMs, streamTimeMs } = unjoined;
    if (oldestMs !== null && oldestMs + this.#lookAheadMs + graceMs >= streamTimeMs) return;
    unjoined.oldestMs = null;
    let isLeftOpen = false;
    let isRightOpen = false;
    for (const row of unjoined.all()) {
      const { isLeft, key, timestamp, values } = row;
      unjoined.oldestMs = timestamp;
      if (isLeftOpen && isRightOpen) break;
      if (timestamp + (isLeft ? afterMs : beforeMs) + graceMs >= streamTimeMs) {
        if (isLeft) isLeftOpen = true;
        else isRightOpen = true;
        // There, each value of a list is looked at by itself: the next one of this row is where it stops.
        if (isLeftOpen && isRightOpen && values.length > 1) break;
        continue;
      }
      for (const value of values) {
        const joined = isLeft ? joiner(value as VLeft, null, key) : joiner(null, value as VRight, key);
        this.next.process(key, joined, timestamp);
      }
      unjoined.take(row);
    }
  }
}
