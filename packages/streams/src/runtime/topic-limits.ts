import type { KafkaClient } from '@headwater/client';

/** What Apache Kafka's producer takes at most (`max.request.size`), where the topic's own limit is not known. */
const defaultBytes = 1024 * 1024;

/** The largest batch that each topic takes (`max.message.bytes`): a record that is larger is refused before it is sent. */
export class TopicLimits {
  readonly #client: KafkaClient;
  readonly #bytes = new Map<string, number>();
  /** Those that the default counted for: topics that are chosen by record. */
  readonly #unknown = new Set<string>();

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  bytesMax(topic: string): number {
    const known = this.#bytes.get(topic);
    if (known === undefined) this.#unknown.add(topic);
    return known ?? defaultBytes;
  }

  /** A broker has refused a batch as too large: asks for all limits again. Whether one of them is less than was thought. */
  async learnAnew(): Promise<boolean> {
    const before = new Map(this.#bytes);
    for (const topic of this.#unknown) before.set(topic, defaultBytes);
    await this.#ask([...before.keys()]);
    return Array.from(before).some(([topic, bytes]) => this.bytesMax(topic) < bytes);
  }

  /** Asks for those that are not known yet. Where one may not ask, the default counts. */
  async learn(topics: Iterable<string>): Promise<void> {
    const missing = [...new Set(topics)].filter((topic) => !this.#bytes.has(topic));
    if (missing.length > 0) await this.#ask(missing);
  }

  async #ask(topics: readonly string[]): Promise<void> {
    const resources = topics.map((name) => ({ type: 'topic' as const, name }));
    const found = await this.#client.describeConfigs(resources, { keys: ['max.message.bytes'] }).catch(() => []);
    for (const { resource, configs } of found) {
      const value = Number(configs.find((config) => config.name === 'max.message.bytes')?.value);
      if (!(value > 0)) continue;
      this.#bytes.set(resource.name, value);
      this.#unknown.delete(resource.name);
    }
  }
}
