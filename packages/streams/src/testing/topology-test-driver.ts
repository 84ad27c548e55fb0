import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger } from '@headwater/logger';
import {
  type Bytes,
  encodeBatch,
  openRecords,
  RawHeaders,
  type RecordHeader,
  readBatchHeader,
} from '@headwater/protocol';
import type { WallClock } from '../runtime/clock.ts';
import { type ErrorPolicies, failOnErrors } from '../runtime/error-policy.ts';
import type { InputBatch } from '../runtime/partition-queue.ts';
import type { RecordSink } from '../runtime/record-sink.ts';
import type { RecordTracer } from '../runtime/record-tracer.ts';
import { operatorReading } from '../runtime/streams-metrics.ts';
import { Task } from '../runtime/task.ts';
import type { Serde } from '../serdes/serde.ts';
import { bufferOf } from '../stores/bytes.ts';
import { isDiskStore } from '../stores/disk/disk-store.ts';
import { StateMemory } from '../stores/disk/state-memory.ts';
import { MemoryKeyValueStore } from '../stores/memory-key-value-store.ts';
import type { StateStore, Storage } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { SourceSpec } from '../topology/node-spec.ts';
import type { Topology } from '../topology/topology.ts';
import type { TopologyPlan } from '../topology/topology-plan.ts';

export interface TestDriverOptions {
  /** Default `test`. */
  applicationId?: string;
  /** What the clock shows at first. Default 0. */
  wallClockMs?: number;
  errors?: Partial<ErrorPolicies>;
  logger?: Logger;
  /** Where stores are that say nothing of it themselves; on the disk: in a directory that is gone with `close()`. Default 'memory'. */
  storage?: Storage;
  /** Of the stores on the disk. Default 64 MiB. */
  stateMemory?: StateMemory;
  /** Default true, as a test wants it: tables tell of each update, not of the last one before a commit. */
  isEachUpdateSent?: boolean;
  /** Default: none. */
  tracer?: RecordTracer;
  /** Whether `metrics` counts each operator by itself. Default false. */
  operatorMetrics?: boolean;
}

export interface TestRecord<K, V> {
  key: K;
  value: V;
  timestamp: number;
  headers: RecordHeader[];
  partition: number;
}

/** A record as the topology wrote it. */
export interface WrittenRecord {
  topic: string;
  partition: number;
  key: Buffer | null;
  value: Buffer | null;
  timestamp: number;
  headers: readonly RecordHeader[];
}

/** Every topic has one partition here. */
const partition = 0;
const stepsMax = 100_000;

/**
 * Runs a topology in this process without a broker, one record after the other, with a clock that is moved by hand.
 *
 * @example
 * const driver = new TopologyTestDriver(topology);
 * const lines = driver.input('lines', serdes.string, serdes.string);
 * const counts = driver.output('counts', serdes.string, serdes.long);
 * lines.pipe('k', 'to be or not to be', 1_000);
 * counts.readAll().at(-1); // { key: 'be', value: 2, timestamp: 1000, … }
 * driver.close();
 */
export class TopologyTestDriver {
  readonly plan: TopologyPlan;
  readonly #tasks: Task[] = [];
  readonly #taskOf = new Map<string, Task>();
  readonly #globalTopics = new Map<string, StateStore[]>();
  readonly #globalStores = new Map<string, StateStore>();
  readonly #written: WrittenRecord[] = [];
  readonly #unread = new Map<string, WrittenRecord[]>();
  readonly #nextOffsets = new Map<string, number>();
  #sent: WrittenRecord[] = [];
  /** Had to wait for something outside, and go on. */
  readonly #resumed = new Set<Task>();
  #nowMs: number;
  #directory: string | null = null;

  constructor(topology: Topology, options: TestDriverOptions = {}) {
    const { applicationId = 'test', errors = {}, isEachUpdateSent = true, logger = silentLogger } = options;
    this.#nowMs = options.wallClockMs ?? 0;
    this.plan = topology.plan(applicationId);
    for (const { keySerde, store: name, topic, valueSerde } of this.plan.globalTables) {
      const store = new MemoryKeyValueStore(name, { key: keySerde, value: valueSerde });
      store.open({ changelogTopic: topic, isLogged: false });
      this.#globalStores.set(name, store);
      this.#globalTopics.set(topic, [...(this.#globalTopics.get(topic) ?? []), store]);
    }
    const home = { storage: options.storage ?? 'memory', memory: options.stateMemory ?? new StateMemory() } as const;
    const clock: WallClock = { now: () => this.#nowMs };
    const sink: RecordSink = {
      partitionsOf: () => 1,
      send: (topic, _partition, key, value, timestamp, headers) => {
        this.#sent.push({
          topic,
          partition,
          key: ownBytes(key),
          value: ownBytes(value),
          timestamp,
          headers: headers instanceof RawHeaders ? headers.copy().decode() : [...headers],
        });
      },
    };
    for (const plan of this.plan.subtopologies) {
      const topics = new Map<SourceSpec, readonly string[]>();
      for (const source of plan.sources) {
        if (source.topics instanceof RegExp) {
          throw new StreamsError('HW_STREAMS_BAD_OPTION', 'The test driver has no topics to match a pattern with');
        }
        topics.set(source, source.topics);
      }
      const task = new Task(plan, partition, topics, {
        applicationId,
        clock,
        logger,
        errors: { ...failOnErrors, ...errors },
        sink,
        isEachUpdateSent,
        areOperatorsCounted: options.operatorMetrics ?? false,
        tracer: options.tracer ?? null,
        groupId: applicationId,
        checkpoint: null,
        home,
        globalStores: this.#globalStores,
        onCommitRequest: () => {},
        onResume: (task) => this.#resumed.add(task),
      });
      for (const { name, table } of [...task.stores.values()].filter(isDiskStore)) {
        this.#directory ??= mkdtempSync(join(tmpdir(), 'headwater-streams-test-'));
        table.open(join(this.#directory, encodeURIComponent(name)), applicationId);
      }
      for (const queue of task.queues.values()) queue.endOffset = 0;
      for (const topic of task.queues.keys()) this.#taskOf.set(topic, task);
      this.#tasks.push(task);
    }
    for (const task of this.#tasks) {
      task.init();
      // Nothing is waited for: a record is piped when it is there.
      for (const queue of task.queues.values()) queue.fetchedOffset = 0;
    }
    this.#settle();
  }

  input<K, V>(topic: string, keySerde: Serde<K>, valueSerde: Serde<V>): TestInput<K, V> {
    return new TestInput(this, topic, keySerde, valueSerde);
  }

  output<K, V>(topic: string, keySerde: Serde<K>, valueSerde: Serde<V>): TestOutput<K, V> {
    return new TestOutput(this, topic, keySerde, valueSerde);
  }

  /** Gives a record to the topology and works on all that comes of it. */
  pipe(
    topic: string,
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number,
    headers: readonly RecordHeader[] = [],
  ): void {
    this.#deliver({ topic, partition, key: ownBytes(key), value: ownBytes(value), timestamp, headers: [...headers] });
    this.#settle();
  }

  /** Moves the wall clock and calls the punctuations that are due. */
  advanceWallClock(ms: number): void {
    this.#nowMs += ms;
    for (const task of this.#tasks) task.punctuateWallClock();
    this.#settle();
  }

  /** Hands on what tables hold back until a commit. */
  commit(): void {
    this.#settle();
  }

  /** Waits for asynchronous steps, and for all that comes of them. @throws what they fail with, when the policy is to fail */
  async settled(): Promise<void> {
    for (;;) {
      for (const task of this.#resumed) {
        this.#resumed.delete(task);
        task.process(Number.POSITIVE_INFINITY);
      }
      this.#settle();
      const pending = this.#tasks.map((task) => task.settled()).filter((each) => each !== null);
      if (pending.length === 0 && this.#resumed.size === 0) return;
      await Promise.all(pending);
    }
  }

  /** A store of any task, or of a global table. @throws StreamsError HW_STREAMS_NO_STORE */
  store<S extends StateStore>(name: string): S {
    for (const { stores } of this.#tasks) {
      const store = stores.get(name);
      if (store !== undefined) return store as S;
    }
    const global = this.#globalStores.get(name);
    if (global !== undefined) return global as S;
    throw new StreamsError('HW_STREAMS_NO_STORE', `There is no store ${name}`);
  }

  /** All that was written so far, changelogs and repartition topics too, in its order. */
  get written(): readonly WrittenRecord[] {
    return this.#written;
  }

  /** What was written to a topic and not read yet. */
  take(topic: string): WrittenRecord[] {
    const unread = this.#unread.get(topic) ?? [];
    this.#unread.delete(topic);
    return unread;
  }

  get metrics() {
    return this.#tasks.map(({ metrics, operatorMetrics, taskId }) => ({
      taskId,
      ...metrics,
      operators: operatorMetrics.map(operatorReading),
    }));
  }

  close(): void {
    for (const task of this.#tasks) task.close();
    for (const store of this.#globalStores.values()) store.close();
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
  }

  #deliver(record: WrittenRecord): void {
    const { topic } = record;
    for (const store of this.#globalTopics.get(topic) ?? []) {
      if (record.key !== null) store.restore(record.key, record.value, record.timestamp);
    }
    const task = this.#taskOf.get(topic);
    if (task === undefined) {
      if (this.#globalTopics.has(topic)) return;
      throw new StreamsError('HW_STREAMS_BAD_OPTION', `No source of the topology reads ${topic}`);
    }
    const offset = this.#nextOffsets.get(topic) ?? 0;
    this.#nextOffsets.set(topic, offset + 1);
    task.queues.get(topic)!.add(batchOf(record, offset));
    task.process(Number.POSITIVE_INFINITY);
  }

  /** Until nothing moves any more: what comes of a commit may be input of another part of the topology. */
  #settle(): void {
    for (let step = 0; step < stepsMax; step++) {
      for (const task of this.#tasks) {
        task.flush();
        task.drainChanges();
        for (const { table } of [...task.stores.values()].filter(isDiskStore)) table.committed(0);
      }
      if (this.#sent.length === 0) return;
      const sent = this.#sent;
      this.#sent = [];
      for (const record of sent) {
        this.#written.push(record);
        const { topic } = record;
        const unread = this.#unread.get(topic);
        if (unread === undefined) this.#unread.set(topic, [record]);
        else unread.push(record);
        if (this.#taskOf.has(topic) || this.#globalTopics.has(topic)) this.#deliver(record);
      }
    }
    throw new StreamsError('HW_STREAMS_TOPOLOGY', `The topology still writes to its own input after ${stepsMax} steps`);
  }
}

/** A topic that a test writes to. */
export class TestInput<K, V> {
  readonly #driver: TopologyTestDriver;
  readonly #topic: string;
  readonly #keySerde: Serde<K>;
  readonly #valueSerde: Serde<V>;

  constructor(driver: TopologyTestDriver, topic: string, keySerde: Serde<K>, valueSerde: Serde<V>) {
    this.#driver = driver;
    this.#topic = topic;
    this.#keySerde = keySerde;
    this.#valueSerde = valueSerde;
  }

  pipe(key: K | null, value: V | null, timestamp = 0, headers: readonly RecordHeader[] = []): void {
    const keyBytes = key === null ? null : this.#keySerde.encode(key, this.#topic);
    const valueBytes = value === null ? null : this.#valueSerde.encode(value, this.#topic);
    this.#driver.pipe(this.#topic, keyBytes, valueBytes, timestamp, headers);
  }
}

/** A topic that a test reads what the topology wrote from. */
export class TestOutput<K, V> {
  readonly #driver: TopologyTestDriver;
  readonly #topic: string;
  readonly #keySerde: Serde<K>;
  readonly #valueSerde: Serde<V>;

  constructor(driver: TopologyTestDriver, topic: string, keySerde: Serde<K>, valueSerde: Serde<V>) {
    this.#driver = driver;
    this.#topic = topic;
    this.#keySerde = keySerde;
    this.#valueSerde = valueSerde;
  }

  /** What was not read yet. */
  readAll(): TestRecord<K | null, V | null>[] {
    return this.#driver.take(this.#topic).map(({ headers, key, partition, timestamp, value }) => ({
      key: key === null ? null : this.#keySerde.decode(key, 0, key.length, this.#topic),
      value: value === null ? null : this.#valueSerde.decode(value, 0, value.length, this.#topic),
      timestamp,
      headers: [...headers],
      partition,
    }));
  }

  /** As `readAll`, as `[key, value, timestamp]`. */
  readRows(): [K | null, V | null, number][] {
    return this.readAll().map(({ key, timestamp, value }) => [key, value, timestamp]);
  }
}

function batchOf({ headers, key, timestamp, value }: WrittenRecord, offset: number): InputBatch {
  const bytes = encodeBatch({ baseOffset: offset, records: [{ key, value, timestamp, headers }] });
  return {
    fromOffset: offset,
    nextOffset: offset + 1,
    sizeBytes: bytes.length,
    header: readBatchHeader(bytes, 0),
    cursor: () => openRecords(bytes, 0),
  };
}

/** What a serde hands out may be used again for the next record. */
function ownBytes(bytes: Bytes | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bufferOf(bytes));
}
