import { createDeserializer, type RegistryClient } from '@headwater/serdes';
import { registrySerde, type Serde } from '@headwater/streams';
import { decodeTweet } from '../common/tweet.ts';
import { tweetTextSchema } from '../common/tweet-schema.ts';

const openingBrace = 0x7b;

/**
 * The text of a tweet: in Avro, of whatever schema of the registry, or as JSON, with which a topic of an earlier version of this example
 * begins. Read only.
 */
export async function tweetTextSerde(registry: RegistryClient): Promise<Serde<string>> {
  const deserializer = createDeserializer<{ text: string }>({ registry, reader: { schema: tweetTextSchema } });
  const avro = await registrySerde({ deserializer });
  return {
    encode() {
      throw new TypeError('streams writes no tweets');
    },
    decode(data, start, end, topic) {
      if (data[start] === openingBrace) return decodeTweet(data.toString('utf8', start, end)).text;
      return avro.decode(data, start, end, topic).text;
    },
    prepare(data, start, end, topic) {
      return data[start] === openingBrace ? undefined : avro.prepare?.(data, start, end, topic);
    },
  };
}
