import { setTimeout as delay } from 'node:timers/promises';
import type { KeyValueEntry, ReadOnlyKeyValueStore } from '../stores/key-value-store.ts';
import type { ReadOnlyWindowStore, WindowEntry } from '../stores/window-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { QueryOptions } from './local-stores.ts';
import type { StoreView } from './store-views.ts';

/** Where a part of a store is. */
export interface StorePlace {
  readonly partition: number;
  readonly task: string;
  readonly isLocal: boolean;
  /** 'host:port' of the instance that has it, as it advertises itself; null: nobody has it at the moment, or it tells no address. */
  readonly address: string | null;
}

export interface StoreClientOptions extends QueryOptions {
  /** How long a query is tried again while the store moves or is restored. Default 5,000. */
  timeoutMs?: number;
  /** Rows that `range` and `all` ask for at once. Default 1,000; from 2 to 100,000. */
  pageRows?: number;
}

export interface StoreClientEnvironment<K> {
  readonly store: string;
  /** `partition`: only its rows. */
  view(partition?: number): StoreView<unknown, unknown>;
  placeOf(key: K): StorePlace;
  places(): StorePlace[];
}

const retryMs = 50;

/** Asks the instance that has the key: this one, or another at the address that it advertises. */
export class StoreClient<K, V> {
  readonly #environment: StoreClientEnvironment<K>;
  readonly #options: StoreClientOptions;

  constructor(environment: StoreClientEnvironment<K>, options: StoreClientOptions) {
    this.#environment = environment;
    this.#options = options;
  }

  async get(key: K, signal?: AbortSignal): Promise<V | null> {
    return (await this.getEntry(key, signal))?.value ?? null;
  }

  /** @throws StreamsError HW_STREAMS_STORE_NOT_READY when nobody could be asked in time */
  getEntry(key: K, signal?: AbortSignal): Promise<KeyValueEntry<K, V> | null> {
    return this.#asking(signal, (until) => {
      const place = this.#environment.placeOf(key);
      if (place.isLocal) return (this.#environment.view() as ReadOnlyKeyValueStore<K, V>).getEntry(key);
      return this.#ask<KeyValueEntry<K, V>>(place, '', { key: JSON.stringify(key) }, until);
    });
  }

  /** Windows of a key that start from `fromMs` to `toMs`, both included. */
  async fetchRange(key: K, fromMs: number, toMs: number, signal?: AbortSignal): Promise<WindowEntry<K, V>[]> {
    const found = await this.#asking(signal, (until) => {
      const place = this.#environment.placeOf(key);
      if (place.isLocal) {
        return [...(this.#environment.view() as ReadOnlyWindowStore<K, V>).fetchRange(key, fromMs, toMs)];
      }
      const query = { key: JSON.stringify(key), from: String(fromMs), to: String(toMs) };
      return this.#ask<WindowEntry<K, V>[]>(place, '', query, until);
    });
    return found ?? [];
  }

  /**
   * Rows from `from` to `to`, both included, of all instances: partition by partition, in each in the order of the keys' bytes. They come by
   * pages, so that what is held is bounded; what changes meanwhile may be seen or not.
   *
   * @throws StreamsError HW_STREAMS_STORE_NOT_READY when a part could not be asked in time
   */
  async *range(from: K | null, to: K | null, signal?: AbortSignal): AsyncGenerator<KeyValueEntry<K, V>, void> {
    // A page begins with the last row of the one before.
    const pageRows = Math.min(100_000, Math.max(2, this.#options.pageRows ?? 1_000));
    for (const { partition } of this.#environment.places()) {
      let first = from;
      /** Handed out already. */
      let last: string | null = null;
      for (;;) {
        const begin: K | null = first;
        const page = await this.#asking(signal, (until) => this.#page(partition, begin, to, pageRows, until));
        for (const row of page ?? []) {
          const id = JSON.stringify(row.key);
          if (id === last) continue;
          last = id;
          first = row.key;
          yield row;
        }
        if (page === null || page.length < pageRows) break;
      }
    }
  }

  /** Rows of all instances, as by `range`. */
  all(signal?: AbortSignal): AsyncGenerator<KeyValueEntry<K, V>, void> {
    return this.range(null, null, signal);
  }

  async #page(
    partition: number,
    from: K | null,
    to: K | null,
    pageRows: number,
    until: AbortSignal,
  ): Promise<KeyValueEntry<K, V>[]> {
    const place = this.#environment.places()[partition]!;
    if (place.isLocal) {
      const view = this.#environment.view(partition) as ReadOnlyKeyValueStore<K, V>;
      return [...Iterator.from(view.range(from, to)).take(pageRows)];
    }
    const query = {
      ...(from !== null && { from: JSON.stringify(from) }),
      ...(to !== null && { to: JSON.stringify(to) }),
      partition: String(partition),
      limit: String(pageRows),
    };
    const found = await this.#ask<{ rows: KeyValueEntry<K, V>[] }>(place, '/all', query, until);
    return found?.rows ?? [];
  }

  /** Rows of all instances together. */
  async count(signal?: AbortSignal): Promise<number> {
    const count = await this.#asking(signal, async (until) => {
      const places = this.#environment.places();
      const local = places.some(({ isLocal }) => isLocal) ? this.#environment.view().count : 0;
      const others = Map.groupBy(
        places.filter(({ isLocal }) => !isLocal),
        ({ address }) => address,
      );
      const counts = await Promise.all(
        Array.from(others.values(), ([place]) => this.#ask<{ count: number }>(place!, '/count', {}, until)),
      );
      return counts.reduce((sum, each) => sum + (each?.count ?? 0), local);
    });
    return count ?? 0;
  }

  async #asking<T>(
    signal: AbortSignal | undefined,
    ask: (until: AbortSignal) => T | null | Promise<T | null>,
  ): Promise<T | null> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? 5_000);
    const until = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let last: unknown = null;
    while (!until.aborted) {
      try {
        return await ask(until);
      } catch (error) {
        if (!isRetriable(error)) throw error;
        // The end of the time says less than what went wrong before it.
        if (!until.aborted || last === null) last = error;
      }
      await delay(retryMs, undefined, { signal: until }).catch(() => {});
    }
    signal?.throwIfAborted();
    const reason = last instanceof Error ? last.message : String(last);
    const message = `${this.#environment.store} could not be asked in time: ${reason}`;
    throw new StreamsError('HW_STREAMS_STORE_NOT_READY', message, { cause: last });
  }

  async #ask<T>(
    { address, task }: StorePlace,
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ): Promise<T | null> {
    const { store } = this.#environment;
    if (address === null) {
      const message = `Nobody with an address has ${store} of task ${task}; give each instance 'advertise' and 'queryPort'`;
      throw new StreamsError('HW_STREAMS_STORE_NOT_READY', message);
    }
    const { maxLagRecords, topology } = this.#options;
    const search = new URLSearchParams(query);
    if (topology !== undefined) search.set('topology', topology);
    if (maxLagRecords !== undefined) search.set('maxLagRecords', String(maxLagRecords));
    const response = await fetch(`http://${address}/stores/${encodeURIComponent(store)}${path}?${search}`, { signal });
    const body = (await response.json()) as T & { error?: { code: string; message: string } };
    if (response.ok) return body;
    if (body.error?.code === 'HW_STREAMS_NO_ROW') return null;
    const { code = '', message = '' } = body.error ?? {};
    const known = code === 'HW_STREAMS_NO_STORE' ? code : 'HW_STREAMS_STORE_NOT_READY';
    throw new StreamsError(known, `${address} answered ${response.status}: ${message}`);
  }
}

/** The store moves, is restored, or its instance is gone and nobody has noticed yet. */
function isRetriable(error: unknown): boolean {
  if (!(error instanceof StreamsError)) return true;
  return error.code === 'HW_STREAMS_STORE_MOVED' || error.code === 'HW_STREAMS_STORE_NOT_READY';
}
