import type { Serde } from './serde.ts';

/** Of @headwater/serdes: `createSerializer`. */
export interface RegistrySerializer<T> {
  prepare(topic: string): Promise<void>;
  serialize(topic: string, value: T | null | undefined): Uint8Array | null;
}

/** Of @headwater/serdes: `createDeserializer`. */
export interface RegistryDeserializer<T> {
  prepare(records: Iterable<Uint8Array | null>, topic?: string): Promise<void> | undefined;
  deserialize(bytes: Uint8Array | null, place?: { topic?: string }): T | null;
}

export interface RegistrySerdeOptions<T> {
  /** Needed where it writes. */
  serializer?: RegistrySerializer<T>;
  /** Needed where it reads. */
  deserializer?: RegistryDeserializer<T>;
  /** Topics that it writes to, so that the registry is asked now and not in the middle of a record. */
  writesTo?: readonly string[];
}

/**
 * A serde of values with schemas in a registry. Schemas that are not known yet are asked for before the batch with them is worked on; while the
 * registry is away the partition waits.
 *
 * @example
 * const tweet = await registrySerde({ deserializer: createDeserializer<Tweet>({ registry, reader: { schema } }) });
 * builder.stream('twitter-topic', { value: tweet });
 */
export async function registrySerde<T>(options: RegistrySerdeOptions<T>): Promise<Serde<T>> {
  const { deserializer, serializer, writesTo = [] } = options;
  for (const topic of writesTo) await serializer?.prepare(topic);
  const place = { topic: '' };
  return {
    encode(value, topic) {
      if (serializer === undefined) throw new TypeError(`nothing is written to ${topic} without a serializer`);
      const bytes = serializer.serialize(topic, value);
      if (bytes === null) throw new TypeError(`a value for ${topic} was serialized to nothing`);
      return bytes;
    },
    decode(data, start, end, topic) {
      if (deserializer === undefined) throw new TypeError(`nothing is read of ${topic} without a deserializer`);
      place.topic = topic;
      return deserializer.deserialize(data.subarray(start, end), place) as T;
    },
    ...(deserializer && {
      prepare: (data: Buffer, start: number, end: number, topic: string) =>
        deserializer.prepare([data.subarray(start, end)], topic),
    }),
  };
}
