import { HeldHeaders } from '../processor/held-headers.ts';
import type { RecordContext } from '../processor/record-context.ts';
import type { Serde } from '../serdes/serde.ts';
import { appendRow } from './append-row.ts';
import { bufferOf } from './bytes.ts';
import type { KeyValueEntry, KeyValueStore, UpdateReceiver } from './key-value-store.ts';
import { type StateKey, stateKey } from './state-key.ts';
import type { ChangelogSink, StoreContext } from './state-store.ts';

interface Row<K, V> {
  readonly key: K;
  /** Null: taken away, and somebody is to hear of it yet. */
  value: V | null;
  timestamp: number;
  /** What downstream knows of the row, while it is in `#unsent`. */
  sentValue: V | null;
  isUnlogged: boolean;
  isUnsent: boolean;
}

export interface KeyValueSerdes<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** Rows by key in memory. The changelog has Kafka Streams' form: the value's bytes, with the row's timestamp as the record's. */
export class MemoryKeyValueStore<K, V> implements KeyValueStore<K, V> {
  readonly name: string;
  readonly #serdes: KeyValueSerdes<K, V>;
  readonly #rows = new Map<StateKey, Row<K, V>>();
  #unlogged: Row<K, V>[] = [];
  #unsent: Row<K, V>[] = [];
  #topic = '';
  #isLogged = false;
  /** Null: nobody wants to hear of updates. */
  #held: HeldHeaders<Row<K, V>> | null = null;
  /** Rows in the map that are taken away. */
  #emptyCount = 0;
  /** By the keys' bytes; made when somebody asks for an order, and dropped when a row comes or goes. */
  #sorted: { bytes: Buffer; row: Row<K, V> }[] | null = null;

  constructor(name: string, serdes: KeyValueSerdes<K, V>) {
    this.name = name;
    this.#serdes = serdes;
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#isLogged = isLogged;
  }

  get count(): number {
    return this.#rows.size - this.#emptyCount;
  }

  get(key: K): V | null {
    const row = this.#rows.get(stateKey(key, this.#serdes.key, this.#topic));
    return row === undefined ? null : row.value;
  }

  getEntry(key: K): KeyValueEntry<K, V> | null {
    const row = this.#rows.get(stateKey(key, this.#serdes.key, this.#topic));
    return row === undefined || row.value === null ? null : (row as KeyValueEntry<K, V>);
  }

  put(key: K, value: V | null, timestamp: number): void {
    const id = stateKey(key, this.#serdes.key, this.#topic);
    let row = this.#rows.get(id);
    if (row === undefined) {
      if (value === null && !this.#isLogged && this.#held === null) return;
      row = { key, value: null, timestamp, sentValue: null, isUnlogged: false, isUnsent: false };
      this.#rows.set(id, row);
      this.#emptyCount++;
      this.#sorted = null;
    }
    if (this.#held !== null) {
      this.#held.note(row);
      if (!row.isUnsent) {
        row.isUnsent = true;
        row.sentValue = row.value;
        this.#unsent.push(row);
      }
    }
    if (this.#isLogged && !row.isUnlogged) {
      row.isUnlogged = true;
      this.#unlogged.push(row);
    }
    if (row.value === null) this.#emptyCount--;
    if (value === null) this.#emptyCount++;
    row.value = value;
    row.timestamp = timestamp;
    if (value === null) this.#forgetIfDone(id, row);
  }

  *range(from: K | null, to: K | null): IterableIterator<KeyValueEntry<K, V>> {
    const sorted = this.#inOrder();
    const last = to === null ? null : this.#keyBytes(to);
    for (let at = from === null ? 0 : firstNotBefore(sorted, this.#keyBytes(from)); at < sorted.length; at++) {
      const { bytes, row } = sorted[at]!;
      if (last !== null && bytes.compare(last) > 0) return;
      if (row.value !== null) yield row as KeyValueEntry<K, V>;
    }
  }

  all(): IterableIterator<KeyValueEntry<K, V>> {
    return this.range(null, null);
  }

  trackUpdates(record: RecordContext): void {
    this.#held = new HeldHeaders(record);
  }

  takeUpdates(receive: UpdateReceiver<K, V>): void {
    const unsent = this.#unsent;
    if (unsent.length === 0) return;
    this.#unsent = [];
    const held = this.#held!;
    for (const row of unsent) {
      const { key, sentValue, timestamp, value } = row;
      row.isUnsent = false;
      row.sentValue = null;
      if (value === null) this.#forgetIfDone(stateKey(key, this.#serdes.key, this.#topic), row);
      if (value === null && sentValue === null) continue;
      held.restore(row);
      receive(key, value, sentValue, timestamp);
    }
    held.clear();
  }

  drainChanges(sink: ChangelogSink): void {
    const unlogged = this.#unlogged;
    if (unlogged.length === 0) return;
    this.#unlogged = [];
    for (const row of unlogged) {
      const { key, timestamp, value } = row;
      row.isUnlogged = false;
      appendRow(sink, this.#topic, key, value, timestamp, this.#serdes.key, this.#serdes.value);
      if (value === null) this.#forgetIfDone(stateKey(key, this.#serdes.key, this.#topic), row);
    }
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null, timestamp: number): void {
    const key = this.#serdes.key.decode(keyBytes, 0, keyBytes.length, this.#topic);
    const id = stateKey(key, this.#serdes.key, this.#topic);
    this.#sorted = null;
    if (valueBytes === null) {
      this.#rows.delete(id);
      return;
    }
    const value = this.#serdes.value.decode(valueBytes, 0, valueBytes.length, this.#topic);
    this.#rows.set(id, { key, value, timestamp, sentValue: null, isUnlogged: false, isUnsent: false });
  }

  close(): void {
    this.#rows.clear();
    this.#emptyCount = 0;
    this.#unlogged = [];
    this.#unsent = [];
    this.#sorted = null;
  }

  #forgetIfDone(id: StateKey, row: Row<K, V>): void {
    if (row.isUnlogged || row.isUnsent || row.value !== null || !this.#rows.delete(id)) return;
    this.#emptyCount--;
    this.#sorted = null;
  }

  #inOrder(): { bytes: Buffer; row: Row<K, V> }[] {
    this.#sorted ??= Array.from(this.#rows.values(), (row) => ({ bytes: this.#keyBytes(row.key), row })).sort((a, b) =>
      a.bytes.compare(b.bytes),
    );
    return this.#sorted;
  }

  #keyBytes(key: K): Buffer {
    return bufferOf(this.#serdes.key.encode(key, this.#topic));
  }
}

function firstNotBefore(sorted: readonly { bytes: Buffer }[], bytes: Buffer): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.bytes.compare(bytes) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
