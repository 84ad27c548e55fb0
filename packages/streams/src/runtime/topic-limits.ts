import type { KafkaClient } from '@headwater/client';

/** What Apache Kafka's producer takes at most (`max.request.size`), where the topic's own limit is not known. */
const defaultBytes = 1024 * 1024;

/** The largest batch that each topic takes (`max.message.bytes`): a record that is larger is refused before it is sent. */
export class TopicLimits {
  readonly #client: KafkaClient;
  readonly #bytes = new Map<string, number>();

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  bytesMax(topic: string): number {
    return this.#bytes.get(topic) ?? defaultBytes;
  }

  /** Asks for those that are not known yet. Where one may not ask, the default counts. */
  async learn(topics: Iterable<string>): Promise<void> {
    const missing = [...new Set(topics)].filter((topic) => !this.#bytes.has(topic));
    if (missing.length === 0) return;
    const resources = missing.map((name) => ({ type: 'topic' as const, name }));
    const found = await this.#client.describeConfigs(resources, { keys: ['max.message.bytes'] }).catch(() => []);
    for (const { resource, configs } of found) {
      const value = Number(configs.find((config) => config.name === 'max.message.bytes')?.value);
      if (value > 0) this.#bytes.set(resource.name, value);
    }
  }
}
