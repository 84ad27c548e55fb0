import { createDeserializer, createRegistryClient, type Deserializer, type RegistryClient } from '@headwater/serdes';
import type { PoisonPolicy } from './poison.ts';
import type { InRecord } from './topic-reader.ts';
import { decodeTweet, type Tweet } from './tweet.ts';
import { type TweetWithLangModel, unknownLang } from './tweet-schema.ts';

const openingBrace = 0x7b;

/**
 * What a service reads of the tweets in a topic: the fields of its own schema, whichever schema they were written with. A topic of an earlier
 * version of this example begins with tweets as JSON, which is how people write one by hand, too: no value in Avro begins like that.
 */
export class TweetReader<T> {
  readonly #topic: string;
  readonly #registry: RegistryClient;
  readonly #deserializer: Deserializer<T>;

  constructor(registryUrl: string, topic: string, schema: object) {
    this.#topic = topic;
    this.#registry = createRegistryClient({ url: registryUrl });
    this.#deserializer = createDeserializer<T>({ registry: this.#registry, reader: { schema } });
  }

  /**
   * The values of records, each beside its record; what is none goes to the poison policy.
   *
   * @throws RegistryClientError while the registry is away and a schema is not known yet: to be tried again
   */
  async read(records: readonly InRecord[], poison: PoisonPolicy): Promise<{ record: InRecord; value: T }[]> {
    await this.prepare(records);
    const read: { record: InRecord; value: T }[] = [];
    for (const record of records) {
      try {
        read.push({ record, value: this.readOne(record) });
      } catch (error) {
        poison.report(this.#topic, record, (error as Error).message);
      }
    }
    return read;
  }

  /**
   * To be awaited before records are read one by one; undefined, as nearly always, when their schemas are known.
   *
   * @throws RegistryClientError as `read`
   */
  prepare(records: readonly Pick<InRecord, 'value'>[]): Promise<void> | undefined {
    return this.#deserializer.prepare(records.map(({ value }) => value));
  }

  /** @throws when the record is no tweet */
  readOne({ offset, partition, value }: Pick<InRecord, 'partition' | 'offset' | 'value'>): T {
    const read =
      value?.[0] === openingBrace
        ? (modelOf(decodeTweet(value.toString('utf8'))) as T)
        : this.#deserializer.deserialize(value, { topic: this.#topic, partition, offset });
    if (read === null) throw new Error('it has no value');
    return read;
  }

  close(): void {
    this.#registry.close();
  }
}

function modelOf({ id, userId, text, createdAt, lang = unknownLang }: Tweet): TweetWithLangModel {
  return { userId: BigInt(userId), id: BigInt(id), text, createdAt, lang };
}

/** A tweet as the example's services hold it, ids as digits. */
export function toTweet({ userId, id, text, createdAt, lang }: TweetWithLangModel): Tweet {
  return {
    id: String(id),
    userId: String(userId),
    text,
    createdAt,
    ...(lang === unknownLang ? {} : { lang }),
  };
}
