import { bufferOf } from '../bytes.ts';
import type { KeyValueSerdes } from '../memory-key-value-store.ts';
import type { SessionEntry, SessionStore } from '../session-store.ts';
import type { ChangelogSink, StoreContext } from '../state-store.ts';
import { sessionStoreEnd } from '../window-key.ts';
import type { DiskStore } from './disk-store.ts';
import { DiskTable } from './disk-table.ts';
import { keyText, longText, readLong } from './key-text.ts';
import type { Row } from './row.ts';
import type { StateMemory } from './state-memory.ts';

const longLength = 8;
/** The key's bytes, then the end and the start: as in the changelog. */
const suffixLength = 16;
const newest = longText(Number.MAX_SAFE_INTEGER);

/** Sessions, more than fit into memory. */
export class DiskSessionStore<K, V> implements SessionStore<K, V>, DiskStore {
  readonly name: string;
  readonly table: DiskTable<V>;
  readonly #serdes: KeyValueSerdes<K, V>;
  #unlogged: Row<V>[] = [];
  #topic = '';
  #isLogged = false;

  constructor(name: string, serdes: KeyValueSerdes<K, V>, retentionMs: number, memory: StateMemory) {
    this.name = name;
    this.#serdes = serdes;
    this.table = new DiskTable<V>({
      name,
      memory,
      encode: (value) => bufferOf(serdes.value.encode(value, this.#topic)),
      decode: (bytes) => serdes.value.decode(bytes, 0, bytes.length, this.#topic),
      suffixLength,
      timeOf: (key) => endOf(key),
      // One that ended just so long ago is gone.
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

  fetchSession(key: K, startMs: number, endMs: number): V | null {
    return this.table.get(place(this.#text(key), startMs, endMs));
  }

  findSessions(key: K, earliestEndMs: number, latestStartMs: number): SessionEntry<K, V>[] {
    const text = this.#text(key);
    const from = place(text, 0, Math.max(0, earliestEndMs));
    const found: SessionEntry<K, V>[] = [];
    for (const { key: each, value } of this.table.scan(from, text + newest + newest, true)) {
      // A longer key that begins alike lies between.
      if (each.length !== from.length) continue;
      const startMs = startOf(each);
      if (startMs <= latestStartMs) found.push({ key, startMs, endMs: endOf(each), value });
    }
    return found;
  }

  *all(): IterableIterator<SessionEntry<K, V>> {
    for (const { key, value } of this.table.scan('', null)) {
      const bytes = Buffer.from(key.slice(0, -suffixLength), 'latin1');
      const decoded = this.#serdes.key.decode(bytes, 0, bytes.length, this.#topic);
      yield { key: decoded, startMs: startOf(key), endMs: endOf(key), value };
    }
  }

  put(key: K, startMs: number, endMs: number, value: V | null, timestamp = endMs): void {
    const row = this.table.put(place(this.#text(key), startMs, endMs), value, timestamp, false);
    if (!this.#isLogged || row.isUnlogged) return;
    row.isUnlogged = true;
    this.#unlogged.push(row);
  }

  expireBefore(endMs: number): void {
    this.table.expireBefore(endMs);
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

  restore(keyBytes: Buffer, valueBytes: Buffer | null): void {
    const value = valueBytes === null ? null : this.#serdes.value.decode(valueBytes, 0, valueBytes.length, this.#topic);
    if (valueBytes !== null) this.table.noteValueBytes(valueBytes.length);
    this.table.put(keyBytes.toString('latin1'), value, sessionStoreEnd(keyBytes), false);
  }

  close(): void {
    this.table.close();
    this.#unlogged = [];
  }

  #text(key: K): string {
    return keyText(this.#serdes.key.encode(key, this.#topic));
  }
}

function place(text: string, startMs: number, endMs: number): string {
  return text + longText(endMs) + longText(startMs);
}

function endOf(key: string): number {
  return readLong(key, key.length - suffixLength);
}

function startOf(key: string): number {
  return readLong(key, key.length - longLength);
}
