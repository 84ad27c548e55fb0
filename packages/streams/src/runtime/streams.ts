import { OffsetSpec, type Offsets } from '@headwater/client';
import type { StateStore } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { Topology } from '../topology/topology.ts';
import { InputLanes } from './input-lanes.ts';
import { Membership } from './membership.ts';
import { OutputBatches } from './output-batches.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { type Restoration, restoreStores } from './restore.ts';
import { type Settings, type StreamsOptions, settingsOf } from './streams-options.ts';
import { Task } from './task.ts';
import { layOut, makeInternalTopics } from './topic-layout.ts';
import { splitTaskName, TopologyInstance } from './topology-instance.ts';
import { type GroupOffsets, IdempotentWriter, TransactionalWriter, type Writer } from './writer.ts';

export type StreamsState = 'created' | 'starting' | 'rebalancing' | 'running' | 'closing' | 'closed' | 'failed';

interface RunningTask {
  readonly name: string;
  readonly task: Task;
  readonly topology: TopologyInstance;
  /** By topic: what was committed last. */
  readonly committed: Map<string, number>;
}

/** Records that one task works on before the next gets its turn. */
const turnRecords = 1_000;
/** How long tasks work before sockets and timers get their turn. */
const sliceMs = 8;
/** Results that are sent and not acknowledged; no more input is worked on while this is passed. */
const maxPendingBytes = 64 * 1024 * 1024;

/**
 * Runs topologies on a Kafka cluster. All of them share connections, a clock, the input that they read in common and one commit; the
 * application's other instances share the work.
 *
 * @example
 * const streams = new Streams({ applicationId: 'word-count', kafka: '127.0.0.1:9092' });
 * streams.add(builder.build());
 * await streams.start();
 * streams.store<ReadOnlyKeyValueStore<string, number>>('counts').get('water');
 * await streams.close();
 */
export class Streams {
  readonly #settings: Settings;
  readonly #topologies = new Map<string, TopologyInstance>();
  readonly #tasks = new Map<string, RunningTask>();
  readonly #outputs: OutputBatches;
  readonly #partitions = new Map<string, number>();
  readonly #stopping = new AbortController();
  #input: InputLanes | null = null;
  #writer: Writer | null = null;
  #membership: Membership | null = null;
  #state: StreamsState = 'created';
  #turn: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isNews = false;
  #nextCommitMs = 0;
  #committing: Promise<void> | null = null;
  /** While the group rebalances, commits would be refused. */
  #isRebalancing = false;
  #isDirty = false;
  #wasAssigned: { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void };
  #closing: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(options: StreamsOptions) {
    this.#settings = settingsOf(options);
    this.#outputs = new OutputBatches((topic) => this.#partitions.get(topic));
    this.#wasAssigned = Promise.withResolvers<void>();
    this.#wasAssigned.promise.catch(() => {});
  }

  get state(): StreamsState {
    return this.#state;
  }

  /** A topology to run; with a name when there are several. Before `start`. */
  add(topology: Topology, { name = '' }: { name?: string } = {}): this {
    if (this.#state !== 'created') throw new StreamsError('HW_STREAMS_NOT_RUNNING', 'add() comes before start()');
    if (this.#topologies.has(name)) {
      throw new StreamsError('HW_STREAMS_TOPOLOGY', `There are two topologies called '${name}'; give each a name`);
    }
    const { applicationId } = this.#settings;
    const prefix = name === '' ? applicationId : `${applicationId}-${name}`;
    this.#topologies.set(name, new TopologyInstance(name, topology.plan(prefix), prefix));
    return this;
  }

  /** Joins the application's group; resolves when the first tasks were given to this instance, restored and running. */
  async start(): Promise<void> {
    if (this.#state !== 'created') return this.#wasAssigned.promise;
    this.#state = 'starting';
    try {
      await this.#prepare();
      this.#membership!.start();
      await this.#wasAssigned.promise;
    } catch (error) {
      await this.#fail(error);
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    const { applicationId, client, compression, guarantee, isolation, maxBufferedBytes } = this.#settings;
    await this.#layOut();
    if (guarantee === 'exactly-once') {
      const transactionalId = `${applicationId}-${crypto.randomUUID()}`;
      const writer = new TransactionalWriter({ client, compression, transactionalId });
      this.#writer = writer;
      await writer.init();
    } else this.#writer = new IdempotentWriter({ client, compression });
    this.#input = new InputLanes(client, {
      isolation,
      maxBufferedBytes,
      queueBytesMax: 4 * 1024 * 1024,
      onNews: () => this.#wake(true),
      onOutOfRange: (queue) => void this.#reposition(queue),
      onError: (error) => void this.#fail(error),
    });
    this.#membership = new Membership({
      client,
      groupId: applicationId,
      groupInstanceId: this.#settings.groupInstanceId,
      sessionTimeoutMs: this.#settings.sessionTimeoutMs,
      heartbeatIntervalMs: this.#settings.heartbeatIntervalMs,
      rebalanceTimeoutMs: 60_000,
      allTasks: () => [...this.#topologies.values()].flatMap((topology) => topology.taskNames()),
      ownedTasks: () => [...this.#tasks.keys()],
      stateLags: () => new Map(),
      onRebalancing: () => this.#rebalancing(),
      onAssigned: (tasks) => this.#assigned(tasks),
      onLost: () => this.#lost(),
      onFailed: (error) => void this.#fail(error),
    });
    this.#nextCommitMs = performance.now() + this.#settings.commitIntervalMs;
    this.#timer = setInterval(() => this.#tick(), Math.min(50, this.#settings.commitIntervalMs));
  }

  /** Finds out about the topics, and makes those that are the application's own. */
  async #layOut(): Promise<void> {
    const { client, replicationFactor } = this.#settings;
    const { topics } = await client.metadata();
    for (const { errorCode, name, partitions } of topics)
      if (errorCode === 0) this.#partitions.set(name, partitions.length);
    const internal = [];
    for (const topology of this.#topologies.values()) {
      topology.layout = layOut(topology.plan, this.#partitions, replicationFactor);
      internal.push(...topology.layout.internalTopics);
    }
    await makeInternalTopics(client, internal, this.#partitions);
    for (const { name, partitions } of internal) this.#partitions.set(name, partitions ?? 1);
  }

  // --- the group ------------------------------------------------------------------------------------------------------

  async #rebalancing(): Promise<void> {
    this.#isRebalancing = true;
    if (this.#state === 'running') this.#state = 'rebalancing';
    await this.#committing?.catch(() => {});
  }

  async #assigned(names: readonly string[]): Promise<void> {
    this.#isRebalancing = false;
    const wanted = new Set(names);
    const given = [...this.#tasks.values()].filter(({ name }) => !wanted.has(name));
    if (given.length > 0) {
      await this.#commit();
      for (const running of given) this.#drop(running);
    }
    const added = names.filter((name) => !this.#tasks.has(name));
    await this.#open(added);
    if (this.#state === 'starting' || this.#state === 'rebalancing') this.#state = 'running';
    this.#wasAssigned.resolve();
    this.#wake(true);
  }

  /** What this instance had belongs to others: nothing of it may be written any more. */
  async #lost(): Promise<void> {
    this.#isRebalancing = true;
    await this.#committing?.catch(() => {});
    await this.#dropAll();
  }

  async #dropAll(): Promise<void> {
    for (const running of [...this.#tasks.values()]) this.#drop(running);
    this.#outputs.takeAll();
    this.#isDirty = false;
    await this.#writer?.abort();
  }

  #drop({ name, task }: RunningTask): void {
    for (const queue of task.queues.values()) this.#input?.remove(queue);
    task.close();
    this.#tasks.delete(name);
  }

  /** Makes tasks, fills their stores and begins to read their input. */
  async #open(names: readonly string[]): Promise<void> {
    const opened: RunningTask[] = [];
    for (const name of names) {
      const topology = this.#topologies.get(splitTaskName(name)[0]);
      const found = topology?.taskOf(name);
      // Another version of the application has tasks that this one does not know.
      if (topology === undefined || found === undefined) continue;
      const { partition, subtopology } = found;
      const topics = new Map(
        [...subtopology.topics].map(([source, list]) => [
          source,
          list.filter((topic) => partition < (this.#partitions.get(topic) ?? 0)),
        ]),
      );
      const { clock, errors, isEachUpdateSent, logger } = this.#settings;
      const task = new Task(subtopology.plan, partition, topics, {
        applicationId: topology.plan.applicationId,
        clock,
        logger,
        errors,
        sink: this.#outputs,
        isEachUpdateSent,
        globalStores: new Map<string, StateStore>(),
        onCommitRequest: () => {
          this.#nextCommitMs = 0;
        },
        onResume: () => this.#wake(true),
      });
      opened.push({ name, task, topology, committed: new Map() });
    }
    const positions = await this.#positions(opened);
    await this.#restore(opened, positions);
    for (const running of opened) {
      running.task.init();
      this.#tasks.set(running.name, running);
      for (const queue of running.task.queues.values()) this.#input!.add(queue, positions.get(queue)!);
    }
  }

  /** Where each queue goes on: at the committed offset, or where its source says that one begins. */
  async #positions(opened: readonly RunningTask[]): Promise<Map<PartitionQueue, number>> {
    const { client, isolation, offsetReset } = this.#settings;
    const positions = new Map<PartitionQueue, number>();
    const missing: Record<string, Record<number, number>> = {};
    const byTopology = Map.groupBy(opened, ({ topology }) => topology);
    for (const [{ groupId }, list] of byTopology) {
      const partitions: Record<string, number[]> = {};
      for (const { task } of list) {
        for (const { partition, topic } of task.queues.values()) (partitions[topic] ??= []).push(partition);
      }
      const committed = await client.committedOffsets(groupId, { partitions, requireStable: true });
      const found = new Map(committed.map(({ offset, partition, topic }) => [`${topic}/${partition}`, offset]));
      for (const { committed: known, task } of list) {
        for (const queue of task.queues.values()) {
          const offset = found.get(`${queue.topic}/${queue.partition}`) ?? -1;
          if (offset >= 0) {
            positions.set(queue, offset);
            known.set(queue.topic, offset);
            queue.nextOffset = offset;
          } else {
            const spec = OffsetSpec[queue.source.offsetReset ?? offsetReset];
            (missing[queue.topic] ??= {})[queue.partition] = spec;
          }
        }
      }
    }
    if (Object.keys(missing).length === 0) return positions;
    const found = await client.listOffsetsOf(missing, { isolation });
    for (const { task } of opened) {
      for (const queue of task.queues.values()) {
        if (!positions.has(queue)) positions.set(queue, found[queue.topic]![queue.partition]!.offset);
      }
    }
    return positions;
  }

  async #restore(opened: readonly RunningTask[], positions: ReadonlyMap<PartitionQueue, number>): Promise<void> {
    const restorations: Restoration[] = [];
    for (const { task } of opened) {
      for (const [name, topic] of task.plan.changelogs) {
        const source = task.queues.get(topic);
        restorations.push({
          store: task.stores.get(name)!,
          topic,
          partition: task.partition,
          fromOffset: -1,
          // A table's own topic is its changelog: what is behind the position is state, the rest is input.
          toOffset: source === undefined ? undefined : positions.get(source)!,
        });
      }
    }
    await restoreStores(this.#settings.client, restorations, {
      isolation: this.#settings.isolation,
      signal: this.#stopping.signal,
    });
  }

  /** The log does not have the offset any more: on with where the source says that one begins. */
  async #reposition(queue: PartitionQueue): Promise<void> {
    const { client, isolation, logger, offsetReset } = this.#settings;
    const { partition, topic } = queue;
    try {
      const spec = OffsetSpec[queue.source.offsetReset ?? offsetReset];
      const { offset } = (await client.listOffsets(topic, { [partition]: spec }, { isolation }))[partition]!;
      logger.warn({ topic, partition, offset }, 'the log does not have the offset any more: going on elsewhere');
      this.#input?.remove(queue);
      this.#input?.add(queue, offset);
    } catch (error) {
      await this.#fail(error);
    }
  }

  // --- work -----------------------------------------------------------------------------------------------------------

  #wake(isNews: boolean): void {
    if (isNews) this.#isNews = true;
    if (this.#turn !== null || this.#stopping.signal.aborted) return;
    this.#turn = setImmediate(() => {
      this.#turn = null;
      this.#work();
    });
  }

  /** A slice of work: input to the tasks, each a turn, until nobody has anything or it is time for others. */
  #work(): void {
    if (this.#stopping.signal.aborted || this.#input === null) return;
    const until = performance.now() + sliceMs;
    try {
      this.#isNews = false;
      for (;;) {
        this.#input.distribute();
        this.#input.noteEnds();
        let count = 0;
        for (const { task, topology } of this.#tasks.values()) {
          if (topology.isPaused) continue;
          count += task.process(turnRecords);
          if (performance.now() >= until) break;
        }
        if (count > 0) this.#isDirty = true;
        const full = this.#outputs.takeFull();
        if (full.length > 0) this.#writer!.send(full);
        if (count === 0) break;
        // Acknowledgements wake it again.
        if (this.#writer!.pendingBytes > maxPendingBytes) break;
        if (performance.now() >= until) {
          this.#wake(false);
          break;
        }
      }
    } catch (error) {
      void this.#fail(error);
      return;
    }
    if (performance.now() >= this.#nextCommitMs) this.#commitInBackground();
  }

  /** Each 50 ms: what is due by the clock. */
  #tick(): void {
    if (this.#stopping.signal.aborted) return;
    try {
      for (const { task } of this.#tasks.values()) if (task.punctuateWallClock()) this.#isDirty = true;
    } catch (error) {
      void this.#fail(error);
      return;
    }
    if (performance.now() >= this.#nextCommitMs) this.#commitInBackground();
    if (this.#isNews) this.#wake(false);
  }

  #commitInBackground(): void {
    if (this.#committing !== null || this.#isRebalancing || this.#state === 'closing') return;
    this.#nextCommitMs = performance.now() + this.#settings.commitIntervalMs;
    if (!this.#isDirty) return;
    void this.#commit().catch((error) => this.#fail(error));
  }

  /** Hands on what is held back, writes state, results and offsets. Those who come meanwhile wait for the next one. */
  async #commit(): Promise<void> {
    while (this.#committing !== null) await this.#committing.catch(() => {});
    const committing = this.#commitNow();
    this.#committing = committing;
    await committing.finally(() => {
      if (this.#committing === committing) this.#committing = null;
      this.#wake(false);
    });
  }

  async #commitNow(): Promise<void> {
    const pending = [...this.#tasks.values()].map(({ task }) => task.settled()).filter((each) => each !== null);
    if (pending.length > 0) await Promise.all(pending);
    this.#isDirty = false;
    for (const { task } of this.#tasks.values()) {
      task.flush();
      task.drainChanges();
    }
    const offsets = this.#takeOffsets();
    const batches = this.#outputs.takeAll();
    if (offsets.length === 0 && batches.length === 0) return;
    await this.#writer!.commit(batches, offsets);
  }

  /** What was worked on since the last commit, by the groups that keep it. */
  #takeOffsets(): GroupOffsets[] {
    const result: GroupOffsets[] = [];
    const byTopology = Map.groupBy(this.#tasks.values(), ({ topology }) => topology);
    for (const [topology, list] of byTopology) {
      const offsets: Offsets = {};
      for (const { committed, task } of list) {
        for (const { nextOffset, partition, topic } of task.queues.values()) {
          if (nextOffset < 0 || committed.get(topic) === nextOffset) continue;
          committed.set(topic, nextOffset);
          (offsets[topic] ??= {})[partition] = nextOffset;
        }
      }
      if (Object.keys(offsets).length === 0) continue;
      const isMain = topology.groupId === this.#settings.applicationId;
      const nobody = { groupId: topology.groupId, memberId: '', epoch: -1, groupInstanceId: undefined };
      result.push({ group: isMain ? () => this.#membership!.metadata() : () => nobody, offsets });
    }
    return result;
  }

  // --- from outside -----------------------------------------------------------------------------------------------------

  /** Stores of the tasks that run here, by the store's name. @throws StreamsError HW_STREAMS_NO_STORE */
  localStores<S extends StateStore>(name: string): S[] {
    const stores: S[] = [];
    for (const { task } of this.#tasks.values()) {
      const store = task.stores.get(name);
      if (store !== undefined) stores.push(store as S);
    }
    if (stores.length > 0) return stores;
    const message = `No task of this instance has a store ${name}; it is ${this.#state}`;
    throw new StreamsError('HW_STREAMS_NO_STORE', message);
  }

  /** Counted by the tasks that run here. */
  get metrics() {
    return Array.from(this.#tasks.values(), ({ name, task }) => ({ task: name, ...task.metrics }));
  }

  /** Commits, leaves the group and lets everything go. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    const isFailed = this.#state === 'failed';
    if (!isFailed) this.#state = 'closing';
    if (this.#timer !== null) clearInterval(this.#timer);
    if (!isFailed && this.#writer !== null) {
      await this.#commit().catch((error: unknown) => {
        this.#settings.logger.warn(
          { error },
          'the last commit failed: the records after the one before are worked on again',
        );
      });
    }
    this.#stopping.abort(new StreamsError('HW_STREAMS_NOT_RUNNING', 'The application is closed'));
    this.#wasAssigned.reject(this.#failure ?? this.#stopping.signal.reason);
    if (this.#turn !== null) clearImmediate(this.#turn);
    await this.#committing?.catch(() => {});
    await this.#membership?.close().catch(() => {});
    await this.#dropAll().catch(() => {});
    await this.#input?.close();
    await this.#writer?.close().catch(() => {});
    if (this.#settings.isClientOwn) await this.#settings.client.close();
    if (!isFailed) this.#state = 'closed';
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#state === 'failed' || this.#closing !== null) return;
    this.#state = 'failed';
    this.#failure = error;
    this.#settings.logger.error({ error, applicationId: this.#settings.applicationId }, 'the application cannot go on');
    await this.close();
    this.#settings.onFailed(error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
