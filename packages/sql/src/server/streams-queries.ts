import type { Logger } from '@headwater/logger';
import type { Streams, TaskReading, TopologyHandle } from '@headwater/streams';
import type { PersistentQuery, QueryRuntime, QueryStatistics } from '../engine/engine-services.ts';

/** Persistent queries as topologies of one runtime. */
export class StreamsQueries implements QueryRuntime {
  readonly #streams: Streams;
  readonly #logger: Logger;
  /** By the queries' ids. */
  readonly #handles = new Map<string, TopologyHandle>();

  constructor(streams: Streams, logger: Logger) {
    this.#streams = streams;
    this.#logger = logger;
  }

  async start(query: PersistentQuery): Promise<void> {
    await this.#add(query);
  }

  async replace(query: PersistentQuery): Promise<void> {
    await this.#handles.get(query.id)?.remove();
    await this.#add(query);
  }

  async stop(id: string): Promise<void> {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    await handle?.remove({ deleteInternalTopics: true });
  }

  statistics(id: string): QueryStatistics | undefined {
    const tasks = this.#handles.get(id)?.metrics;
    if (tasks === undefined) return undefined;
    const sum = (pick: (task: TaskReading) => number) => tasks.reduce((all, task) => all + pick(task), 0);
    const newest = Math.max(-1, ...tasks.map(({ streamTimeMs }) => streamTimeMs));
    return {
      recordsIn: sum(({ recordsIn }) => recordsIn),
      recordsFailed: sum(({ recordsFailed }) => recordsFailed),
      recordsOut: sum(({ recordsOut }) => recordsOut),
      newestTimestampMs: newest < 0 ? null : newest,
    };
  }

  /** What runs for a query; undefined where nothing does. */
  handle(id: string): TopologyHandle | undefined {
    return this.#handles.get(id);
  }

  /** Commits its work and lets it go; its state and offsets stay, so that it goes on when it is started again. */
  async suspend(id: string): Promise<void> {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    await handle?.remove();
  }

  /**
   * Starts a query in the place of the one that runs under its id, whose stores are there until then.
   *
   * @param runningAs what runs already under another id and is to be it from now on
   * @param swap called when the new one runs; the old one's stores are there until it resolves
   */
  async supersede(query: PersistentQuery, runningAs: string, swap: () => Promise<void>): Promise<void> {
    const { id } = query;
    const old = this.#handles.get(id);
    const running = this.#handles.get(runningAs);
    if (running === undefined) await this.#add(query);
    else {
      this.#handles.delete(runningAs);
      this.#handles.set(id, running);
    }
    await swap();
    await old?.remove({ deleteInternalTopics: true });
  }

  async #add(query: PersistentQuery): Promise<void> {
    const { id, runId } = query;
    const handle = this.#streams.add(await query.build(), {
      name: runId,
      onFailed: (error) => this.#logger.error({ error, queryId: id }, 'a query cannot go on'),
    });
    this.#handles.set(id, handle);
    await handle.started;
  }
}
