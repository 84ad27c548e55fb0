import { createDeserializer, type Deserializer, type RegistryClient } from '@headwater/serdes';
import { type CountModel, countSchema } from './count-schema.ts';

const openingBrace = 0x7b;

/**
 * Reads the values of `twitter-analytics-topic`: in Avro, of whatever schema of the registry, or as JSON, with which a topic of an earlier
 * version of this example begins. No value in Avro begins like that.
 */
export class CountReader {
  readonly #deserializer: Deserializer<CountModel>;

  constructor(registry: RegistryClient) {
    this.#deserializer = createDeserializer({ registry, reader: { schema: countSchema }, int64: 'number' });
  }

  /**
   * To be awaited before records are read; undefined, as nearly always, when their schemas are known.
   *
   * @throws RegistryClientError while the registry is away: to be tried again
   */
  prepare(values: Iterable<Uint8Array | null>): Promise<void> | undefined {
    return this.#deserializer.prepare(values);
  }

  /** @throws SerializationError, or SyntaxError, when it is no count */
  read(value: Buffer): CountModel {
    if (value[0] === openingBrace) return JSON.parse(value.toString()) as CountModel;
    return this.#deserializer.deserialize(value)!;
  }

  /** The count that a value holds; undefined when it holds none. */
  countIn(value: Buffer): number | undefined {
    try {
      const { wordCount } = this.read(value);
      return typeof wordCount === 'number' && Number.isSafeInteger(wordCount) && wordCount >= 0 ? wordCount : undefined;
    } catch {
      return undefined;
    }
  }
}
