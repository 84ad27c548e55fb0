import { HeldHeaders } from '../../processor/held-headers.ts';
import type { RecordContext } from '../../processor/record-context.ts';
import { bufferOf } from '../bytes.ts';
import type { KeyValueSerdes } from '../memory-key-value-store.ts';
import type { ChangelogSink, StoreContext } from '../state-store.ts';
import { windowStoreStart, windowStoreSuffixBytes } from '../window-key.ts';
import type { WindowEntry, WindowStore, WindowUpdateReceiver } from '../window-store.ts';
import type { DiskStore } from './disk-store.ts';
import { DiskTable } from './disk-table.ts';
import { afterPrefix, keyText, longText, readLong } from './key-text.ts';
import type { Row } from './row.ts';
import type { StateMemory } from './state-memory.ts';

/** Segments that the retention spans. */
const segmentsCount = 4;
const longLength = 8;

/**
 * Windows, more than fit into memory. A row's key on the disk: its segment of time (8), the key's bytes, the start of the window (8): so the
 * windows of a key lie together within a segment, and all windows of a time do in few of them.
 */
export class DiskWindowStore<K, V> implements WindowStore<K, V>, DiskStore {
  readonly name: string;
  readonly table: DiskTable<V>;
  readonly #serdes: KeyValueSerdes<K, V>;
  readonly #retentionMs: number;
  readonly #segmentMs: number;
  #unlogged: Row<V>[] = [];
  #unsent: Row<V>[] = [];
  /** Came too late to be kept: only for the changelog. */
  #late: Pick<Row<V>, 'key' | 'value' | 'timestamp'>[] = [];
  #topic = '';
  #isLogged = false;
  /** Null: nobody wants to hear of updates. */
  #held: HeldHeaders<Row<V>> | null = null;

  constructor(name: string, serdes: KeyValueSerdes<K, V>, retentionMs: number, memory: StateMemory) {
    this.name = name;
    this.#serdes = serdes;
    this.#retentionMs = retentionMs;
    this.#segmentMs = Math.max(1, Math.ceil(retentionMs / segmentsCount));
    this.table = new DiskTable<V>({
      name,
      memory,
      encode: (value) => bufferOf(serdes.value.encode(value, this.#topic)),
      decode: (bytes) => serdes.value.decode(bytes, 0, bytes.length, this.#topic),
      suffixLength: longLength,
      timeOf: (key) => startOf(key),
      // One that began just so long before the newest is gone.
      retentionMs: retentionMs - 1,
    });
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#isLogged = isLogged;
  }

  get count(): number {
    return this.table.count;
  }

  get sizeBytes(): number {
    return this.table.sizeBytes;
  }

  fetch(key: K, startMs: number): V | null {
    return this.table.get(this.#place(this.#text(key), startMs));
  }

  fetchEntry(key: K, startMs: number): WindowEntry<K, V> | null {
    const value = this.fetch(key, startMs);
    return value === null ? null : { key, startMs, value, timestamp: this.table.timestamp };
  }

  timestampOf(key: K, startMs: number): number {
    return this.fetch(key, startMs) === null ? -1 : this.table.timestamp;
  }

  *fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    const text = this.#text(key);
    const [first, last] = this.#bounds(fromMs, toMs);
    for (let from = first; from <= last; ) {
      const end = this.#segmentEnd(from);
      const place = this.#place(text, from);
      const to = this.#place(text, Math.min(end - 1, last));
      for (const { key: found, timestamp, value } of this.table.scan(place, to, true)) {
        // A longer key that begins alike lies between.
        if (found.length === place.length) yield { key, startMs: startOf(found), value, timestamp };
      }
      from = end;
    }
  }

  *fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    const [first, last] = this.#bounds(fromMs, toMs);
    for (let from = first; from <= last; from = this.#segmentEnd(from)) {
      const segment = this.#segment(from);
      const rows: WindowEntry<K, V>[] = [];
      for (const { key, timestamp, value } of this.table.scan(segment, afterPrefix(segment))) {
        const startMs = startOf(key);
        if (startMs >= first && startMs <= last) rows.push({ key: this.#key(key), startMs, value, timestamp });
      }
      // Of one start they are in the order of their keys, and stay so.
      yield* rows.sort((a, b) => a.startMs - b.startMs);
    }
  }

  put(key: K, startMs: number, value: V | null, timestamp: number): boolean {
    const place = this.#place(this.#text(key), startMs);
    if (startMs <= this.table.newestMs - this.#retentionMs) {
      // Kafka Streams writes it to the changelog all the same.
      if (this.#isLogged) this.#late.push({ key: place, value, timestamp });
      return false;
    }
    const row = this.table.put(place, value, timestamp, this.#held !== null);
    if (this.#held !== null) {
      this.#held.note(row);
      if (!row.isUnsent) this.#unsent.push(row);
      row.isUnsent = true;
    }
    if (this.#isLogged && !row.isUnlogged) {
      row.isUnlogged = true;
      this.#unlogged.push(row);
    }
    return true;
  }

  expireBefore(startMs: number): void {
    this.table.expireBefore(startMs);
  }

  trackUpdates(record: RecordContext): void {
    this.#held = new HeldHeaders(record);
  }

  takeUpdates(receive: WindowUpdateReceiver<K, V>): void {
    const unsent = this.#unsent;
    if (unsent.length === 0) return;
    this.#unsent = [];
    const held = this.#held!;
    for (const row of unsent) {
      const { key, sentValue, timestamp, value } = row;
      row.isUnsent = false;
      row.sentValue = null;
      held.restore(row);
      receive(this.#key(key), startOf(key), value, sentValue, timestamp);
    }
    held.clear();
  }

  drainChanges(sink: ChangelogSink): void {
    const unlogged = this.#unlogged;
    this.#unlogged = [];
    for (const row of unlogged) {
      row.isUnlogged = false;
      this.#append(sink, row);
    }
    for (const late of this.#late) this.#append(sink, late);
    this.#late = [];
    this.table.drained();
  }

  #append(sink: ChangelogSink, { key, timestamp, value }: Pick<Row<V>, 'key' | 'value' | 'timestamp'>): void {
    const bytes = value === null ? null : this.#serdes.value.encode(value, this.#topic);
    this.table.noteValueBytes(bytes === null ? 0 : bytes.length);
    // The changelog has a sequence number of 4 bytes behind the start.
    sink.append(Buffer.from(`${key.slice(longLength)}\0\0\0\0`, 'latin1'), bytes, timestamp);
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null, timestamp: number): void {
    const startMs = windowStoreStart(keyBytes);
    if (startMs <= this.table.newestMs - this.#retentionMs) return;
    const value = valueBytes === null ? null : this.#serdes.value.decode(valueBytes, 0, valueBytes.length, this.#topic);
    if (valueBytes !== null) this.table.noteValueBytes(valueBytes.length);
    const text = keyBytes.toString('latin1', 0, keyBytes.length - windowStoreSuffixBytes);
    this.table.put(this.#place(text, startMs), value, timestamp, false);
  }

  close(): void {
    this.table.close();
    this.#unlogged = [];
    this.#unsent = [];
    this.#late = [];
  }

  /** Of what is asked for, what can be there. */
  #bounds(fromMs: number, toMs: number): [firstMs: number, lastMs: number] {
    const { newestMs } = this.table;
    if (newestMs < 0) return [0, -1];
    return [Math.max(0, fromMs, newestMs - this.#retentionMs + 1), Math.min(toMs, newestMs)];
  }

  #segmentEnd(timeMs: number): number {
    return (Math.floor(timeMs / this.#segmentMs) + 1) * this.#segmentMs;
  }

  #segment(timeMs: number): string {
    return longText(Math.floor(timeMs / this.#segmentMs));
  }

  #place(text: string, startMs: number): string {
    return this.#segment(startMs) + text + longText(startMs);
  }

  #key(place: string): K {
    const bytes = Buffer.from(place.slice(longLength, -longLength), 'latin1');
    return this.#serdes.key.decode(bytes, 0, bytes.length, this.#topic);
  }

  #text(key: K): string {
    return keyText(this.#serdes.key.encode(key, this.#topic));
  }
}

function startOf(place: string): number {
  return readLong(place, place.length - longLength);
}
