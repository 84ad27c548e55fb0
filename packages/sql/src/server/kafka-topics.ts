import type { KafkaClient, TopicMetadata } from '@headwater/client';
import type { NewTopic, ProducedRecord, TopicDescription, TopicRecord, Topics } from '../engine/engine-services.ts';
import { batchesUntilNow } from '../queries/topic-rows.ts';

/** The topics of a cluster. */
export class KafkaTopics implements Topics {
  readonly #client: KafkaClient;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  async list(): Promise<readonly TopicDescription[]> {
    const { topics } = await this.#client.metadata(null);
    return topics.filter(({ errorCode }) => errorCode === 0).map(described);
  }

  async describe(name: string): Promise<TopicDescription | undefined> {
    const { topics } = await this.#client.metadata([name]);
    const [topic] = topics;
    return topic === undefined || topic.errorCode !== 0 ? undefined : described(topic);
  }

  async create({ configs, name, partitions, replicas }: NewTopic): Promise<void> {
    const topic = { name, partitions, replicationFactor: replicas, configs: Object.fromEntries(configs) };
    const [result] = await this.#client.createTopics([topic]);
    if (result?.error) throw result.error;
  }

  async delete(name: string): Promise<void> {
    const [result] = await this.#client.deleteTopics([name]);
    if (result?.error) throw result.error;
  }

  async produce(topic: string, { headers, key, partition, timestamp, value }: ProducedRecord): Promise<void> {
    const place = partition === undefined ? {} : { partition };
    await this.#client.produce({ topic, records: [{ key, value, timestamp, headers: [...headers], ...place }] });
  }

  async *records(topic: string): AsyncIterable<TopicRecord> {
    const closing = new AbortController();
    for await (const batch of batchesUntilNow(this.#client, topic, closing.signal)) {
      for (const { headers, key, offset, timestamp, value } of batch.records()) {
        yield { key, value, timestamp, offset, headers, partition: batch.partition };
      }
    }
  }
}

function described({ name, partitions }: TopicMetadata): TopicDescription {
  return { name, partitions: partitions.length, replicas: partitions[0]?.replicas.length ?? 1 };
}
