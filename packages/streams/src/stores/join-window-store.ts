import { bytesSerde } from '../serdes/basic-serdes.ts';
import { appendRow } from './append-row.ts';
import type { KeyValueSerdes } from './memory-key-value-store.ts';
import { type StateKey, stateKey } from './state-key.ts';
import type { ChangelogSink, StateStore, StoreContext } from './state-store.ts';
import { windowStoreSequence, windowStoreStart, windowStoreSuffixBytes, writeWindowStoreKey } from './window-key.ts';

/** A record of a stream that others may be joined with. */
export interface JoinRow<K, V> {
  readonly key: K;
  readonly timestamp: number;
  /** Tells records of one key and time apart. */
  readonly sequence: number;
  readonly value: V;
}

export interface JoinRowReceiver<V> {
  joinRow(value: V, timestamp: number): void;
}

/** Segments that the retention spans: what is let go, and what is looked through for a key, is one of them. */
const segmentsCount = 4;
const sequenceMax = 0x7fff_ffff;

interface Segment<K, V> {
  /** A key's records, by time and sequence; one alone, as it mostly is, without a list. */
  readonly rows: Map<StateKey, JoinRow<K, V> | JoinRow<K, V>[]>;
  count: number;
}

/**
 * The records of one side of a join of streams, all of them, kept for `retentionMs` of the stream's own time. The changelog is that of
 * Kafka Streams' window store with duplicates: key, time and a sequence number.
 */
export class JoinWindowStore<K, V> implements StateStore {
  readonly name: string;
  readonly #serdes: KeyValueSerdes<K, V>;
  readonly #retentionMs: number;
  readonly #segmentMs: number;
  readonly #segments = new Map<number, Segment<K, V>>();
  #unlogged: JoinRow<K, V>[] = [];
  #sequence = 0;
  #streamTimeMs = -1;
  #newestSegment = -1;
  #topic = '';
  #isLogged = false;

  constructor(name: string, serdes: KeyValueSerdes<K, V>, retentionMs: number) {
    this.name = name;
    this.#serdes = serdes;
    this.#retentionMs = retentionMs;
    this.#segmentMs = Math.max(1, Math.ceil(retentionMs / segmentsCount));
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#isLogged = isLogged;
  }

  get count(): number {
    let count = 0;
    for (const segment of this.#segments.values()) count += segment.count;
    return count;
  }

  /** False for a record that is older than the retention: nothing will ask for it. */
  put(key: K, value: V, timestamp: number): boolean {
    this.#sequence = (this.#sequence + 1) & sequenceMax;
    const row: JoinRow<K, V> = { key, timestamp, sequence: this.#sequence, value };
    if (!this.#add(row)) return false;
    if (this.#isLogged) this.#unlogged.push(row);
    return true;
  }

  /** Tells of the records of a key from `fromMs` to `toMs`, both included, the oldest first; how many there were. */
  fetch(key: K, fromMs: number, toMs: number, receiver: JoinRowReceiver<V>): number {
    const from = Math.max(fromMs, this.#streamTimeMs - this.#retentionMs + 1);
    const to = Math.min(toMs, this.#streamTimeMs);
    if (from > to) return 0;
    const id = stateKey(key, this.#serdes.key, this.#topic);
    const last = Math.floor(to / this.#segmentMs);
    let count = 0;
    for (let segment = Math.floor(from / this.#segmentMs); segment <= last; segment++) {
      const found = this.#segments.get(segment)?.rows.get(id);
      if (found === undefined) continue;
      if (!Array.isArray(found)) {
        if (found.timestamp < from || found.timestamp > to) continue;
        receiver.joinRow(found.value, found.timestamp);
        count++;
        continue;
      }
      for (let index = firstAfter(found, from - 1); index < found.length; index++) {
        const row = found[index]!;
        if (row.timestamp > to) break;
        receiver.joinRow(row.value, row.timestamp);
        count++;
      }
    }
    return count;
  }

  drainChanges(sink: ChangelogSink): void {
    const unlogged = this.#unlogged;
    if (unlogged.length === 0) return;
    this.#unlogged = [];
    const { key: keySerde, value: valueSerde } = this.#serdes;
    for (const { key, sequence, timestamp, value } of unlogged) {
      const keyBytes = writeWindowStoreKey(keySerde, key, this.#topic, timestamp, sequence);
      appendRow(sink, this.#topic, keyBytes, value, timestamp, bytesSerde, valueSerde);
    }
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null): void {
    const sequence = windowStoreSequence(keyBytes);
    // New records get numbers that none of those in the changelog has.
    if (sequence > this.#sequence) this.#sequence = sequence;
    if (valueBytes === null) return;
    const key = this.#serdes.key.decode(keyBytes, 0, keyBytes.length - windowStoreSuffixBytes, this.#topic);
    const value = this.#serdes.value.decode(valueBytes, 0, valueBytes.length, this.#topic);
    this.#add({ key, timestamp: windowStoreStart(keyBytes), sequence, value });
  }

  close(): void {
    this.#segments.clear();
    this.#unlogged = [];
  }

  /** A record without a value is not kept, but its time counts, as in Kafka Streams: from then on older ones are not found. */
  observe(timestamp: number): void {
    if (timestamp <= this.#streamTimeMs) return;
    this.#streamTimeMs = timestamp;
    const at = Math.floor(timestamp / this.#segmentMs);
    if (at > this.#newestSegment) this.#expire(at);
  }

  #add(row: JoinRow<K, V>): boolean {
    const { timestamp } = row;
    this.observe(timestamp);
    if (timestamp <= this.#streamTimeMs - this.#retentionMs) return false;
    const at = Math.floor(timestamp / this.#segmentMs);
    let segment = this.#segments.get(at);
    if (segment === undefined) {
      segment = { rows: new Map(), count: 0 };
      this.#segments.set(at, segment);
    }
    segment.count++;
    const id = stateKey(row.key, this.#serdes.key, this.#topic);
    const found = segment.rows.get(id);
    if (found === undefined) segment.rows.set(id, row);
    else if (!Array.isArray(found)) segment.rows.set(id, found.timestamp <= timestamp ? [found, row] : [row, found]);
    else if (found[found.length - 1]!.timestamp <= timestamp) found.push(row);
    else found.splice(firstAfter(found, timestamp), 0, row);
    return true;
  }

  #expire(newest: number): void {
    this.#newestSegment = newest;
    const oldest = Math.floor((this.#streamTimeMs - this.#retentionMs + 1) / this.#segmentMs);
    for (const at of this.#segments.keys()) if (at < oldest) this.#segments.delete(at);
  }
}

/** Of rows by time, the first that is newer. */
function firstAfter(rows: readonly JoinRow<unknown, unknown>[], timestamp: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.timestamp <= timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}
