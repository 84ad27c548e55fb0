import type { Logger } from '@headwater/logger';
import {
  createRegistryClient,
  createSerializer,
  type RegistryClient,
  RegistryClientError,
  type Serializer,
} from '@headwater/serdes';
import type { Tweet } from './tweet.ts';
import {
  type TweetModel,
  type TweetWithLangModel,
  tweetSchema,
  tweetWithLangSchema,
  unknownLang,
} from './tweet-schema.ts';
import { reasonOf } from './tweets-error.ts';

export interface TweetWriterOptions {
  registryUrl: string;
  topic: string;
  logger: Logger;
}

const lookAgainMs = 2_000;

/**
 * Tweets as values of `twitter-topic`: Avro, with the newest of the schemas that this program knows and the registry has. So the topic
 * evolves live: when somebody registers the schema with `lang`, the writer finds it within two seconds, and goes on with it.
 */
export class TweetWriter {
  readonly #topic: string;
  readonly #logger: Logger;
  readonly #registry: RegistryClient;
  readonly #plain: Serializer<TweetModel>;
  readonly #withLang: Serializer<TweetWithLangModel>;
  #knowsLang = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor({ registryUrl, topic, logger }: TweetWriterOptions) {
    this.#topic = topic;
    this.#logger = logger;
    const registry = createRegistryClient({ url: registryUrl });
    this.#registry = registry;
    this.#plain = createSerializer({ registry, schema: { schema: tweetSchema } });
    this.#withLang = createSerializer({ registry, schema: { schema: tweetWithLangSchema }, autoRegister: false });
  }

  /** Registers the first schema unless the registry has a later one. To be tried until it works. */
  async prepare(): Promise<void> {
    await this.#look();
    if (!this.#knowsLang) await this.#plain.prepare(this.#topic);
  }

  /** The value of a record. Never waits: the registry is asked beside. */
  write(tweet: Tweet): Buffer {
    if (!this.#knowsLang && performance.now() - this.#lookedAtMs >= lookAgainMs) this.#lookBeside();
    const { text, createdAt } = tweet;
    const plain = { userId: BigInt(tweet.userId), id: BigInt(tweet.id), text, createdAt };
    const bytes = this.#knowsLang
      ? this.#withLang.serialize(this.#topic, { ...plain, lang: tweet.lang ?? unknownLang })
      : this.#plain.serialize(this.#topic, plain);
    return Buffer.from(bytes!.buffer, bytes!.byteOffset, bytes!.byteLength);
  }

  close(): void {
    this.#registry.close();
  }

  #lookBeside(): void {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#logger.debug({ reason: reasonOf(error) }, 'cannot look for a newer schema'))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    this.#lookedAtMs = performance.now();
    try {
      await this.#withLang.prepare(this.#topic);
    } catch (error) {
      if (error instanceof RegistryClientError && error.isNotFound) return;
      throw error;
    }
    this.#knowsLang = true;
    this.#logger.info(
      { topic: this.#topic, schemaId: this.#withLang.schemaId(this.#topic) },
      'writes tweets with lang',
    );
  }
}

/** The key of a record: the user's id in eight bytes, as Kafka's own serializer of a long has it. */
export function tweetKey({ userId }: Tweet): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigInt64BE(BigInt(userId));
  return key;
}
