import type { KeyValueSerdes } from './memory-key-value-store.ts';
import { type StateKey, stateKey } from './state-key.ts';
import type { ChangelogSink, StoreContext } from './state-store.ts';
import { windowStoreKey, windowStoreStart, windowStoreSuffixBytes } from './window-key.ts';
import type { WindowEntry, WindowStore, WindowUpdateReceiver } from './window-store.ts';

/** The rows of all windows with one start, in columns: numbers stay numbers, and a whole window goes at once. */
class Segment<K, V> {
  readonly startMs: number;
  readonly slots = new Map<StateKey, number>();
  readonly keys: K[] = [];
  readonly values: (V | null)[] = [];
  readonly timestamps: number[] = [];
  /** Of a slot: `unlogged` and `unsent`. */
  readonly marks: number[] = [];
  unlogged: number[] = [];
  unsent: number[] = [];
  /** What downstream knows of the slots in `unsent`, in the same order. */
  sentValues: (V | null)[] = [];

  constructor(startMs: number) {
    this.startMs = startMs;
  }
}

interface Late<K, V> {
  readonly key: K;
  readonly startMs: number;
  readonly value: V | null;
  readonly timestamp: number;
}

const unloggedMark = 1;
const unsentMark = 2;

/** Windows in memory, let go as a whole when they are older than the retention. */
export class MemoryWindowStore<K, V> implements WindowStore<K, V> {
  readonly name: string;
  readonly #serdes: KeyValueSerdes<K, V>;
  readonly #retentionMs: number;
  readonly #segments = new Map<number, Segment<K, V>>();
  /** Starts, ascending; made when somebody asks. */
  #starts: number[] | null = null;
  #newestStartMs = -1;
  #oldestStartMs = Number.POSITIVE_INFINITY;
  #topic = '';
  #isLogged = false;
  #isTracked = false;
  /** Came too late to be kept: only for the changelog. */
  #late: Late<K, V>[] = [];

  constructor(name: string, serdes: KeyValueSerdes<K, V>, retentionMs: number) {
    this.name = name;
    this.#serdes = serdes;
    this.#retentionMs = retentionMs;
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#isLogged = isLogged;
  }

  get count(): number {
    let count = 0;
    for (const { slots } of this.#segments.values()) count += slots.size;
    return count;
  }

  /** From when on rows are there, as in Kafka Streams: also while they have not been let go yet. */
  get #liveFromMs(): number {
    return this.#newestStartMs - this.#retentionMs + 1;
  }

  fetch(key: K, startMs: number): V | null {
    if (startMs < this.#liveFromMs) return null;
    const segment = this.#segments.get(startMs);
    if (segment === undefined) return null;
    const slot = segment.slots.get(stateKey(key, this.#serdes.key, this.#topic));
    return slot === undefined ? null : segment.values[slot]!;
  }

  fetchEntry(key: K, startMs: number): WindowEntry<K, V> | null {
    if (startMs < this.#liveFromMs) return null;
    const segment = this.#segments.get(startMs);
    const slot = segment?.slots.get(stateKey(key, this.#serdes.key, this.#topic));
    if (segment === undefined || slot === undefined) return null;
    const value = segment.values[slot]!;
    return value === null ? null : { key, startMs, value, timestamp: segment.timestamps[slot]! };
  }

  timestampOf(key: K, startMs: number): number {
    if (startMs < this.#liveFromMs) return -1;
    const segment = this.#segments.get(startMs);
    const slot = segment?.slots.get(stateKey(key, this.#serdes.key, this.#topic));
    return segment === undefined || slot === undefined ? -1 : segment.timestamps[slot]!;
  }

  *fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    const id = stateKey(key, this.#serdes.key, this.#topic);
    for (const startMs of this.#startsBetween(fromMs, toMs)) {
      const segment = this.#segments.get(startMs);
      const slot = segment?.slots.get(id);
      if (segment === undefined || slot === undefined) continue;
      const value = segment.values[slot]!;
      if (value !== null) yield { key, startMs, value, timestamp: segment.timestamps[slot]! };
    }
  }

  *fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    for (const startMs of this.#startsBetween(fromMs, toMs)) {
      const segment = this.#segments.get(startMs);
      if (segment === undefined) continue;
      for (const slot of segment.slots.values()) {
        const value = segment.values[slot]!;
        if (value === null) continue;
        yield { key: segment.keys[slot]!, startMs, value, timestamp: segment.timestamps[slot]! };
      }
    }
  }

  put(key: K, startMs: number, value: V | null, timestamp: number): boolean {
    if (startMs > this.#newestStartMs) {
      this.#newestStartMs = startMs;
      this.expireBefore(this.#liveFromMs);
    } else if (startMs < this.#liveFromMs) {
      // Kafka Streams writes it to the changelog all the same.
      if (this.#isLogged) this.#late.push({ key, startMs, value, timestamp });
      return false;
    }
    let segment = this.#segments.get(startMs);
    if (segment === undefined) {
      segment = this.#add(startMs);
    }
    const id = stateKey(key, this.#serdes.key, this.#topic);
    let slot = segment.slots.get(id);
    if (slot === undefined) {
      slot = segment.keys.length;
      segment.slots.set(id, slot);
      segment.keys.push(key);
      segment.values.push(null);
      segment.timestamps.push(timestamp);
      segment.marks.push(0);
    }
    const marks = segment.marks[slot]!;
    if (this.#isTracked && (marks & unsentMark) === 0) {
      segment.unsent.push(slot);
      segment.sentValues.push(segment.values[slot]!);
    }
    if (this.#isLogged && (marks & unloggedMark) === 0) segment.unlogged.push(slot);
    segment.marks[slot] = (this.#isTracked ? unsentMark : 0) | (this.#isLogged ? unloggedMark : 0);
    segment.values[slot] = value;
    segment.timestamps[slot] = timestamp;
    return true;
  }

  expireBefore(startMs: number): void {
    if (this.#oldestStartMs >= startMs) return;
    let oldest = Number.POSITIVE_INFINITY;
    for (const start of this.#segments.keys()) {
      // What has changed is written first: the next commit lets it go.
      if (start < startMs && isDone(this.#segments.get(start)!)) this.#segments.delete(start);
      else if (start < oldest) oldest = start;
    }
    this.#oldestStartMs = oldest;
    this.#starts = null;
  }

  trackUpdates(): void {
    this.#isTracked = true;
  }

  takeUpdates(receive: WindowUpdateReceiver<K, V>): void {
    for (const segment of this.#segments.values()) {
      const { sentValues, startMs, unsent } = segment;
      if (unsent.length === 0) continue;
      segment.unsent = [];
      segment.sentValues = [];
      for (let index = 0; index < unsent.length; index++) {
        const slot = unsent[index]!;
        segment.marks[slot]! &= ~unsentMark;
        receive(segment.keys[slot]!, startMs, segment.values[slot]!, sentValues[index]!, segment.timestamps[slot]!);
      }
    }
  }

  drainChanges(sink: ChangelogSink): void {
    const { key: keySerde, value: valueSerde } = this.#serdes;
    for (const segment of this.#segments.values()) {
      const { unlogged } = segment;
      if (unlogged.length === 0) continue;
      segment.unlogged = [];
      for (const slot of unlogged) {
        segment.marks[slot]! &= ~unloggedMark;
        const key = windowStoreKey(keySerde.encode(segment.keys[slot]!, this.#topic), segment.startMs);
        const value = segment.values[slot]!;
        const bytes = value === null ? null : valueSerde.encode(value, this.#topic);
        sink.append(key, bytes, segment.timestamps[slot]!);
      }
    }
    if (this.#late.length === 0) return;
    for (const { key, startMs, timestamp, value } of this.#late) {
      const keyBytes = windowStoreKey(keySerde.encode(key, this.#topic), startMs);
      sink.append(keyBytes, value === null ? null : valueSerde.encode(value, this.#topic), timestamp);
    }
    this.#late = [];
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null, timestamp: number): void {
    const key = this.#serdes.key.decode(keyBytes, 0, keyBytes.length - windowStoreSuffixBytes, this.#topic);
    const value = valueBytes === null ? null : this.#serdes.value.decode(valueBytes, 0, valueBytes.length, this.#topic);
    const isLogged = this.#isLogged;
    const isTracked = this.#isTracked;
    this.#isLogged = false;
    this.#isTracked = false;
    this.put(key, windowStoreStart(keyBytes), value, timestamp);
    this.#isLogged = isLogged;
    this.#isTracked = isTracked;
  }

  close(): void {
    this.#segments.clear();
    this.#starts = null;
  }

  #add(startMs: number): Segment<K, V> {
    const segment = new Segment<K, V>(startMs);
    this.#segments.set(startMs, segment);
    this.#starts = null;
    if (startMs < this.#oldestStartMs) this.#oldestStartMs = startMs;
    return segment;
  }

  #startsBetween(fromMs: number, toMs: number): number[] {
    this.#starts ??= [...this.#segments.keys()].sort((a, b) => a - b);
    const firstMs = Math.max(fromMs, this.#liveFromMs);
    return this.#starts.filter((start) => start >= firstMs && start <= toMs);
  }
}

/** Nobody is to hear of it any more. */
function isDone(segment: Segment<unknown, unknown>): boolean {
  return segment.unlogged.length === 0 && segment.unsent.length === 0;
}
