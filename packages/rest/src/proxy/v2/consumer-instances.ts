import { randomUUID } from 'node:crypto';
import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { ProxyError } from '../proxy-error.ts';
import type { ConsumerConfig } from './consumer-config.ts';
import { ConsumerInstance, instanceNotFound } from './consumer-instance.ts';

export interface ConsumerInstancesOptions {
  /** An instance that nobody uses for so long goes away, as in Confluent's `consumer.instance.timeout.ms`. Default 300,000. */
  idleMsMax?: number;
  /** Default 500. */
  instancesMax?: number;
}

/** The consumers that clients have made, by group and name. */
export class ConsumerInstances {
  readonly #client: KafkaClient;
  readonly #logger: Logger;
  readonly #idleMsMax: number;
  readonly #instancesMax: number;
  readonly #all = new Map<string, ConsumerInstance>();
  readonly #timer: NodeJS.Timeout;

  constructor(client: KafkaClient, logger: Logger, options: ConsumerInstancesOptions = {}) {
    this.#client = client;
    this.#logger = logger;
    this.#idleMsMax = options.idleMsMax ?? 300_000;
    this.#instancesMax = options.instancesMax ?? 500;
    this.#timer = setInterval(() => this.#expire(), Math.min(1_000, this.#idleMsMax / 2)).unref();
  }

  get size(): number {
    return this.#all.size;
  }

  /** @throws ProxyError 409 when the name is taken in the group, 503 when there are too many */
  create(group: string, config: ConsumerConfig): ConsumerInstance {
    const name = config.name ?? `rest-consumer-${randomUUID()}`;
    const key = keyOf(group, name);
    if (this.#all.has(key)) {
      throw new ProxyError(
        409,
        40902,
        'Consumer with specified consumer ID already exists in the specified consumer group.',
      );
    }
    if (this.#all.size >= this.#instancesMax) {
      const message = `There are ${this.#instancesMax} consumer instances already: delete some that are not needed, or wait until idle ones expire`;
      throw new ProxyError(503, 50301, message);
    }
    const instance = new ConsumerInstance(group, name, config, this.#client, this.#logger);
    this.#all.set(key, instance);
    return instance;
  }

  /** @throws ProxyError 404 */
  get(group: string, name: string): ConsumerInstance {
    const found = this.#all.get(keyOf(group, name));
    if (found === undefined) throw instanceNotFound();
    return found;
  }

  /** @throws ProxyError 404 */
  async delete(group: string, name: string): Promise<void> {
    const instance = this.get(group, name);
    this.#all.delete(keyOf(group, name));
    await instance.close();
  }

  #expire(): void {
    for (const [key, instance] of this.#all) {
      if (!instance.isIdle(this.#idleMsMax)) continue;
      this.#all.delete(key);
      const { group, name } = instance;
      this.#logger.info({ group, instance: name }, 'consumer instance expired');
      instance
        .close()
        .catch((error) => this.#logger.warn({ group, instance: name, error: String(error) }, 'did not close cleanly'));
    }
  }

  /** Closes all; may be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const instances = [...this.#all.values()];
    this.#all.clear();
    await Promise.allSettled(instances.map((instance) => instance.close()));
  }
}

function keyOf(group: string, name: string): string {
  return JSON.stringify([group, name]);
}
