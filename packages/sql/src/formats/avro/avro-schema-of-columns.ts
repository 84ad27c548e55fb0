import { JsonNumber, type JsonObject, type JsonValue } from '@headwater/serdes';
import type { SqlType, StructField } from '../../types/sql-type.ts';
import { logical } from '../connect/connect-schema.ts';
import type { CodecSpec } from '../format.ts';

/** Where nothing else is said, value schemas are called so. */
export const defaultAvroName = 'io.confluent.ksql.avro_schemas.KsqlDataSourceSchema';

/** The full name of the key's schema of a stream or table: `PAGE_VIEWS` → `io.confluent.ksql.avro_schemas.PageViewsKey`. */
export function avroKeyName(source: string): string {
  const words = source.split('_').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase());
  return `io.confluent.ksql.avro_schemas.${words.join('')}Key`;
}

/** The schema that ksqlDB registers for columns: all is nullable, with null as the default. */
export function avroSchemaOfColumns({ columns, isWrapped, format }: CodecSpec): JsonValue {
  const fullName = format.properties.get('fullSchemaName') ?? defaultAvroName;
  return isWrapped ? recordSchema(columns, fullName) : avroSchemaOf(columns[0]!.type, fullName);
}

/** @param name that the type gets if it is a record, and from which names of records in it are made */
function avroSchemaOf(type: SqlType, name: string): JsonValue {
  switch (type.kind) {
    case 'BOOLEAN':
      return 'boolean';
    case 'INTEGER':
      return 'int';
    case 'BIGINT':
      return 'long';
    case 'DOUBLE':
      return 'double';
    case 'STRING':
      return 'string';
    case 'BYTES':
      return 'bytes';
    case 'TIME':
      return logicalSchema('int', logical.time, 'time-millis');
    case 'DATE':
      return logicalSchema('int', logical.date, 'date');
    case 'TIMESTAMP':
      return logicalSchema('long', logical.timestamp, 'timestamp-millis');
    case 'DECIMAL': {
      const [precision, scale] = [String(type.precision), String(type.scale)];
      return json({
        type: 'bytes',
        scale: new JsonNumber(scale),
        precision: new JsonNumber(precision),
        'connect.version': new JsonNumber('1'),
        'connect.parameters': json({ scale, 'connect.decimal.precision': precision }),
        'connect.name': logical.decimal,
        logicalType: 'decimal',
      });
    }
    case 'ARRAY':
      return json({ type: 'array', items: nullable(avroSchemaOf(type.element, name)) });
    case 'MAP': {
      const [namespace, shortName] = splitName(name);
      // Connect writes maps with keys that may be null, as all of ksqlDB's types may, as arrays of entries.
      const entry = json({
        type: 'record',
        name: shortName,
        ...(namespace !== '' && { namespace }),
        fields: [
          fieldSchema('key', avroSchemaOf(type.key, `${name}_MapKey`)),
          fieldSchema('value', avroSchemaOf(type.value, `${name}_MapValue`)),
        ],
        'connect.internal.type': 'MapEntry',
      });
      return json({ type: 'array', items: entry, 'connect.name': name });
    }
    case 'STRUCT':
      return recordSchema(type.fields, name);
  }
}

function recordSchema(fields: readonly StructField[], name: string): JsonObject {
  const [namespace, shortName] = splitName(name);
  return json({
    type: 'record',
    name: shortName,
    ...(namespace !== '' && { namespace }),
    fields: fields.map((field) => fieldSchema(field.name, avroSchemaOf(field.type, `${name}_${field.name}`))),
    'connect.name': name,
  });
}

function fieldSchema(name: string, schema: JsonValue): JsonObject {
  return json({ name: name.replaceAll('.', '_'), type: nullable(schema), default: null });
}

function logicalSchema(type: string, connectName: string, logicalType: string): JsonObject {
  return json({ type, 'connect.version': new JsonNumber('1'), 'connect.name': connectName, logicalType });
}

function nullable(schema: JsonValue): JsonValue {
  return ['null', schema];
}

function json(members: Record<string, JsonValue>): JsonObject {
  return new Map(Object.entries(members));
}

function splitName(name: string): [string, string] {
  const point = name.lastIndexOf('.');
  return [name.slice(0, Math.max(0, point)), name.slice(point + 1)];
}
