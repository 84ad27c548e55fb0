import { type Timed, TimeHeap } from '../operators/time-heap.ts';
import type { Change } from '../processor/change.ts';
import type { SavedRecord } from '../processor/record-context.ts';
import { bufferOf } from './bytes.ts';
import type { KeyValueSerdes } from './memory-key-value-store.ts';
import type { ChangelogSink, StateStore, StoreContext } from './state-store.ts';
import { decodeSuppressed, encodeSuppressed, suppressedVersion } from './suppress-record.ts';

/** An update of a table that is held back. */
export interface Suppressed<K, V> extends Timed {
  readonly key: K;
  newValue: V | null;
  /** Before the last of the updates that were held back. */
  oldValue: V | null;
  /** Before the first: what those downstream know. */
  readonly priorValue: V | null;
  /** Of the last update. */
  record: SavedRecord;
  sizeBytes: number;
  /** Gone by what the changelog says; still in the heap. */
  isGone: boolean;
}

/**
 * What `suppress` holds back: the last update of each key, in the order of the first one's time. Its changelog has Kafka Streams' form (version
 * 3: context of the record, values, time), and a row is kept there until it was sent on.
 */
export class SuppressBuffer<K, V> implements StateStore {
  readonly name: string;
  readonly #serdes: KeyValueSerdes<K, V>;
  /** Whether bytes are counted, for which each update is encoded. */
  readonly #isSized: boolean;
  /** By the key's bytes as latin1, which sorts as they do. */
  readonly #rows = new Map<string, Suppressed<K, V>>();
  readonly #byTime = new TimeHeap<Suppressed<K, V>>();
  #unlogged = new Set<string>();
  #sizeBytes = 0;
  #topic = '';
  #isLogged = false;

  constructor(name: string, serdes: KeyValueSerdes<K, V>, isSized: boolean) {
    this.name = name;
    this.#serdes = serdes;
    this.#isSized = isSized;
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#isLogged = isLogged;
  }

  get count(): number {
    return this.#rows.size;
  }

  /** As Kafka Streams counts them; 0 where no bound asks for it. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The earliest; undefined when there is none. */
  get first(): Suppressed<K, V> | undefined {
    let first = this.#byTime.first;
    while (first?.isGone) {
      this.#byTime.pop();
      first = this.#byTime.first;
    }
    return first;
  }

  /** Takes the earliest out. */
  removeFirst(): void {
    const { first } = this;
    if (first === undefined) return;
    this.#byTime.pop();
    this.#rows.delete(first.order);
    this.#sizeBytes -= first.sizeBytes;
    if (this.#isLogged) this.#unlogged.add(first.order);
  }

  /** An update of a key that is held back already takes its place in the order. */
  put(timeMs: number, key: K, { newValue, oldValue }: Change<V>, record: SavedRecord): void {
    const order = this.#id(key);
    if (this.#isLogged) this.#unlogged.add(order);
    let row = this.#rows.get(order);
    if (row === undefined) {
      row = { timeMs, order, key, newValue, oldValue, priorValue: oldValue, record, sizeBytes: 0, isGone: false };
      this.#rows.set(order, row);
      this.#byTime.push(row);
    } else {
      row.newValue = newValue;
      row.oldValue = oldValue;
      row.record = record;
    }
    if (this.#isSized) this.#measure(row);
  }

  /** What those downstream know of a key that is held back, null when that is nothing; undefined when it is not held back. */
  prior(key: K): V | null | undefined {
    return this.#rows.get(this.#id(key))?.priorValue;
  }

  drainChanges(sink: ChangelogSink): void {
    if (this.#unlogged.size === 0) return;
    const unlogged = this.#unlogged;
    this.#unlogged = new Set();
    for (const order of unlogged) {
      const row = this.#rows.get(order);
      const key = Buffer.from(order, 'latin1');
      // Kafka Streams gives them no time: the producer's clock then.
      if (row === undefined) sink.append(key, null, -1);
      else sink.append(key, this.#encode(row), -1, suppressedVersion);
    }
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null): void {
    const order = keyBytes.toString('latin1');
    const known = this.#rows.get(order);
    if (known !== undefined) {
      known.isGone = true;
      this.#rows.delete(order);
      this.#sizeBytes -= known.sizeBytes;
    }
    if (valueBytes === null) return;
    const { newValue, oldValue, priorValue, record, timeMs } = decodeSuppressed(valueBytes);
    const row: Suppressed<K, V> = {
      timeMs,
      order,
      key: this.#serdes.key.decode(keyBytes, 0, keyBytes.length, this.#topic),
      newValue: this.#decode(newValue),
      oldValue: this.#decode(oldValue),
      priorValue: this.#decode(priorValue),
      record,
      sizeBytes: 0,
      isGone: false,
    };
    this.#rows.set(order, row);
    this.#byTime.push(row);
    if (this.#isSized) this.#measure(row);
  }

  close(): void {
    this.#rows.clear();
    this.#byTime.clear();
    this.#unlogged.clear();
    this.#sizeBytes = 0;
  }

  #id(key: K): string {
    return bufferOf(this.#serdes.key.encode(key, this.#topic)).toString('latin1');
  }

  #encode(row: Suppressed<K, V>): Buffer {
    const { newValue, oldValue, priorValue, record, timeMs } = row;
    const [prior, old, next] = [this.#bytes(priorValue), this.#bytes(oldValue), this.#bytes(newValue)];
    return encodeSuppressed({ record, priorValue: prior, oldValue: old, newValue: next, timeMs });
  }

  #measure(row: Suppressed<K, V>): void {
    const prior = this.#bytes(row.priorValue);
    const old = this.#bytes(row.oldValue);
    const isOldCounted = old !== null && !(prior?.equals(old) ?? false);
    let size = 8 + row.order.length + 20 + row.record.topic.length;
    for (const { key, value } of row.record.headers) size += key.length + (value?.length ?? 0);
    size += (prior?.length ?? 0) + (isOldCounted ? old.length : 0) + (this.#bytes(row.newValue)?.length ?? 0);
    this.#sizeBytes += size - row.sizeBytes;
    row.sizeBytes = size;
  }

  /** A copy: what a serde hands out may be used again for the next value. */
  #bytes(value: V | null): Buffer | null {
    return value === null ? null : Buffer.from(bufferOf(this.#serdes.value.encode(value, this.#topic)));
  }

  #decode(bytes: Buffer | null): V | null {
    return bytes === null ? null : this.#serdes.value.decode(bytes, 0, bytes.length, this.#topic);
  }
}
