import { createSerializer, type RegistryClient } from '@headwater/serdes';
import { registrySerde, type Serde } from '@headwater/streams';
import { type CountModel, countSchema } from '../common/count-schema.ts';

/** A record of `twitter-analytics-topic`: key = the word; value = this, in Avro. */
export interface CountRecord extends CountModel {
  readonly word: string;
  readonly wordCount: number;
  readonly createdAt: number;
}

/**
 * Writes counts in Avro; registers the schema as the topic's.
 *
 * @throws RegistryClientError while the registry is away
 */
export function countSerde(registry: RegistryClient, countsTopic: string): Promise<Serde<CountRecord>> {
  const serializer = createSerializer<CountRecord>({ registry, schema: { schema: countSchema } });
  return registrySerde({ serializer, writesTo: [countsTopic] });
}

/** Header of such a record: the tweet that made the count, as `<id of its topic>/<partition>:<offset>`. */
export function countedHeader(tweetsTopicId: string, tweet: string) {
  return { key: 'counted', value: Buffer.from(`${tweetsTopicId}/${tweet}`) };
}
