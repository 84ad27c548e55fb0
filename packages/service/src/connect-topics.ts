import { type ClientOptions, createClient, type KafkaClient, type ProducerOptions } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import { createRegistryClient, type RecordPart } from '@headwater/serdes';
import { type PartCodec, rawCodec, SchemaCodec } from './part-codec.ts';
import { ServiceError } from './service-error.ts';
import type { SchemaDefinition, TopicDefinition, TopicDefinitions, TopicTypes } from './topic-definitions.ts';
import { type ProduceObserver, type TopicConnection, TypedTopic } from './typed-topic.ts';

export interface TopicsOptions {
  /** Bootstrap addresses of the event store: `host:port`, several with commas. */
  kafkaUrl: string;
  /** Address of the schema registry, several with commas; user and password may stand in it. */
  registryUrl: string;
  /** Default `headwater-service`. */
  clientId?: string;
  /** Registers schemas that the registry does not have: for development. Default false, they must be there. */
  register?: boolean;
  /** Further options of the Kafka client: `ssl`, `sasl`, time limits. */
  client?: Omit<ClientOptions, 'bootstrap' | 'clientId' | 'logger'>;
  /** Further options of the producer; default `{ lingerMs: 0 }`: what is produced at the same moment shares a batch. */
  producer?: ProducerOptions;
  logger?: Logger;
  /** Sees what is produced, and gives it headers: for tracing. */
  observer?: ProduceObserver;
}

export interface ConnectedTopics<T extends { [N in keyof T]: TopicTypes }> {
  /** A topic by its name. Throws HW_SERVICE_TOPIC when it is not defined. */
  topic<N extends keyof T & string>(name: N): TypedTopic<T[N]>;
  /** The client that all of them share. */
  readonly client: KafkaClient;
  /** Sends what is accepted, closes consumers and connections. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Topics whose records the compiler checks. Nothing is connected until the first call.
 *
 * @example
 * import { topics } from './headwater-types.ts'; // written by headwater types
 *
 * const { topic, close } = connectTopics(topics, { kafkaUrl: '127.0.0.1:9092', registryUrl: 'http://127.0.0.1:8081' });
 * await topic('orders').produce({ key: 'o-1', value: { total: 1200n, note: null } });
 * await close();
 */
export function connectTopics<T extends { [N in keyof T]: TopicTypes }>(
  definitions: TopicDefinitions<T>,
  options: TopicsOptions,
): ConnectedTopics<T> {
  const { kafkaUrl, registryUrl, clientId = 'headwater-service', register = false, logger = silentLogger } = options;
  const registry = createRegistryClient({ url: registryUrl });
  const client = createClient({ ...options.client, bootstrap: kafkaUrl, clientId, logger });
  const closed = new AbortController();
  const connection: TopicConnection = {
    client,
    producer: client.producer({ lingerMs: 0, ...options.producer }),
    logger,
    closed: closed.signal,
    consumers: new Set(),
    observer: options.observer,
  };
  const connected = new Map<string, TypedTopic<TopicTypes>>();

  const codec = (topic: string, part: RecordPart, definition: SchemaDefinition | undefined): PartCodec =>
    definition === undefined ? rawCodec : new SchemaCodec({ registry, topic, part, definition, register });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closed.abort();
    await Promise.allSettled(Array.from(connection.consumers, (consumer) => consumer.close()));
    await client.close();
    registry.close();
  };
  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };

  return {
    topic<N extends keyof T & string>(name: N): TypedTopic<T[N]> {
      const known = connected.get(name);
      if (known !== undefined) return known as unknown as TypedTopic<T[N]>;
      if (!Object.hasOwn(definitions, name)) {
        throw new ServiceError(
          'HW_SERVICE_TOPIC',
          `there is no topic "${name}" among: ${Object.keys(definitions).join(', ')}`,
        );
      }
      const definition: TopicDefinition = definitions[name];
      const topic = new TypedTopic<TopicTypes>(
        name,
        connection,
        codec(name, 'key', definition.key),
        codec(name, 'value', definition.value),
      );
      connected.set(name, topic);
      return topic as unknown as TypedTopic<T[N]>;
    },
    client,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
