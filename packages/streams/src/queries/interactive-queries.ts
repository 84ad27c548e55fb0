import type { Logger } from '@headwater/logger';
import { LocalStores, type LocalStoresOptions, type QueryOptions } from './local-stores.ts';
import { startQueryServer } from './query-server.ts';
import { StoreClient, type StoreClientOptions, type StorePlace } from './store-client.ts';
import { type StoreView, viewOf } from './store-views.ts';

export interface InteractiveQueriesOptions extends LocalStoresOptions {
  /** Null: not asked over HTTP. */
  readonly port: number | null;
  readonly host: string;
  readonly advertise: string | (() => string | undefined) | undefined;
  readonly logger: Logger;
}

/** Answers questions about stores: those that are here, and where the others are. */
export class InteractiveQueries {
  readonly #options: InteractiveQueriesOptions;
  readonly #stores: LocalStores;
  /** By task. */
  #addresses = new Map<string, string>();
  #server: Awaited<ReturnType<typeof startQueryServer>> | null = null;

  constructor(options: InteractiveQueriesOptions) {
    this.#options = options;
    this.#stores = new LocalStores(options);
  }

  /** What other instances are told; undefined: they cannot ask this one. */
  get address(): string | undefined {
    const { advertise, host } = this.#options;
    if (advertise !== undefined) return typeof advertise === 'function' ? advertise() : advertise;
    const isLoopback = host === '127.0.0.1' || host === 'localhost';
    return this.#server !== null && isLoopback ? `${host}:${this.#server.port}` : undefined;
  }

  /** Of the HTTP endpoint; null without one. */
  get url(): string | null {
    return this.#server?.url ?? null;
  }

  async start(): Promise<void> {
    const { advertise, host, logger, port } = this.#options;
    if (port === null || this.#server !== null) return;
    this.#server = await startQueryServer({
      host,
      port,
      logger,
      allowedHosts: typeof advertise === 'string' ? [advertise.slice(0, advertise.lastIndexOf(':')).toLowerCase()] : [],
      names: () => this.#stores.names(),
      view: (store, options) => this.view(store, options),
      kindOf: (store, topology) => this.#stores.find(store, topology).spec.kind ?? 'key-value',
    });
  }

  setAddresses(addresses: Readonly<Record<string, readonly string[]>>): void {
    this.#addresses = new Map(
      Object.entries(addresses).flatMap(([address, tasks]) => tasks.map((task) => [task, address] as const)),
    );
  }

  view(store: string, options: QueryOptions = {}): StoreView<unknown, unknown> {
    return viewOf(this.#stores, this.#stores.find(store, options.topology), options);
  }

  places(store: string, topology?: string): StorePlace[] {
    return this.#stores.find(store, topology).taskNames.map((task, partition) => this.#place(task, partition));
  }

  placeOf(store: string, key: unknown, topology?: string): StorePlace {
    const found = this.#stores.find(store, topology);
    const partition = this.#stores.partitionOf(found, key);
    return this.#place(found.taskNames[partition]!, partition);
  }

  client<K, V>(store: string, options: StoreClientOptions): StoreClient<K, V> {
    const environment = {
      store,
      view: (partition?: number) => this.view(store, partition === undefined ? options : { ...options, partition }),
      placeOf: (key: K) => this.placeOf(store, key, options.topology),
      places: () => this.places(store, options.topology),
    };
    return new StoreClient<K, V>(environment, options);
  }

  #place(task: string, partition: number): StorePlace {
    const isLocal = this.#options.isClaimed(task);
    const address = isLocal ? (this.address ?? null) : (this.#addresses.get(task) ?? null);
    return { partition, task, isLocal, address };
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}
