import { setTimeout as delay } from 'node:timers/promises';
import { ClientError } from '@headwater/client';
import { ErrorCode } from '@headwater/protocol';
import { StateDirectory } from '../checkpoint/state-directory.ts';
import { InteractiveQueries } from '../queries/interactive-queries.ts';
import type { QueryOptions } from '../queries/local-stores.ts';
import type { StoreClient, StoreClientOptions, StorePlace } from '../queries/store-client.ts';
import type { ReadOnlyKeyValueStore } from '../stores/key-value-store.ts';
import type { StateStore } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { Topology } from '../topology/topology.ts';
import { ensureDeadLetterTopics } from './dead-letters.ts';
import { checkErrors, type ErrorPolicies } from './error-policy.ts';
import { failureKind } from './failure-kind.ts';
import { fenceOf } from './fence.ts';
import { GlobalTables } from './global-tables.ts';
import { Membership } from './membership.ts';
import { MissingTopicError, OutputBatches } from './output-batches.ts';
import { RepartitionPurge } from './repartition-purge.ts';
import { RestoreProgress } from './restore-progress.ts';
import { StandbyTasks } from './standby-tasks.ts';
import { readTask, type StreamsReading } from './streams-metrics.ts';
import { type Settings, type StreamsOptions, settingsOf } from './streams-options.ts';
import { TaskManager } from './task-manager.ts';
import { TaskOpener } from './task-opener.ts';
import { layOut, makeInternalTopics } from './topic-layout.ts';
import { TopicLimits } from './topic-limits.ts';
import { TopicWatch } from './topic-watch.ts';
import { type RemoveOptions, TopologyHandle } from './topology-handle.ts';
import { splitTaskName, TopologyInstance } from './topology-instance.ts';
import { Worker } from './worker.ts';
import { IdempotentWriter, TransactionalWriter, type Writer } from './writer.ts';

/** How often it is looked for topics that are waited for. */
const topicLookMs = 250;

export type StreamsState = 'created' | 'starting' | 'rebalancing' | 'running' | 'closing' | 'closed' | 'failed';

export interface AddOptions {
  /** Distinguishes it from the application's others, and is part of its topics' names; default: none, the main topology. */
  name?: string;
  /** What becomes of its records that something goes wrong with; default: as in the application's options. */
  errors?: Partial<ErrorPolicies>;
  /** Told when it cannot go on, while the others do. */
  onFailed?: (error: unknown) => void;
  /** Whether its tables tell of each update; default: as in the application's options. */
  isEachUpdateSent?: boolean;
}

/** What there is once it was started. */
interface Running {
  readonly worker: Worker;
  readonly manager: TaskManager;
  readonly membership: Membership;
}

/**
 * Runs topologies on a Kafka cluster. All of them share connections, a clock, the input that they read in common and one commit; the
 * application's other instances share the work.
 *
 * @example
 * const streams = new Streams({ applicationId: 'word-count', kafka: '127.0.0.1:9092' });
 * streams.add(builder.build());
 * await streams.start();
 * const [counts] = streams.localStores<KeyValueStore<string, number>>('counts');
 * await streams.close();
 */
export class Streams {
  readonly #settings: Settings;
  readonly #topologies = new Map<string, TopologyInstance>();
  /** Those of them that do not run yet. */
  readonly #starting = new Set<TopologyInstance>();
  readonly #partitions = new Map<string, number>();
  readonly #limits: TopicLimits;
  #limitsKnown: Promise<void> = Promise.resolve();
  readonly #purge: RepartitionPurge;
  readonly #watch: TopicWatch;
  readonly #firstAssignment = Promise.withResolvers<void>();
  #running: Running | null = null;
  #globals: GlobalTables | null = null;
  #stateDirectory: StateDirectory | null = null;
  readonly #restores: RestoreProgress;
  readonly #queries: InteractiveQueries;
  #state: StreamsState = 'created';
  #closing: Promise<void> | null = null;
  #failure: unknown = null;
  /** Changes of what runs here come one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws StreamsError HW_STREAMS_BAD_OPTION */
  constructor(options: StreamsOptions) {
    this.#settings = settingsOf(options);
    this.#restores = new RestoreProgress(options.onRestore, this.#settings.logger);
    this.#limits = new TopicLimits(this.#settings.client);
    const { advertise, client, logger, queryHost, queryPort, repartitionPurgeIntervalMs: intervalMs } = this.#settings;
    this.#purge = new RepartitionPurge({ client, logger, intervalMs });
    this.#watch = new TopicWatch({
      client,
      topologies: () => this.#topologies.values(),
      onGone: (failure) => this.#running?.manager.failed(failure),
    });
    this.#queries = new InteractiveQueries({
      host: queryHost,
      port: queryPort,
      advertise,
      logger,
      topologies: this.#topologies,
      tasks: () => this.#running?.worker.tasks ?? new Map(),
      isClaimed: (task) => this.#running?.manager.isClaimed(task) ?? false,
    });
    this.#firstAssignment.promise.catch(() => {});
  }

  get state(): StreamsState {
    return this.#state;
  }

  /**
   * A topology to run, with a name when there are several. It begins with `start`, or at once when the application runs already: that
   * takes no rebalance as long as this is the only instance. Each instance of the application has to add it.
   *
   * @throws StreamsError HW_STREAMS_TOPOLOGY, HW_STREAMS_BAD_OPTION, HW_STREAMS_NOT_RUNNING
   */
  add(
    topology: Topology,
    { name = '', errors, onFailed = () => {}, isEachUpdateSent = this.#settings.isEachUpdateSent }: AddOptions = {},
  ): TopologyHandle {
    if (this.#state === 'closing' || this.#state === 'closed' || this.#state === 'failed') {
      throw new StreamsError('HW_STREAMS_NOT_RUNNING', `add() has no use: the application is ${this.#state}`);
    }
    if (name !== '' && !/^[A-Za-z0-9._-]{1,120}$/.test(name)) {
      const message = `name: '${name}' is not 1 to 120 letters, digits, dots, dashes and underscores`;
      throw new StreamsError('HW_STREAMS_BAD_OPTION', message);
    }
    if (this.#topologies.has(name)) {
      throw new StreamsError('HW_STREAMS_TOPOLOGY', `There are two topologies called '${name}'; give each a name`);
    }
    const { applicationId } = this.#settings;
    this.#checkStorage(topology, name);
    const prefix = name === '' ? applicationId : `${applicationId}-${name}`;
    const policies = checkErrors({ ...this.#settings.errors, ...errors });
    const instance = new TopologyInstance(name, topology.plan(prefix), prefix, {
      errors: policies,
      onFailed,
      isEachUpdateSent,
    });
    this.#topologies.set(name, instance);
    if (this.#state !== 'created') void this.#bring(instance);
    return new TopologyHandle(instance, {
      pause: () => {
        instance.isPaused = true;
      },
      resume: () => {
        instance.isPaused = false;
        this.#running?.worker.wake();
      },
      commit: async () => this.#running?.worker.commit(),
      tasks: () => this.metrics.tasks.filter(({ topology }) => topology === name),
      remove: (_instance, options) => this.#remove(instance, options),
    });
  }

  #checkStorage(topology: Topology, name: string): void {
    if (this.#settings.stateDir !== null) return;
    const store = [...topology.stores.values()].find(({ storage }) => storage === 'disk');
    if (store === undefined) return;
    const message = `The store ${store.name} of topology '${name}' is on the disk: give the application a stateDir`;
    throw new StreamsError('HW_STREAMS_BAD_OPTION', message);
  }

  /** Starts a topology that came while the application runs. */
  async #bring(instance: TopologyInstance): Promise<void> {
    try {
      await this.#firstAssignment.promise;
      await this.#awaitTopics([instance]);
      await this.#inTurn(async () => {
        if (instance.state !== 'added') return;
        await this.#layOut([instance], true);
        const { membership, manager } = this.#running!;
        if (!membership.isAlone) {
          membership.rejoin('a topology was added');
          return;
        }
        // Nobody else has to be asked. Others are not held up by what is restored.
        manager.take(instance.taskNames()).then(
          () => this.#noteStarted(instance),
          () => {},
        );
      });
    } catch (error) {
      if (this.#isolate(instance, error)) return;
      await this.#fail(error);
    }
  }

  /** Commits its last work and lets its tasks go. */
  async #remove(instance: TopologyInstance, { deleteInternalTopics = false }: RemoveOptions): Promise<void> {
    if (instance.state === 'removed') return;
    await this.#inTurn(async () => {
      const running = this.#running;
      if (running !== null && this.#closing === null) await running.manager.release(instance);
      this.#globals?.drop(instance.plan);
      instance.state = 'removed';
      instance.started.reject(new StreamsError('HW_STREAMS_NOT_RUNNING', `Topology '${instance.name}' was removed`));
      if (this.#topologies.get(instance.name) === instance) this.#topologies.delete(instance.name);
      if (running !== null && !running.membership.isAlone) running.membership.rejoin('a topology was removed');
      if (!deleteInternalTopics || instance.layout === null) return;
      const names = instance.layout.internalTopics.map(({ name }) => name);
      for (const name of names) this.#partitions.delete(name);
      const { applicationId, client } = this.#settings;
      if (names.length > 0) await client.deleteTopics(names);
      if (instance.groupId !== applicationId) await client.deleteGroups([instance.groupId]);
    });
  }

  #noteStarted(instance: TopologyInstance): void {
    this.#starting.delete(instance);
    if (instance.state === 'starting') instance.state = 'running';
    instance.started.resolve();
  }

  /** Takes note that it stops and the others go on; false where there are no others: the main topology's end is the application's. */
  #isolate(instance: TopologyInstance, error: unknown): boolean {
    if (instance.name === '' && this.#topologies.size === 1) return false;
    if (!instance.fail(error)) return true;
    const { applicationId, logger } = this.#settings;
    logger.error({ error, applicationId, topology: instance.name }, 'a topology cannot go on');
    const membership = this.#running?.membership;
    if (membership !== undefined && !membership.isAlone) membership.rejoin('a topology failed here');
    instance.onFailed(error);
    return true;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Joins the application's group; resolves when the first tasks were given to this instance, restored and running. */
  async start(): Promise<void> {
    if (this.#state !== 'created') return this.#firstAssignment.promise;
    this.#state = 'starting';
    try {
      await this.#awaitTopics([...this.#topologies.values()]);
      await this.#inTurn(() => this.#layOut([...this.#topologies.values()]));
      await this.#openStateDirectory();
      await this.#queries.start();
      this.#running = await this.#run();
      this.#running.membership.start();
      this.#watch.start();
      await this.#firstAssignment.promise;
    } catch (error) {
      await this.#fail(error);
      throw error;
    }
  }

  /** Until the topics that are read are there, or for as long as is waited for them: who needs them says then which are not. */
  async #awaitTopics(topologies: readonly TopologyInstance[]): Promise<void> {
    const { client, logger, waitForTopicsMs } = this.#settings;
    const wanted = topologies.flatMap((topology) => topology.givenTopics());
    const untilMs = performance.now() + waitForTopicsMs;
    for (let looks = 0; wanted.length > 0 && performance.now() < untilMs && this.#closing === null; looks++) {
      const { topics } = await client.metadata(wanted);
      const missing = topics.filter(({ errorCode }) => errorCode !== ErrorCode.NONE).map(({ name }) => name);
      if (missing.length === 0) return;
      if (looks === 0) logger.warn({ topics: missing }, 'topics that are read are not there yet: they are waited for');
      await delay(Math.min(topicLookMs, untilMs - performance.now()));
    }
  }

  /** Finds out about the topics, and makes those that are the application's own. */
  async #layOut(topologies: readonly TopologyInstance[], isRunning = false): Promise<void> {
    const { client, replicationFactor } = this.#settings;
    const names = isRunning ? topologies.map((topology) => topology.topicNames()) : [null];
    await this.#lookAtTopics(names.includes(null) ? null : (names.flat() as string[]));
    const internal = [];
    for (const topology of topologies) {
      topology.layout = layOut(topology.plan, this.#partitions, replicationFactor);
      internal.push(...topology.layout.internalTopics);
    }
    await makeInternalTopics(client, internal, this.#partitions);
    for (const { name, partitions } of internal) this.#partitions.set(name, partitions ?? 1);
    await ensureDeadLetterTopics(
      client,
      topologies.map(({ errors }) => errors.deadLetterTopic),
      this.#partitions,
      replicationFactor,
    );
    // Asked for while the tasks are opened; they begin when it is known.
    const learned = this.#limits.learn(topologies.flatMap((topology) => topology.writtenTopics()));
    this.#limitsKnown = Promise.all([this.#limitsKnown, learned]).then(() => {});
    for (const topology of topologies) {
      if (topology.state !== 'added') continue;
      topology.state = 'starting';
      this.#starting.add(topology);
    }
  }

  /** Null: at all that there are. */
  async #lookAtTopics(names: readonly string[] | null = null): Promise<void> {
    const { topics } = await this.#settings.client.metadata(names);
    if (names === null) this.#partitions.clear();
    else for (const name of names) this.#partitions.delete(name);
    for (const { errorCode, name, partitions } of topics) {
      if (errorCode === 0) this.#partitions.set(name, partitions.length);
    }
  }

  async #openStateDirectory(): Promise<void> {
    const { applicationId, client, logger, stateCleanupDelayMs, stateDir } = this.#settings;
    if (stateDir === null) return;
    const options = { dir: stateDir, applicationId, cleanupDelayMs: stateCleanupDelayMs, client, logger };
    this.#stateDirectory = new StateDirectory(options);
    await this.#stateDirectory.refreshLags();
  }

  async #run(): Promise<Running> {
    const { applicationId, client, groupInstanceId, heartbeatIntervalMs, logger, sessionTimeoutMs } = this.#settings;
    const outputs = new OutputBatches(
      (topic) => this.#partitions.get(topic),
      (topic) => this.#limits.bytesMax(topic),
    );
    const worker = new Worker({
      settings: this.#settings,
      outputs,
      writer: await this.#openWriter(),
      member: () => membership.metadata(),
      fence: () => fenceOf(applicationId, this.#topologies, this.#partitions),
      onCommitted: () => {
        manager.committed();
        this.#purge.committed(worker.tasks.values());
      },
      onFailed: (error) => manager.failed(error),
    });
    const { errors, isolation } = this.#settings;
    this.#globals = new GlobalTables({
      client,
      isolation,
      errors,
      logger,
      onFailed: (error) => void this.#fail(error),
    });
    const opener = new TaskOpener({
      progress: this.#restores,
      globals: this.#globals,
      settings: this.#settings,
      topologies: this.#topologies,
      sink: outputs,
      partitions: this.#partitions,
      stateDirectory: this.#stateDirectory,
      limitsKnown: () => this.#limitsKnown,
      onCommitRequest: () => worker.commitSoon(),
      onResume: () => worker.wake(),
    });
    const standbys = new StandbyTasks({
      client,
      isolation: this.#settings.isolation,
      onError: (error) => void this.#fail(error),
      onLost: (name) => manager.standbyLost(name),
    });
    const manager = new TaskManager({
      worker,
      opener,
      standbys,
      logger,
      rejoin: (reason) => membership.rejoin(reason),
      mayMend: (error) => this.#mayMend(error),
      judge: (error) => this.#watch.judge(error),
      isolate: (topology, error) => this.#isolate(topology, error),
      areOthersKept: this.#settings.guarantee === 'at-least-once',
      onSettled: () => {
        for (const topology of this.#starting) if (topology.isWanted) this.#noteStarted(topology);
        this.#starting.clear();
        if (this.#state === 'starting' || this.#state === 'rebalancing') this.#state = 'running';
        this.#firstAssignment.resolve();
      },
      onFatal: (error) => void this.#fail(error),
    });
    const membership = new Membership({
      client,
      groupId: applicationId,
      groupInstanceId,
      sessionTimeoutMs,
      heartbeatIntervalMs,
      rebalanceTimeoutMs: 60_000,
      topics: () => [...new Set([...this.#topologies.values()].flatMap((topology) => topology.topics()))],
      allTasks: () => [...this.#topologies.values()].flatMap((topology) => topology.taskNames()),
      ownedTasks: () => manager.claimed,
      inputsOf: (task) => this.#inputsOf(task),
      standbys: this.#settings.standbys,
      statefulTasks: () => [...this.#topologies.values()].flatMap((topology) => topology.statefulTaskNames()),
      stateLags: () => new Map([...(this.#stateDirectory?.lags ?? []), ...standbys.lags]),
      onRebalancing: async () => {
        if (this.#state === 'running') this.#state = 'rebalancing';
        await manager.hold();
      },
      onAssigned: (active, standby) => manager.assigned(active, standby),
      address: () => this.#queries.address,
      onAddresses: (addresses) => this.#queries.setAddresses(addresses),
      onLost: () => manager.lost(),
      onFailed: (error) => void this.#fail(error),
    });
    return { worker, manager, membership };
  }

  #inputsOf(task: string): { topic: string; partition: number }[] {
    const found = this.#topologies.get(splitTaskName(task)[0])?.taskOf(task);
    if (found === undefined) return [];
    const { partition, subtopology } = found;
    const topics = [...subtopology.topics.values()].flat();
    return topics.flatMap((topic) => (partition < (this.#partitions.get(topic) ?? 0) ? [{ topic, partition }] : []));
  }

  /**
   * Whether a topic that a result was for has come to be since it was last looked at; or takes less than it did: batches are made smaller
   * then, and what is larger by itself goes by its policy.
   */
  async #mayMend(error: unknown): Promise<boolean> {
    const both = [error, error instanceof Error ? error.cause : null];
    const isTooLarge = (one: unknown) => one instanceof ClientError && one.kafkaCode === ErrorCode.MESSAGE_TOO_LARGE;
    if (both.some(isTooLarge)) return this.#limits.learnAnew();
    const missing = both.find((one) => one instanceof MissingTopicError);
    if (missing === undefined) return false;
    await this.#lookAtTopics();
    return this.#partitions.has(missing.topic);
  }

  async #openWriter(): Promise<Writer> {
    const { applicationId, client, compression, groupInstanceId, guarantee, transactionTimeoutMs } = this.#settings;
    if (guarantee === 'at-least-once') return new IdempotentWriter({ client, compression });
    // A static member that comes back ends at once what it left open; for others that is waited for.
    const transactionalId = `${applicationId}-${groupInstanceId ?? crypto.randomUUID()}`;
    const writer = new TransactionalWriter({ client, compression, transactionalId, transactionTimeoutMs });
    // The cluster is there; that the coordinator is away for a time is no reason to fail.
    for (;;) {
      try {
        await writer.reset();
        return writer;
      } catch (error) {
        if (failureKind(error) !== 'retry' || this.#closing !== null) throw error;
        this.#settings.logger.warn({ error, transactionalId }, 'no producer yet; trying on');
        await delay(1_000);
      }
    }
  }

  /** Stores of the tasks that run here, by the store's name; the one of a global table. @throws StreamsError HW_STREAMS_NO_STORE */
  localStores<S extends StateStore>(name: string): S[] {
    const tasks = [...(this.#running?.worker.tasks.values() ?? [])];
    const stores = tasks.flatMap(({ task }) => (task.stores.get(name) as S | undefined) ?? []);
    if (stores.length > 0) return stores;
    const global = this.#globals?.store(name);
    if (global !== undefined) return [global as S];
    const message = `No task of this instance has a store ${name}; it is ${this.#state}`;
    throw new StreamsError('HW_STREAMS_NO_STORE', message);
  }

  /** What runs here and what it has counted: `prometheusText(streams.metrics)` is for a scraper. */
  get metrics(): StreamsReading {
    const worker = this.#running?.worker;
    return {
      topologies: Array.from(this.#topologies.values(), ({ isPaused, name, state }) => ({ name, state, isPaused })),
      tasks: Array.from(worker?.tasks.values() ?? [], readTask),
      commits: worker?.commits ?? { count: 0, lastMs: 0, totalMs: 0 },
      restores: this.#restores.running,
    };
  }

  /**
   * A store to be read, over all tasks that run here: a key is looked for in the task of its partition (default partitioner).
   *
   * @throws StreamsError HW_STREAMS_NO_STORE; its methods: HW_STREAMS_STORE_MOVED for a part that another instance has and
   * HW_STREAMS_STORE_NOT_READY for one that is being restored or too far behind, which are both to be asked again
   * @example
   * streams.store<ReadOnlyKeyValueStore<string, number>>('counts').get('rain');
   */
  store<S = ReadOnlyKeyValueStore<string, unknown>>(name: string, options: QueryOptions = {}): S {
    return this.#queries.view(name, options) as S;
  }

  /** A store to be read over all instances: each is asked over HTTP at the address that it advertises. */
  storeClient<K, V>(name: string, options: StoreClientOptions = {}): StoreClient<K, V> {
    return this.#queries.client<K, V>(name, options);
  }

  /** Which instance has a key. @throws StreamsError HW_STREAMS_NO_STORE */
  metadataForKey(store: string, key: unknown, { topology }: { topology?: string } = {}): StorePlace {
    return this.#queries.placeOf(store, key, topology);
  }

  /** Which instance has which part of a store, by partition. @throws StreamsError HW_STREAMS_NO_STORE */
  metadataForStore(store: string, { topology }: { topology?: string } = {}): StorePlace[] {
    return this.#queries.places(store, topology);
  }

  /** Where stores are asked over HTTP; null without `queryPort`. */
  get queryUrl(): string | null {
    return this.#queries.url;
  }

  /** Commits, leaves the group and lets everything go. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    const { client, isClientOwn, logger } = this.#settings;
    const isFailed = this.#state === 'failed';
    const running = this.#running;
    this.#watch.close();
    if (!isFailed) this.#state = 'closing';
    if (running !== null) {
      await running.manager.close();
      await running.worker.stop();
      if (!isFailed) {
        await running.worker.commit().catch((error: unknown) => {
          logger.warn({ error }, 'the last commit failed: what came after the one before is worked on again');
        });
      }
    }
    const reason = new StreamsError('HW_STREAMS_NOT_RUNNING', 'The application is closed');
    this.#firstAssignment.reject(this.#failure ?? reason);
    for (const { started } of this.#topologies.values()) started.reject(this.#failure ?? reason);
    await running?.membership.close().catch(() => {});
    await running?.worker.close();
    await this.#purge.close();
    await this.#globals?.close();
    await this.#queries.close();
    await this.#stateDirectory?.close();
    if (isClientOwn) await client.close();
    if (!isFailed) this.#state = 'closed';
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#state === 'failed' || this.#closing !== null) return;
    this.#state = 'failed';
    this.#failure = error;
    const { applicationId, logger, onFailed } = this.#settings;
    logger.error({ error, applicationId }, 'the application cannot go on');
    await this.close();
    onFailed(error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
