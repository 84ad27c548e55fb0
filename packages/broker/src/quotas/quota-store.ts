import type { LogStore } from '../storage/index.ts';
import { entityText, parseEntity, type QuotaEntity } from './quota-entity.ts';
import type { ClientQuotaKey, QuotaKey } from './quota-keys.ts';

export type QuotaValues = Partial<Record<QuotaKey, number>>;

export interface StoredQuota {
  readonly entity: QuotaEntity;
  readonly values: QuotaValues;
}

/** What a client's traffic is measured against, and together with whose. */
export interface ClientLimit {
  /** Requests with the same id are counted together. */
  readonly id: string;
  readonly user: string;
  readonly clientId: string;
  readonly limit: number;
}

const keyPrefix = 'quota/';

/** The quotas: durable, one value of the store for an entity. A change is on the disk after `store.flushMetadata()`. */
export class QuotaStore {
  readonly #values: LogStore['values'];
  readonly #quotas = new Map<string, StoredQuota>();
  /** Rises with every change: what was worked out before it may be wrong. */
  version = 0;
  /** There is a quota for users or client ids: without one, requests are not looked at. */
  hasClientQuotas = false;
  /** There is a quota for addresses. */
  hasIpQuotas = false;

  constructor(values: LogStore['values']) {
    this.#values = values;
    for (const [key, text] of values.entries(keyPrefix)) {
      const entity = key.slice(keyPrefix.length);
      this.#quotas.set(entity, { entity: parseEntity(entity), values: JSON.parse(text) as QuotaValues });
    }
    this.#changed();
  }

  get size(): number {
    return this.#quotas.size;
  }

  all(): IterableIterator<StoredQuota> {
    return this.#quotas.values();
  }

  get(entity: QuotaEntity): StoredQuota | undefined {
    return this.#quotas.get(entityText(entity));
  }

  /** Replaces all values of an entity; none removes it. @throws StorageError KAFKA_STORAGE_ERROR, with nothing changed */
  set(entity: QuotaEntity, values: QuotaValues): void {
    const text = entityText(entity);
    const isEmpty = Object.keys(values).length === 0;
    if (isEmpty && !this.#quotas.has(text)) return;
    this.#values.set(keyPrefix + text, isEmpty ? undefined : JSON.stringify(values));
    if (isEmpty) this.#quotas.delete(text);
    else this.#quotas.set(text, { entity, values });
    this.#changed();
  }

  #changed(): void {
    this.version++;
    this.hasClientQuotas = false;
    this.hasIpQuotas = false;
    for (const { entity } of this.#quotas.values()) {
      if (entity.ip === undefined) this.hasClientQuotas = true;
      else this.hasIpQuotas = true;
    }
  }

  /**
   * The quota of a client in Kafka's order: user and client id together before the user alone, names before defaults, the client id
   * alone last. Null when there is none.
   */
  clientLimit(key: ClientQuotaKey, user: string, clientId: string): ClientLimit | null {
    // Without a name a client has no quota as a client, not even the default one.
    const asClient = clientId === '' ? undefined : clientId;
    const levels: [QuotaEntity, isByUser: boolean, isByClient: boolean][] = [
      [{ user, 'client-id': asClient! }, true, true],
      [{ user, 'client-id': null }, true, true],
      [{ user }, true, false],
      [{ user: null, 'client-id': asClient! }, true, true],
      [{ user: null, 'client-id': null }, true, true],
      [{ user: null }, true, false],
      [{ 'client-id': asClient! }, false, true],
      [{ 'client-id': null }, false, true],
    ];
    for (const [entity, isByUser, isByClient] of levels) {
      if (isByClient && asClient === undefined) continue;
      const limit = this.#quotas.get(entityText(entity))?.values[key];
      if (limit === undefined) continue;
      const countedUser = isByUser ? user : '';
      const countedClient = isByClient ? clientId : '';
      return {
        id: JSON.stringify([key, countedUser, countedClient]),
        user: countedUser,
        clientId: countedClient,
        limit,
      };
    }
    return null;
  }

  /** The quota of an address; Infinity when there is none. */
  ipLimit(ip: string): number {
    const own = this.#quotas.get(entityText({ ip }))?.values.connection_creation_rate;
    return own ?? this.#quotas.get(entityText({ ip: null }))?.values.connection_creation_rate ?? Infinity;
  }
}
