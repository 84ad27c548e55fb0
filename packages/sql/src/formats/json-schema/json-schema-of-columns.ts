import { JsonNumber, type JsonObject, type JsonValue } from '@headwater/serdes';
import type { SqlType, StructField } from '../../types/sql-type.ts';
import { logical } from '../connect/connect-schema.ts';
import type { CodecSpec } from '../format.ts';

/** The JSON Schema that ksqlDB registers for columns: all may be null, and Connect's annotations tell the exact types. */
export function jsonSchemaOfColumns({ columns, isWrapped }: CodecSpec): JsonValue {
  return isWrapped ? objectSchema(columns) : nullable(jsonSchemaOf(columns[0]!.type));
}

function jsonSchemaOf(type: SqlType): JsonObject {
  switch (type.kind) {
    case 'BOOLEAN':
      return json({ type: 'boolean' });
    case 'INTEGER':
      return json({ type: 'integer', 'connect.type': 'int32' });
    case 'BIGINT':
      return json({ type: 'integer', 'connect.type': 'int64' });
    case 'DOUBLE':
      return json({ type: 'number', 'connect.type': 'float64' });
    case 'STRING':
      return json({ type: 'string' });
    case 'BYTES':
      return json({ type: 'string', 'connect.type': 'bytes' });
    case 'TIME':
      return logicalSchema('int32', logical.time);
    case 'DATE':
      return logicalSchema('int32', logical.date);
    case 'TIMESTAMP':
      return logicalSchema('int64', logical.timestamp);
    case 'DECIMAL':
      return json({
        type: 'number',
        title: logical.decimal,
        'connect.type': 'bytes',
        'connect.version': number(1),
        'connect.parameters': json({ scale: `${type.scale}`, 'connect.decimal.precision': `${type.precision}` }),
      });
    case 'ARRAY':
      return json({ type: 'array', items: nullable(jsonSchemaOf(type.element)) });
    case 'MAP': {
      const properties = json({
        key: nullable(jsonSchemaOf(type.key), 0),
        value: nullable(jsonSchemaOf(type.value), 1),
      });
      return json({ type: 'array', items: json({ type: 'object', properties }), 'connect.type': 'map' });
    }
    case 'STRUCT':
      return objectSchema(type.fields);
  }
}

function objectSchema(fields: readonly StructField[]): JsonObject {
  const properties = new Map(fields.map(({ name, type }, index) => [name, nullable(jsonSchemaOf(type), index)]));
  return json({ type: 'object', properties });
}

function nullable(schema: JsonObject, index?: number): JsonObject {
  const oneOf = [json({ type: 'null' }), schema];
  return json({ ...(index !== undefined && { 'connect.index': number(index) }), oneOf });
}

function logicalSchema(connectType: string, title: string): JsonObject {
  return json({ type: 'integer', title, 'connect.type': connectType, 'connect.version': number(1) });
}

function number(value: number): JsonNumber {
  return new JsonNumber(String(value));
}

function json(members: Record<string, JsonValue>): JsonObject {
  return new Map(Object.entries(members));
}
