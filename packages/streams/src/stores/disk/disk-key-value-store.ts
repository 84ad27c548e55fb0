import { HeldHeaders } from '../../processor/held-headers.ts';
import type { RecordContext } from '../../processor/record-context.ts';
import { bufferOf } from '../bytes.ts';
import type { KeyValueEntry, KeyValueStore, UpdateReceiver } from '../key-value-store.ts';
import type { KeyValueSerdes } from '../memory-key-value-store.ts';
import type { ChangelogSink, StoreContext } from '../state-store.ts';
import type { DiskStore } from './disk-store.ts';
import { DiskTable, type TableEntry } from './disk-table.ts';
import { keyText } from './key-text.ts';
import type { Row } from './row.ts';
import type { StateMemory } from './state-memory.ts';

/** Rows by key, more than fit into memory. The changelog is as that of the store in memory. */
export class DiskKeyValueStore<K, V> implements KeyValueStore<K, V>, DiskStore {
  readonly name: string;
  readonly table: DiskTable<V>;
  readonly #serdes: KeyValueSerdes<K, V>;
  #unlogged: Row<V>[] = [];
  #unsent: Row<V>[] = [];
  #topic = '';
  #isLogged = false;
  /** Null: nobody wants to hear of updates. */
  #held: HeldHeaders<Row<V>> | null = null;

  constructor(name: string, serdes: KeyValueSerdes<K, V>, memory: StateMemory) {
    this.name = name;
    this.#serdes = serdes;
    this.table = new DiskTable<V>({
      name,
      memory,
      encode: (value) => bufferOf(serdes.value.encode(value, this.#topic)),
      decode: (bytes) => serdes.value.decode(bytes, 0, bytes.length, this.#topic),
      suffixLength: 0,
      timeOf: (_key, timestamp) => timestamp,
      retentionMs: null,
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

  get(key: K): V | null {
    return this.table.get(this.#text(key));
  }

  getEntry(key: K): KeyValueEntry<K, V> | null {
    const value = this.table.get(this.#text(key));
    return value === null ? null : { key, value, timestamp: this.table.timestamp };
  }

  put(key: K, value: V | null, timestamp: number): void {
    const row = this.table.put(this.#text(key), value, timestamp, this.#held !== null);
    if (this.#held !== null) {
      this.#held.note(row);
      if (!row.isUnsent) this.#unsent.push(row);
      row.isUnsent = true;
    }
    if (this.#isLogged && !row.isUnlogged) {
      row.isUnlogged = true;
      this.#unlogged.push(row);
    }
  }

  *range(from: K | null, to: K | null): IterableIterator<KeyValueEntry<K, V>> {
    const last = to === null ? null : this.#text(to);
    for (const entry of this.table.scan(from === null ? '' : this.#text(from), last)) yield this.#entry(entry);
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
      if (value === null && sentValue === null) continue;
      held.restore(row);
      receive(this.#key(key), value, sentValue, timestamp);
    }
    held.clear();
  }

  *rowsBefore(timestamp: number): IterableIterator<K | null> {
    for (const key of this.table.keysBefore(timestamp)) yield key === null ? null : this.#key(key);
  }

  get newestTimestamp(): number {
    return Math.max(-1, this.table.newestMs);
  }

  drainChanges(sink: ChangelogSink): void {
    const unlogged = this.#unlogged;
    this.#unlogged = [];
    for (const row of unlogged) {
      const { key, timestamp, value } = row;
      row.isUnlogged = false;
      const bytes = value === null ? null : this.#serdes.value.encode(value, this.#topic);
      this.table.noteValueBytes(bytes === null ? 0 : bytes.length);
      sink.append(Buffer.from(key, 'latin1'), bytes, timestamp);
    }
    this.table.drained();
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null, timestamp: number): void {
    const value = valueBytes === null ? null : this.#serdes.value.decode(valueBytes, 0, valueBytes.length, this.#topic);
    if (valueBytes !== null) this.table.noteValueBytes(valueBytes.length);
    this.table.put(keyBytes.toString('latin1'), value, timestamp, false);
  }

  close(): void {
    this.table.close();
    this.#unlogged = [];
    this.#unsent = [];
  }

  #entry({ key, timestamp, value }: TableEntry<V>): KeyValueEntry<K, V> {
    return { key: this.#key(key), value, timestamp };
  }

  #key(text: string): K {
    const bytes = Buffer.from(text, 'latin1');
    return this.#serdes.key.decode(bytes, 0, bytes.length, this.#topic);
  }

  #text(key: K): string {
    return keyText(this.#serdes.key.encode(key, this.#topic));
  }
}
