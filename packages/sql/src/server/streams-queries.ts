import type { Logger } from '@headwater/logger';
import type { Guarantee, Streams, TaskReading, TopologyHandle } from '@headwater/streams';
import type { PersistentQuery, QueryRuntime, QueryState, QueryStatistics } from '../engine/engine-services.ts';
import { queryErrors } from '../engine/query-errors.ts';
import { guaranteeOf } from '../engine/settings/processing-guarantee.ts';
import { streamsSetting } from '../engine/settings/streams-setting.ts';
import { sourcesOf } from '../plan/steps/step.ts';

export interface StreamsQueriesOptions {
  /** A runtime that is not started yet. `onFailed`: it is closed and of no more use. */
  openStreams(guarantee: Guarantee, onFailed: (error: unknown) => void): Streams;
  /** Of queries that say nothing of it. */
  readonly guarantee: Guarantee;
  /** Names of all topics that there are. */
  topicNames(): Promise<ReadonlySet<string>>;
  /** How long a query that failed rests before it is started again, and at most after doubling with each failure. */
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  readonly logger: Logger;
}

interface Entry {
  query: PersistentQuery;
  handle: TopologyHandle | null;
  guarantee: Guarantee;
  isPaused: boolean;
  error: unknown;
  retryMs: number;
  failedAtMs: number;
  timer: NodeJS.Timeout | undefined;
  /** What is done with it comes one after the other. */
  turn: Promise<void>;
  /** Resolves when it runs, or has failed. */
  settled: PromiseWithResolvers<void>;
}

/**
 * Persistent queries as topologies: one runtime for each processing guarantee. A query that fails is started again, from its last commit,
 * after a while. Until `release` they are only gathered, so that a server that does its old statements again starts what is left of them.
 */
export class StreamsQueries implements QueryRuntime {
  readonly #options: StreamsQueriesOptions;
  /** By the queries' ids. */
  readonly #entries = new Map<string, Entry>();
  readonly #runtimes = new Map<Guarantee, Streams>();
  /** 'gathering': nothing is started yet; 'starting': together, with their runtime; 'running': each as it comes. */
  #phase: 'gathering' | 'starting' | 'running' = 'gathering';
  #closed: Promise<void> | undefined;

  constructor(options: StreamsQueriesOptions) {
    this.#options = options;
  }

  /** Of the queries that say nothing of their guarantee. */
  get streams(): Streams {
    return this.#runtime(this.#options.guarantee);
  }

  /** Where a query runs. */
  streamsOf(id: string): Streams {
    return this.#runtime(this.#entries.get(id)?.guarantee ?? this.#options.guarantee);
  }

  async start(query: PersistentQuery): Promise<void> {
    const entry: Entry = {
      query,
      handle: null,
      guarantee: guaranteeOf(query.settings) ?? this.#options.guarantee,
      isPaused: false,
      error: null,
      retryMs: this.#options.retryFirstMs,
      failedAtMs: 0,
      timer: undefined,
      turn: Promise.resolve(),
      settled: Promise.withResolvers(),
    };
    this.#entries.set(query.id, entry);
    if (this.#phase !== 'gathering') await this.#inTurn(entry, () => this.#launch(entry));
  }

  async replace(query: PersistentQuery): Promise<void> {
    const entry = this.#entries.get(query.id);
    if (entry === undefined) return this.start(query);
    entry.query = query;
    entry.settled = Promise.withResolvers();
    if (this.#phase !== 'gathering') await this.#inTurn(entry, () => this.#launch(entry));
  }

  async stop(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#forget(entry);
    await this.#inTurn(entry, async () => entry.handle?.remove({ deleteInternalTopics: true })).catch(
      (error: unknown) => {
        this.#options.logger.warn({ error, queryId: id }, 'a query has ended, but not all that was its own is gone');
      },
    );
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.query.id);
    clearTimeout(entry.timer);
    entry.settled.resolve();
  }

  async pause(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.isPaused = true;
    entry.handle?.pause();
  }

  async resume(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.isPaused = false;
    entry.handle?.resume();
  }

  stateOf(id: string): QueryState {
    const entry = this.#entries.get(id);
    if (entry === undefined) return 'NOT_RUNNING';
    if (entry.error !== null) return 'ERROR';
    return entry.isPaused ? 'PAUSED' : 'RUNNING';
  }

  /** Why a query does not run; null: it does. */
  errorOf(id: string): unknown {
    return this.#entries.get(id)?.error ?? null;
  }

  statistics(id: string): QueryStatistics | undefined {
    const tasks = this.#entries.get(id)?.handle?.metrics;
    if (tasks === undefined) return undefined;
    const sum = (pick: (task: TaskReading) => number) => tasks.reduce((all, task) => all + pick(task), 0);
    const newest = Math.max(-1, ...tasks.map(({ streamTimeMs }) => streamTimeMs));
    return {
      recordsIn: sum(({ recordsIn }) => recordsIn),
      recordsFailed: sum(({ recordsFailed }) => recordsFailed),
      recordsDeadLettered: sum(({ recordsDeadLettered }) => recordsDeadLettered),
      recordsOut: sum(({ recordsOut }) => recordsOut),
      newestTimestampMs: newest < 0 ? null : newest,
    };
  }

  /** What runs for a query; undefined where nothing does. */
  handle(id: string): TopologyHandle | undefined {
    return this.#entries.get(id)?.handle ?? undefined;
  }

  /** Commits its work and lets it go; its state and offsets stay, so that it goes on when it is started again. */
  async suspend(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#forget(entry);
    await this.#inTurn(entry, async () => entry.handle?.remove());
  }

  /**
   * Starts a query in the place of the one that runs under its id, whose stores are there until then.
   *
   * @param runningAs what runs already under another id and is to be it from now on
   * @param swap called when the new one runs; the old one's stores are there until it resolves
   */
  async supersede(query: PersistentQuery, runningAs: string, swap: () => Promise<void>): Promise<void> {
    const { id } = query;
    const old = this.#entries.get(id);
    const running = this.#entries.get(runningAs);
    if (old !== undefined) this.#forget(old);
    if (running === undefined) {
      await this.start(query);
      if (this.#phase !== 'gathering') await this.settled(id, settleMsMax);
    }
    if (running !== undefined) {
      this.#entries.delete(runningAs);
      running.query = query;
      this.#entries.set(id, running);
    }
    if (old?.isPaused === true) await this.pause(id);
    await swap();
    await old?.handle?.remove({ deleteInternalTopics: true });
  }

  /** Resolves when the query runs or has failed, at the latest after a time. */
  async settled(id: string, timeoutMs: number): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    await Promise.race([entry.settled.promise, late.promise]);
    clearTimeout(timer);
  }

  /** Starts all that was gathered, and from now on at once. @throws errors of the cluster */
  async release(): Promise<void> {
    this.#phase = 'starting';
    const names = await this.#options.topicNames();
    const later: Entry[] = [];
    for (const entry of this.#entries.values()) {
      // A runtime starts with what can be started; the others fail by themselves then.
      if (topicsOf(entry.query).every((topic) => names.has(topic))) await this.#launch(entry);
      else later.push(entry);
    }
    this.#runtime(this.#options.guarantee);
    await Promise.all(Array.from(this.#runtimes.values(), (streams) => streams.start()));
    this.#phase = 'running';
    for (const entry of later) void this.#inTurn(entry, () => this.#launch(entry));
  }

  /** Commits, and leaves everything as it is for the next start. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      for (const { timer } of this.#entries.values()) clearTimeout(timer);
      await Promise.all(Array.from(this.#runtimes.values(), (streams) => streams.close()));
    })();
    return this.#closed;
  }

  #inTurn(entry: Entry, work: () => Promise<void>): Promise<void> {
    const result = entry.turn.then(work);
    entry.turn = result.catch(() => {});
    return result;
  }

  /** Does not wait until it runs: who wants to know asks `settled`. */
  async #launch(entry: Entry): Promise<void> {
    const { query } = entry;
    if (this.#closed !== undefined || this.#entries.get(query.id) !== entry) return;
    try {
      await entry.handle?.remove();
      entry.handle = null;
      entry.error = null;
      const topology = await query.build();
      const streams = this.#runtime(entry.guarantee);
      const onFailed = (error: unknown) => this.#failed(entry, error);
      const buffered = streamsSetting(query.settings, 'cache.max.bytes.buffering');
      const handle = streams.add(topology, {
        name: query.runId,
        onFailed,
        errors: queryErrors(query),
        ...(buffered !== undefined && { isEachUpdateSent: buffered === '0' }),
      });
      entry.handle = handle;
      if (entry.isPaused) handle.pause();
      handle.started.then(
        () => entry.settled.resolve(),
        (error: unknown) => {
          if (entry.handle === handle && handle.state !== 'removed') this.#failed(entry, error);
        },
      );
      if (this.#phase === 'running' && streams.state === 'created') await streams.start();
    } catch (error) {
      this.#failed(entry, error);
    }
  }

  #failed(entry: Entry, error: unknown): void {
    const { query } = entry;
    if (entry.error !== null || this.#closed !== undefined || this.#entries.get(query.id) !== entry) return;
    entry.error = error;
    entry.settled.resolve();
    const { logger, retryFirstMs, retryMostMs } = this.#options;
    // A while of health makes it begin anew.
    if (Date.now() - entry.failedAtMs > 2 * retryMostMs) entry.retryMs = retryFirstMs;
    entry.failedAtMs = Date.now();
    logger.error({ error, queryId: query.id, retryMs: entry.retryMs }, 'a query cannot go on; it is started again');
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => void this.#inTurn(entry, () => this.#launch(entry)), entry.retryMs);
    entry.timer.unref();
    entry.retryMs = Math.min(retryMostMs, entry.retryMs * 2);
  }

  #runtime(guarantee: Guarantee): Streams {
    let streams = this.#runtimes.get(guarantee);
    if (streams === undefined) {
      const onFailed = (error: unknown) => {
        this.#runtimes.delete(guarantee);
        for (const entry of this.#entries.values()) {
          if (entry.guarantee !== guarantee) continue;
          // It went with the runtime.
          entry.handle = null;
          this.#failed(entry, error);
        }
      };
      streams = this.#options.openStreams(guarantee, onFailed);
      this.#runtimes.set(guarantee, streams);
    }
    return streams;
  }
}

/** How long the query that takes another's place may take until it runs. */
const settleMsMax = 30_000;

/** Topics that have to be there. */
function topicsOf({ plan }: PersistentQuery): readonly string[] {
  return [plan.sink.topic, ...sourcesOf(plan.step).map(({ source }) => source.topic)];
}
