import type { Logger } from '@headwater/logger';
import type { Streams, TopologyHandle } from '@headwater/streams';
import type { PersistentQuery, QueryRuntime } from '../engine/engine-services.ts';

/** Persistent queries as topologies of one runtime. */
export class StreamsQueries implements QueryRuntime {
  readonly #streams: Streams;
  readonly #logger: Logger;
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

  async #add(query: PersistentQuery): Promise<void> {
    const { id } = query;
    const handle = this.#streams.add(await query.build(), {
      name: id,
      onFailed: (error) => this.#logger.error({ error, queryId: id }, 'a query cannot go on'),
    });
    this.#handles.set(id, handle);
    await handle.started;
  }
}
