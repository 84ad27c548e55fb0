import { randomUUID } from 'node:crypto';
import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { Streams, type Topology, type TopologyHandle } from '@headwater/streams';

export interface TransientRuntimeOptions {
  readonly kafka: KafkaClient;
  /** What names of groups and topics begin with. */
  readonly prefix: string;
  readonly guarantee: 'at-least-once' | 'exactly-once';
  readonly logger: Logger;
}

/** What goes by a repartition topic is on its way for so long at the least. */
const repartitionLingerMs = 2;

type Reset = 'earliest' | 'latest';

/** Runs topologies of queries whose rows somebody waits for. They are this server's own, and nothing of them remains. */
export class TransientRuntime {
  readonly #options: TransientRuntimeOptions;
  readonly #runtimes = new Map<Reset, Promise<Streams>>();
  #isClosed = false;

  constructor(options: TransientRuntimeOptions) {
    this.#options = options;
  }

  /** Resolves when its rows come. @throws when it cannot be started */
  async run(
    topology: Topology,
    { id, onFailed, reset }: { readonly id: string; readonly reset: Reset; onFailed(error: unknown): void },
  ): Promise<TopologyHandle> {
    const streams = await this.#runtime(reset);
    const handle = streams.add(topology, { name: id, onFailed });
    await handle.started;
    return handle;
  }

  #runtime(reset: Reset): Promise<Streams> {
    if (this.#isClosed) throw new Error('The server is closing');
    let runtime = this.#runtimes.get(reset);
    if (runtime === undefined) {
      runtime = this.#start(reset);
      this.#runtimes.set(reset, runtime);
      runtime.catch(() => this.#runtimes.delete(reset));
    }
    return runtime;
  }

  async #start(reset: Reset): Promise<Streams> {
    const { guarantee, kafka, logger, prefix } = this.#options;
    const streams = new Streams({
      applicationId: `${prefix}transient_${reset}_${randomUUID().slice(0, 8)}`,
      kafka,
      guarantee,
      logger,
      isEachUpdateSent: true,
      lingerMs: repartitionLingerMs,
      offsetReset: reset,
      errors: { deserialization: 'skip' },
      onFailed: () => this.#runtimes.delete(reset),
    });
    await streams.start();
    return streams;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const runtimes = [...this.#runtimes.values()];
    this.#runtimes.clear();
    await Promise.allSettled(runtimes.map(async (runtime) => (await runtime).close()));
  }
}
