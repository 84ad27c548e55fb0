import type { Serde } from '../serdes/serde.ts';
import { type Instruction, type Subscription, subscriptionSerde } from '../serdes/subscription-serdes.ts';
import { bufferOf } from './bytes.ts';
import { type StateKey, stateKey } from './state-key.ts';
import type { ChangelogSink, StateStore, StoreContext } from './state-store.ts';

/** What serdes are told that they write to: topics that are not there, as in Kafka Streams. */
export interface SubscriptionTopics {
  readonly foreignKey: string;
  readonly primaryKey: string;
}

export interface SubscriptionStoreOptions<KForeign, K> {
  readonly name: string;
  readonly foreignKeySerde: Serde<KForeign>;
  readonly keySerde: Serde<K>;
  topicsOf(changelogTopic: string): SubscriptionTopics;
}

/** A row of the left table that wants to hear of the row of its foreign key. */
export interface Subscriber<K> {
  readonly primaryKey: K;
  readonly hash: string | null;
  readonly primaryPartition: number | null;
}

interface Row<KForeign, K> extends Subscriber<K> {
  readonly foreignKey: KForeign;
  instruction: Instruction;
  hash: string | null;
  primaryPartition: number | null;
  timestamp: number;
  isThere: boolean;
  isUnlogged: boolean;
}

/** The subscribers of one foreign key. */
interface Subscribers<KForeign, K> {
  readonly rows: Map<StateKey, Row<KForeign, K>>;
  /** By the bytes of their keys, in which order they are told; made when somebody asks, and dropped when one comes or goes. */
  sorted: Row<KForeign, K>[] | null;
}

/**
 * Which rows of the left table have which foreign key. The changelog has Kafka Streams' form: length (4) and bytes of the foreign key and
 * the bytes of the primary one; the subscription as it came.
 */
export class SubscriptionStore<KForeign, K> implements StateStore {
  readonly name: string;
  readonly #foreignKeySerde: Serde<KForeign>;
  readonly #keySerde: Serde<K>;
  readonly #topicsOf: (changelogTopic: string) => SubscriptionTopics;
  readonly #subscriptionSerde: Serde<Subscription<K>>;
  readonly #byForeignKey = new Map<StateKey, Subscribers<KForeign, K>>();
  #unlogged: Row<KForeign, K>[] = [];
  #count = 0;
  #topics: SubscriptionTopics = { foreignKey: '', primaryKey: '' };
  #isLogged = false;

  constructor(options: SubscriptionStoreOptions<KForeign, K>) {
    const { foreignKeySerde, keySerde, name, topicsOf } = options;
    this.name = name;
    this.#foreignKeySerde = foreignKeySerde;
    this.#keySerde = keySerde;
    this.#topicsOf = topicsOf;
    this.#subscriptionSerde = subscriptionSerde(keySerde, (topic) => topic);
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topics = this.#topicsOf(changelogTopic);
    this.#isLogged = isLogged;
  }

  get count(): number {
    return this.#count;
  }

  put(foreignKey: KForeign, subscription: Subscription<K>, timestamp: number): void {
    const row = this.#rowOf(foreignKey, subscription.primaryKey);
    row.hash = subscription.hash;
    row.instruction = subscription.instruction;
    row.primaryPartition = subscription.primaryPartition;
    this.#changed(row, timestamp, true);
  }

  delete(foreignKey: KForeign, primaryKey: K, timestamp: number): void {
    this.#changed(this.#rowOf(foreignKey, primaryKey), timestamp, false);
  }

  /** Those of a foreign key, by the bytes of their own keys. */
  subscribersOf(foreignKey: KForeign): readonly Subscriber<K>[] {
    const subscribers = this.#byForeignKey.get(stateKey(foreignKey, this.#foreignKeySerde, this.#topics.foreignKey));
    if (subscribers === undefined) return [];
    subscribers.sorted ??= Array.from(subscribers.rows.values())
      .filter(({ isThere }) => isThere)
      .map((row) => ({
        row,
        bytes: Buffer.from(bufferOf(this.#keySerde.encode(row.primaryKey, this.#topics.primaryKey))),
      }))
      .sort((one, other) => one.bytes.compare(other.bytes))
      .map(({ row }) => row);
    return subscribers.sorted;
  }

  drainChanges(sink: ChangelogSink): void {
    const unlogged = this.#unlogged;
    if (unlogged.length === 0) return;
    this.#unlogged = [];
    for (const row of unlogged) {
      row.isUnlogged = false;
      const value = row.isThere ? this.#subscriptionSerde.encode(row, this.#topics.primaryKey) : null;
      sink.append(this.#keyBytes(row), value, row.timestamp);
      if (!row.isThere) this.#forget(row);
    }
  }

  restore(key: Buffer, value: Buffer | null, timestamp: number): void {
    const middle = 4 + key.readInt32BE(0);
    const foreignKey = this.#foreignKeySerde.decode(key, 4, middle, this.#topics.foreignKey);
    const primaryKey = this.#keySerde.decode(key, middle, key.length, this.#topics.primaryKey);
    const isLogged = this.#isLogged;
    this.#isLogged = false;
    if (value === null) this.delete(foreignKey, primaryKey, timestamp);
    else
      this.put(foreignKey, this.#subscriptionSerde.decode(value, 0, value.length, this.#topics.primaryKey), timestamp);
    this.#isLogged = isLogged;
  }

  close(): void {
    this.#byForeignKey.clear();
    this.#unlogged = [];
    this.#count = 0;
  }

  #rowOf(foreignKey: KForeign, primaryKey: K): Row<KForeign, K> {
    const id = stateKey(foreignKey, this.#foreignKeySerde, this.#topics.foreignKey);
    let subscribers = this.#byForeignKey.get(id);
    if (subscribers === undefined) {
      subscribers = { rows: new Map(), sorted: null };
      this.#byForeignKey.set(id, subscribers);
    }
    const primaryId = stateKey(primaryKey, this.#keySerde, this.#topics.primaryKey);
    let row = subscribers.rows.get(primaryId);
    if (row === undefined) {
      const none = { hash: null, instruction: 0 as const, primaryPartition: null, timestamp: -1 };
      row = { foreignKey, primaryKey, ...none, isThere: false, isUnlogged: false };
      subscribers.rows.set(primaryId, row);
    }
    return row;
  }

  #changed(row: Row<KForeign, K>, timestamp: number, isThere: boolean): void {
    row.timestamp = timestamp;
    if (row.isThere !== isThere) {
      row.isThere = isThere;
      this.#count += isThere ? 1 : -1;
      this.#byForeignKey.get(stateKey(row.foreignKey, this.#foreignKeySerde, this.#topics.foreignKey))!.sorted = null;
    }
    if (this.#isLogged && !row.isUnlogged) {
      row.isUnlogged = true;
      this.#unlogged.push(row);
    }
    if (!isThere && !row.isUnlogged) this.#forget(row);
  }

  #forget({ foreignKey, primaryKey }: Row<KForeign, K>): void {
    const id = stateKey(foreignKey, this.#foreignKeySerde, this.#topics.foreignKey);
    const subscribers = this.#byForeignKey.get(id);
    if (subscribers === undefined) return;
    subscribers.rows.delete(stateKey(primaryKey, this.#keySerde, this.#topics.primaryKey));
    if (subscribers.rows.size === 0) this.#byForeignKey.delete(id);
  }

  #keyBytes({ foreignKey, primaryKey }: Row<KForeign, K>): Buffer {
    // Copied: what a serde hands out may be used again for the next value.
    const foreign = Buffer.from(bufferOf(this.#foreignKeySerde.encode(foreignKey, this.#topics.foreignKey)));
    const primary = bufferOf(this.#keySerde.encode(primaryKey, this.#topics.primaryKey));
    const bytes = Buffer.allocUnsafe(4 + foreign.length + primary.length);
    bytes.writeInt32BE(foreign.length, 0);
    foreign.copy(bytes, 4);
    primary.copy(bytes, 4 + foreign.length);
    return bytes;
  }
}
