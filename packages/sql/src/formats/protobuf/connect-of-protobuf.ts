import type { MessageEntry, ProtoNames } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import {
  type ConnectField,
  type ConnectKind,
  type ConnectSchema,
  connectDecimal,
  logical,
} from '../connect/connect-schema.ts';
import {
  type FieldShape,
  fieldShapes,
  oneofFieldName,
  type ProtobufOptions,
  type ValueShape,
  wrappedScalar,
} from './message-shape.ts';

/**
 * A Protobuf message as Confluent's ProtobufData has it in Connect.
 *
 * @throws SqlError HW_SQL_STATEMENT for messages that refer to themselves
 */
export function connectOfMessage(names: ProtoNames, entry: MessageEntry, options: ProtobufOptions): ConnectSchema {
  const scalar = options.unwraps ? wrappedScalar(entry) : undefined;
  if (scalar !== undefined) return { kind: scalarKind(scalar) };
  return messageSchema(names, entry, options, new Set());
}

function messageSchema(
  names: ProtoNames,
  entry: MessageEntry,
  options: ProtobufOptions,
  outer: Set<string>,
): ConnectSchema {
  if (outer.has(entry.fullName)) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `The message ${entry.fullName} refers to itself, which the type of a column cannot: name the columns that are wanted in the statement`,
    );
  }
  outer.add(entry.fullName);
  const fields: ConnectField[] = [];
  const unions = new Map<string, ConnectField[]>();
  for (const shape of fieldShapes(names, entry, options)) {
    const field = { name: shape.name, schema: fieldSchema(names, shape, options, outer) };
    if (shape.oneof === undefined) fields.push(field);
    else unions.set(shape.oneof, [...(unions.get(shape.oneof) ?? []), field]);
  }
  outer.delete(entry.fullName);
  const unionFields = Array.from(unions, ([oneof, members]): ConnectField => {
    return { name: oneofFieldName(entry, oneof), schema: { kind: 'STRUCT', fields: members } };
  });
  return { kind: 'STRUCT', fields: [...unionFields, ...fields] };
}

function fieldSchema(
  names: ProtoNames,
  shape: FieldShape,
  options: ProtobufOptions,
  outer: Set<string>,
): ConnectSchema {
  const value = valueSchema(names, shape.value, options, outer);
  return shape.isRepeated && value.kind !== 'MAP' ? { kind: 'ARRAY', value } : value;
}

function valueSchema(
  names: ProtoNames,
  shape: ValueShape,
  options: ProtobufOptions,
  outer: Set<string>,
): ConnectSchema {
  switch (shape.kind) {
    case 'scalar':
    case 'wrapper':
      return { kind: scalarKind(shape.scalar) };
    case 'enum':
      return { kind: 'STRING' };
    case 'decimal':
      return connectDecimal(shape.precision, shape.scale);
    case 'date':
      return { kind: 'INT32', name: logical.date };
    case 'time':
      return { kind: 'INT32', name: logical.time };
    case 'timestamp':
      return { kind: 'INT64', name: logical.timestamp };
    case 'map':
      return {
        kind: 'MAP',
        key: valueSchema(names, shape.key, options, outer),
        value: valueSchema(names, shape.value, options, outer),
      };
    case 'message':
      return messageSchema(names, shape.entry, options, outer);
  }
}

/** Unsigned 32-bit integers need 64 bits in Java. */
export function scalarKind(scalar: string): ConnectKind {
  switch (scalar) {
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return 'INT32';
    case 'float':
      return 'FLOAT32';
    case 'double':
      return 'FLOAT64';
    case 'bool':
      return 'BOOLEAN';
    case 'string':
      return 'STRING';
    case 'bytes':
      return 'BYTES';
    default:
      return 'INT64';
  }
}
