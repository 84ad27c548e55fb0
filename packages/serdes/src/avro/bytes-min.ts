import type { AvroSchema } from './avro-schema.ts';

const known = new WeakMap<AvroSchema, number>();

/**
 * The bytes that a value takes at least: what bounds the number of items that a few bytes can claim to be. Of a record that is in itself
 * it may say less than there is.
 */
export function bytesMin(schema: AvroSchema): number {
  switch (schema.type) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return schema.size;
    case 'record':
    case 'error': {
      const bytes = known.get(schema);
      if (bytes !== undefined) return bytes;
      known.set(schema, 0);
      known.set(
        schema,
        schema.fields.reduce((sum, field) => sum + bytesMin(field.schema), 0),
      );
      return known.get(schema)!;
    }
    default:
      return 1;
  }
}
