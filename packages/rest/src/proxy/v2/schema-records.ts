import { RegistryClientError } from '@headwater/serdes';
import type { RecordSchemas } from '../../schemas/record-schemas.ts';
import type { WaitingRecord } from './consumer-instance.ts';
import { cannotDeserialize, recordText, type SchemaRenderer } from './consumers.ts';

/** Renders records whose keys and values are in a registry's wire format, both of them, as Confluent's deserializers read them. */
export function schemaRenderer(schemas: RecordSchemas): SchemaRenderer {
  const text = (waiting: WaitingRecord): string =>
    recordText(waiting, (bytes, { topic, partition, record }) => {
      if (bytes === null) return 'null';
      const part = bytes === record.key ? 'key' : 'value';
      const shown = schemas.show(record, part, topic, 'strict');
      if (shown !== null && 'json' in shown) return shown.json;
      const why = shown?.error ?? `the ${part} does not begin with the id of a schema`;
      throw cannotDeserialize(topic, partition, record.offset, why);
    });
  return {
    render(waiting) {
      if (schemas.isReady(waiting.record)) return text(waiting);
      return schemas.prepare([waiting.record]).then(
        () => text(waiting),
        (error) => {
          if (!(error instanceof RegistryClientError)) throw error;
          throw cannotDeserialize(waiting.topic, waiting.partition, waiting.record.offset, error.message, error);
        },
      );
    },
  };
}
