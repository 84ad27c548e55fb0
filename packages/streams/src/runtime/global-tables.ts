import { type KafkaClient, OffsetSpec, type PartitionReader } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { MemoryKeyValueStore } from '../stores/memory-key-value-store.ts';
import type { StateStore } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { GlobalTableSpec } from '../topology/node-spec.ts';
import type { TopologyPlan } from '../topology/topology-plan.ts';
import { decide, type ErrorPolicies } from './error-policy.ts';
import { PreparedRestore } from './prepared-restore.ts';
import { restoreStores } from './restore.ts';

export interface GlobalTablesOptions {
  readonly client: KafkaClient;
  readonly isolation: 'read_uncommitted' | 'read_committed';
  readonly errors: ErrorPolicies;
  readonly logger: Logger;
  /** What no further attempt mends. */
  onFailed(error: unknown): void;
}

/** A store that is kept up with a topic. */
interface Follower {
  readonly store: PreparedRestore;
  /** By partition: what it has. */
  readonly nextOffsets: number[];
}

interface TablesOfTopology {
  readonly stores: Map<string, StateStore>;
  readonly followers: Map<string, Follower[]>;
  whole: Promise<void> | null;
}

/** How many records are worked on before others get a turn. */
const sliceRecords = 10_000;

/**
 * The tables that this instance has whole: filled from their topics, all partitions of them, before a task that looks into them begins, and
 * kept up from then on by one reader for all. They belong to no group and commit nothing: each instance reads them anew when it starts.
 */
export class GlobalTables {
  readonly #options: GlobalTablesOptions;
  readonly #tables = new Map<TopologyPlan, TablesOfTopology>();
  readonly #followers = new Map<string, Follower[]>();
  #reader: PartitionReader | null = null;
  #turn: NodeJS.Immediate | null = null;
  #isClosed = false;
  readonly #stopping = new AbortController();
  /** Records that could not be read, and were skipped by policy. */
  recordsFailed = 0;

  constructor(options: GlobalTablesOptions) {
    this.#options = options;
  }

  /** The stores of a topology's global tables; empty until `whole` has resolved. */
  storesOf(plan: TopologyPlan): ReadonlyMap<string, StateStore> {
    return this.#tablesOf(plan).stores;
  }

  store(name: string): StateStore | undefined {
    for (const { stores } of this.#tables.values()) {
      const store = stores.get(name);
      if (store !== undefined) return store;
    }
    return undefined;
  }

  /**
   * Resolves when the tables have all that their topics held when it was first asked for. May be called again after a failure. Who asks for
   * it may give up waiting; the tables are filled all the same, for the next who does.
   */
  async whole(plan: TopologyPlan, signal: AbortSignal): Promise<void> {
    if (plan.globalTables.length === 0) return;
    signal.throwIfAborted();
    const tables = this.#tablesOf(plan);
    tables.whole ??= this.#fill(tables, this.#stopping.signal).catch((error: unknown) => {
      tables.whole = null;
      throw error;
    });
    const givenUp = Promise.withResolvers<never>();
    const onAbort = () => givenUp.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([tables.whole, givenUp.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Lets go of a topology's tables. */
  drop(plan: TopologyPlan): void {
    const tables = this.#tables.get(plan);
    if (tables === undefined) return;
    this.#tables.delete(plan);
    for (const [topic, gone] of tables.followers) {
      const left = (this.#followers.get(topic) ?? []).filter((follower) => !gone.includes(follower));
      if (left.length > 0) this.#followers.set(topic, left);
      else if (this.#followers.delete(topic)) {
        for (const partition of gone[0]!.nextOffsets.keys()) this.#reader?.remove(topic, partition);
      }
    }
    for (const { store } of [...tables.followers.values()].flat()) store.close();
    for (const store of tables.stores.values()) store.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopping.abort(new StreamsError('HW_STREAMS_NOT_RUNNING', 'The application is closed'));
    if (this.#turn !== null) clearImmediate(this.#turn);
    await this.#reader?.close();
    for (const plan of [...this.#tables.keys()]) this.drop(plan);
  }

  #tablesOf(plan: TopologyPlan): TablesOfTopology {
    let tables = this.#tables.get(plan);
    if (tables === undefined) {
      tables = { stores: new Map(), followers: new Map(), whole: null };
      for (const spec of plan.globalTables) this.#open(tables, spec);
      this.#tables.set(plan, tables);
    }
    return tables;
  }

  #open({ followers, stores }: TablesOfTopology, { keySerde, store: name, topic, valueSerde }: GlobalTableSpec): void {
    const store = new MemoryKeyValueStore(name, { key: keySerde, value: valueSerde });
    store.open({ changelogTopic: topic, isLogged: false });
    stores.set(name, store);
    const { logger, onFailed } = this.#options;
    const prepared = new PreparedRestore({
      store: this.#guarded(store, topic),
      keySerde,
      valueSerde,
      topic,
      onFailed: (error) => logger.warn({ error, topic }, 'what is needed to read records is away; trying on'),
      onError: onFailed,
    });
    const follower = { store: prepared, nextOffsets: [] };
    followers.set(topic, [...(followers.get(topic) ?? []), follower]);
  }

  /** What cannot be read is treated as the policy says. */
  #guarded(store: StateStore, topic: string): Pick<StateStore, 'restore'> {
    const { errors, logger } = this.#options;
    return {
      restore: (key, value, timestamp) => {
        try {
          store.restore(key, value, timestamp);
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : String(cause);
          const message = `A record of ${topic} cannot be read into the global table ${store.name}: ${reason}`;
          const error = new StreamsError('HW_STREAMS_DESERIALIZATION', message, { cause });
          if (decide(errors.deserialization, error) === 'fail') throw error;
          this.recordsFailed++;
          logger.warn({ error }, error.message);
        }
      },
    };
  }

  async #fill(tables: TablesOfTopology, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const { topics } = await client.metadata([...tables.followers.keys()]);
    for (const { errorCode, name, partitions } of topics) {
      if (errorCode !== 0) {
        const message = `There is no topic ${name} to make a global table of; make it first`;
        throw new StreamsError('HW_STREAMS_TOPOLOGY', message);
      }
      for (const follower of tables.followers.get(name)!) await this.#follow(name, partitions.length, follower, signal);
    }
  }

  /** Brings a store to where the common reader is, and lets it go on with that. */
  async #follow(topic: string, partitionsCount: number, follower: Follower, signal: AbortSignal): Promise<void> {
    const { nextOffsets } = follower;
    const partitions = Array.from({ length: partitionsCount }, (_, partition) => partition);
    let toOffsets = await this.#ends(topic, partitions, signal);
    for (;;) {
      await this.#read(topic, follower, toOffsets, signal);
      if (this.#isClosed) throw new StreamsError('HW_STREAMS_NOT_RUNNING', 'The application is closed');
      const reader = (this.#reader ??= this.#newReader());
      const others = this.#followers.get(topic);
      if (others === undefined) {
        this.#followers.set(topic, [follower]);
        for (const partition of partitions) reader.add(topic, partition, nextOffsets[partition]!);
        return;
      }
      // The reader went on meanwhile: what it has handed to the others is read for this one, until they are level.
      toOffsets = partitions.map((partition) => reader.position(topic, partition));
      if (partitions.every((partition) => nextOffsets[partition]! >= toOffsets[partition]!)) {
        others.push(follower);
        return;
      }
    }
  }

  async #read(topic: string, follower: Follower, toOffsets: readonly number[], signal: AbortSignal): Promise<void> {
    const { client, isolation } = this.#options;
    const { nextOffsets, store } = follower;
    const restorations = toOffsets.map((toOffset, partition) => ({
      store,
      topic,
      partition,
      fromOffset: nextOffsets[partition] ?? -1,
      toOffset,
      onProgress: () => store.settled(),
    }));
    const reached = await restoreStores(client, restorations, { isolation, signal });
    reached.forEach((offset, partition) => {
      nextOffsets[partition] = offset;
    });
  }

  async #ends(topic: string, partitions: readonly number[], signal: AbortSignal): Promise<number[]> {
    const { client, isolation } = this.#options;
    const wanted = Object.fromEntries(partitions.map((partition) => [partition, OffsetSpec.latest]));
    const found = await client.listOffsetsOf({ [topic]: wanted }, { isolation, signal });
    return partitions.map((partition) => found[topic]![partition]!.offset);
  }

  #newReader(): PartitionReader {
    const { client, isolation, onFailed } = this.#options;
    return client.partitionReader({
      isolation,
      onReady: () => this.#wake(),
      onOutOfRange: (topic, partition) => void this.#reposition(topic, partition),
      onError: (error) => {
        if (!this.#isClosed) onFailed(error);
      },
    });
  }

  #wake(): void {
    if (this.#turn !== null || this.#isClosed) return;
    this.#turn = setImmediate(() => {
      this.#turn = null;
      try {
        this.#take();
      } catch (error) {
        this.#options.onFailed(error);
      }
    });
  }

  #take(): void {
    const reader = this.#reader!;
    let records = 0;
    const waiting = [...this.#followers.values()].flat().flatMap(({ store }) => store.settled() ?? []);
    if (waiting.length > 0) {
      void Promise.all(waiting).then(() => this.#wake());
      return;
    }
    for (let batch = reader.take(); batch !== null; batch = reader.take()) {
      const { partition, topic } = batch;
      const followers = this.#followers.get(topic) ?? [];
      const cursor = batch.cursor();
      while (cursor.next()) {
        if (cursor.offset < batch.fromOffset) continue;
        records++;
        const key = cursor.key();
        if (key === null) continue;
        for (const { nextOffsets, store } of followers) {
          if (cursor.offset >= nextOffsets[partition]!) store.restore(key, cursor.value(), cursor.timestamp);
        }
      }
      for (const { nextOffsets } of followers) {
        nextOffsets[partition] = Math.max(nextOffsets[partition]!, batch.nextOffset);
      }
      if (records < sliceRecords && followers.every(({ store }) => store.settled() === undefined)) continue;
      this.#wake();
      return;
    }
  }

  /** The log begins later than where this was: what is gone was deleted, so the table goes on with what there is. */
  async #reposition(topic: string, partition: number): Promise<void> {
    const { client, isolation, logger, onFailed } = this.#options;
    try {
      const found = await client.listOffsetsOf({ [topic]: { [partition]: OffsetSpec.earliest } }, { isolation });
      const { offset } = found[topic]![partition]!;
      logger.warn({ topic, partition, offset }, 'the topic of a global table lost records before they were read');
      for (const { nextOffsets } of this.#followers.get(topic) ?? []) nextOffsets[partition] = offset;
      if (this.#reader?.has(topic, partition)) this.#reader.seek(topic, partition, offset);
    } catch (error) {
      if (!this.#isClosed) onFailed(error);
    }
  }
}
