import { type KafkaClient, type Metadata, OffsetSpec, type TopicMetadata } from '@headwater/client';
import { Sampled } from './sampled.ts';

/** What the cluster has, asked for at most once a second however many pages look at it. */
export class Catalog {
  readonly #client: KafkaClient;
  readonly #sampled: Sampled<Metadata>;

  constructor(client: KafkaClient) {
    this.#client = client;
    this.#sampled = new Sampled(() => client.metadata(null));
  }

  metadata(): Promise<Metadata> {
    return this.#sampled.get();
  }

  /** Forgets what it knows: after a change that was made through this API. */
  forget(): void {
    this.#sampled.forget();
  }

  /** The ends of topics, for those asked for only: `earliest` and `latest` by topic, each by partition. */
  async bounds(topics: readonly TopicMetadata[], signal?: AbortSignal): Promise<Map<string, TopicBounds>> {
    const ask = (spec: number) =>
      this.#client.listOffsetsOf(
        Object.fromEntries(
          topics.map(({ name, partitions }) => [
            name,
            Object.fromEntries(partitions.map((info) => [info.partition, spec])),
          ]),
        ),
        signal === undefined ? {} : { signal },
      );
    const [earliest, latest] = await Promise.all([ask(OffsetSpec.earliest), ask(OffsetSpec.latest)]);
    return new Map(
      topics.map(({ name, partitions }) => [
        name,
        partitions.map(({ partition }) => ({
          partition,
          earliest: earliest[name]![partition]!.offset,
          latest: latest[name]![partition]!.offset,
        })),
      ]),
    );
  }
}

export type TopicBounds = { partition: number; earliest: number; latest: number }[];

export function recordsIn(bounds: TopicBounds): number {
  return bounds.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0);
}
