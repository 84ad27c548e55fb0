import type { JsonSchema, ValueOf } from './routes/json-schema.ts';
import type { SchemaDefinition, TopicDefinition, TopicDefinitions } from './topic-definitions.ts';

/** A topic whose values are JSON of a schema. Keys are text or bytes. */
export interface JsonTopic {
  value: JsonSchema;
}

type JsonTopicTypes<D extends Readonly<Record<string, JsonTopic>>> = {
  [N in keyof D]: { key: string | Uint8Array | null; readKey: Uint8Array | null; value: ValueOf<D[N]['value']> };
};

/**
 * Topics whose schemas stand in the program: JSON Schema, from which the compiler has the types, and which the service registers. For topics
 * that others own, or Avro and Protobuf, `headwater types` writes the definitions.
 *
 * @example
 * const topics = defineTopics({
 *   orders: { value: { type: 'object', required: ['total'], properties: { total: { type: 'integer' } } } },
 * });
 */
export function defineTopics<const D extends Readonly<Record<string, JsonTopic>>>(
  definitions: D,
): TopicDefinitions<JsonTopicTypes<D>> {
  const topics: Record<string, TopicDefinition> = {};
  for (const [name, { value }] of Object.entries(definitions)) {
    const schema = JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: name, ...value });
    topics[name] = {
      value: { subject: `${name}-value`, version: 1, schemaType: 'JSON', schema } satisfies SchemaDefinition,
    };
  }
  return topics as TopicDefinitions<JsonTopicTypes<D>>;
}
