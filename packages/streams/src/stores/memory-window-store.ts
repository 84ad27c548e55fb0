import { HeldHeaders } from '../processor/held-headers.ts';
import type { RecordContext } from '../processor/record-context.ts';
import { bytesSerde } from '../serdes/basic-serdes.ts';
import { appendRow } from './append-row.ts';
import { KeyIds } from './key-ids.ts';
import type { KeyValueSerdes } from './memory-key-value-store.ts';
import type { ChangelogSink, StoreContext } from './state-store.ts';
import { windowStoreKey, windowStoreStart, windowStoreSuffixBytes, writeWindowStoreKey } from './window-key.ts';
import { WindowSegment } from './window-segment.ts';
import type { WindowEntry, WindowStore, WindowUpdateReceiver } from './window-store.ts';

interface Late<K, V> {
  readonly key: K;
  readonly startMs: number;
  readonly value: V | null;
  readonly timestamp: number;
}

const unloggedMark = 1;
const unsentMark = 2;
/** Of those that were used lately, which are looked through before the map is asked: records of many windows come mixed. */
const recentMax = 8;

/** Windows in memory, let go as a whole when they are older than the retention. */
export class MemoryWindowStore<K, V> implements WindowStore<K, V> {
  readonly name: string;
  readonly #serdes: KeyValueSerdes<K, V>;
  readonly #retentionMs: number;
  readonly #segments = new Map<number, WindowSegment<V>>();
  #recent: WindowSegment<V>[] = [];
  #keys: KeyIds<K>;
  /** Starts, ascending; made when somebody asks. */
  #starts: number[] | null = null;
  #newestStartMs = -1;
  #oldestStartMs = Number.POSITIVE_INFINITY;
  #topic = '';
  #isLogged = false;
  #isTracked = false;
  /** What is in work, for updates that are told of later. */
  #record: RecordContext | null = null;
  /** Came too late to be kept: only for the changelog. */
  #late: Late<K, V>[] = [];

  constructor(name: string, serdes: KeyValueSerdes<K, V>, retentionMs: number) {
    this.name = name;
    this.#serdes = serdes;
    this.#retentionMs = retentionMs;
    this.#keys = new KeyIds(serdes.key, '');
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#keys = new KeyIds(this.#serdes.key, changelogTopic);
    this.#isLogged = isLogged;
  }

  get count(): number {
    let count = 0;
    for (const segment of this.#segments.values()) count += segment.count;
    return count;
  }

  /** From when on rows are there, as in Kafka Streams: also while they have not been let go yet. */
  get #liveFromMs(): number {
    return this.#newestStartMs - this.#retentionMs + 1;
  }

  fetch(key: K, startMs: number): V | null {
    const segment = this.#liveSegment(startMs);
    if (segment === null) return null;
    const slot = this.#slotIn(segment, key);
    return slot === -1 ? null : segment.values[slot]!;
  }

  fetchEntry(key: K, startMs: number): WindowEntry<K, V> | null {
    const segment = this.#liveSegment(startMs);
    if (segment === null) return null;
    const slot = this.#slotIn(segment, key);
    if (slot === -1) return null;
    const value = segment.values[slot]!;
    return value === null ? null : { key, startMs, value, timestamp: segment.timestamps[slot]! };
  }

  timestampOf(key: K, startMs: number): number {
    const segment = this.#liveSegment(startMs);
    if (segment === null) return -1;
    const slot = this.#slotIn(segment, key);
    return slot === -1 ? -1 : segment.timestamps[slot]!;
  }

  *fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    for (const startMs of this.#startsBetween(fromMs, toMs)) {
      const segment = this.#segments.get(startMs);
      const slot = segment === undefined ? -1 : this.#slotIn(segment, key);
      if (segment === undefined || slot === -1) continue;
      const value = segment.values[slot]!;
      if (value !== null) yield { key, startMs, value, timestamp: segment.timestamps[slot]! };
    }
  }

  *fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    for (const startMs of this.#startsBetween(fromMs, toMs)) {
      const segment = this.#segments.get(startMs);
      if (segment === undefined) continue;
      for (let slot = 0; slot < segment.count; slot++) {
        const value = segment.values[slot]!;
        if (value === null) continue;
        yield { key: this.#keys.keyOf(segment.idOf(slot)), startMs, value, timestamp: segment.timestamps[slot]! };
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
    const segment = this.#segment(startMs) ?? this.#add(startMs);
    const id = this.#keys.findOrGive(key);
    let slot = segment.slotOf(id);
    if (slot === -1) {
      slot = segment.addSlot(id, timestamp);
      this.#keys.hold(id);
    }
    const marks = segment.marks[slot]!;
    if (this.#isTracked) {
      if ((marks & unsentMark) === 0) {
        segment.unsent.push(slot);
        segment.sentValues.push(segment.values[slot]!);
      }
      const record = this.#record!;
      if (record.headersCount > 0) segment.held ??= new HeldHeaders(record);
      segment.held?.note(slot);
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
      if (start < startMs && isDone(this.#segments.get(start)!)) this.#drop(this.#segments.get(start)!);
      else if (start < oldest) oldest = start;
    }
    this.#oldestStartMs = oldest;
    this.#starts = null;
  }

  trackUpdates(record: RecordContext): void {
    this.#isTracked = true;
    this.#record = record;
  }

  takeUpdates(receive: WindowUpdateReceiver<K, V>): void {
    for (const segment of this.#segments.values()) {
      const { held, sentValues, startMs, unsent } = segment;
      if (unsent.length === 0) continue;
      segment.unsent = [];
      segment.sentValues = [];
      segment.held = null;
      for (let index = 0; index < unsent.length; index++) {
        const slot = unsent[index]!;
        segment.marks[slot]! &= ~unsentMark;
        const key = this.#keys.keyOf(segment.idOf(slot));
        held?.restore(slot);
        receive(key, startMs, segment.values[slot]!, sentValues[index]!, segment.timestamps[slot]!);
      }
      held?.clear();
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
        const key = this.#keys.keyOf(segment.idOf(slot));
        const keyBytes = writeWindowStoreKey(keySerde, key, this.#topic, segment.startMs);
        const timestamp = segment.timestamps[slot]!;
        appendRow(sink, this.#topic, keyBytes, segment.values[slot]!, timestamp, bytesSerde, valueSerde);
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
    this.#recent = [];
    this.#keys = new KeyIds(this.#serdes.key, this.#topic);
    this.#starts = null;
  }

  #segment(startMs: number): WindowSegment<V> | null {
    const recent = this.#recent;
    for (let index = 0; index < recent.length; index++) if (recent[index]!.startMs === startMs) return recent[index]!;
    const segment = this.#segments.get(startMs);
    if (segment === undefined) return null;
    recent.unshift(segment);
    if (recent.length > recentMax) recent.pop();
    return segment;
  }

  #liveSegment(startMs: number): WindowSegment<V> | null {
    return startMs < this.#liveFromMs ? null : this.#segment(startMs);
  }

  #slotIn(segment: WindowSegment<V>, key: K): number {
    const id = this.#keys.find(key);
    return id === -1 ? -1 : segment.slotOf(id);
  }

  #drop(segment: WindowSegment<V>): void {
    this.#segments.delete(segment.startMs);
    this.#recent = [];
    for (let slot = 0; slot < segment.count; slot++) this.#keys.release(segment.idOf(slot));
  }

  #add(startMs: number): WindowSegment<V> {
    const segment = new WindowSegment<V>(startMs);
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
function isDone(segment: WindowSegment<unknown>): boolean {
  return segment.unlogged.length === 0 && segment.unsent.length === 0;
}
