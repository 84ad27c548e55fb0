import { ParsedAvroSchema, ParsedJsonSchema, ParsedProtobufSchema, type ParsedSchema } from '@headwater/serdes';
import type { Column } from '../../schema/column.ts';
import { SqlError } from '../../sql-error.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { connectOfAvro } from '../avro/connect-of-avro.ts';
import { type ConnectSchema, columnsOfConnect, type NameCase, sqlTypeOfConnect } from '../connect/connect-schema.ts';
import type { FormatInfo } from '../format.ts';
import { connectOfJsonSchema } from '../json-schema/connect-of-json-schema.ts';
import { connectOfMessage } from '../protobuf/connect-of-protobuf.ts';
import { protobufOptions } from '../protobuf/message-shape.ts';
import { messageOf, protobufFullName } from '../protobuf/protobuf-format.ts';
import type { Wrapping } from '../wrapping.ts';

export interface InferOptions {
  readonly format: FormatInfo;
  readonly part: 'key' | 'value';
  /** UNWRAP_SINGLES: the schema is that of one column, called ROWKEY or ROWVAL. */
  readonly wrapping: Wrapping | null;
  /** With a schema id in the statement names are kept as they are; else they become upper case, as ksqlDB has it. */
  readonly names: NameCase;
}

/**
 * The columns that a registry's schema stands for.
 *
 * @throws SqlError HW_SQL_STATEMENT in ksqlDB's words for a schema without columns
 */
export function columnsOfSchema(schema: ParsedSchema, options: InferOptions): Column[] {
  const connect = connectOf(schema, options.format);
  if (options.wrapping === 'UNWRAP_SINGLES') {
    const type = sqlTypeOfConnect(connect, options.names);
    if (type === undefined)
      throw new SqlError('HW_SQL_STATEMENT', `Unsupported type at root of schema: ${connect.kind}`);
    return [{ name: options.part === 'key' ? 'ROWKEY' : 'ROWVAL', type }];
  }
  const columns = columnsOfConnect(connect, options.names);
  if (columns === undefined) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      "Schema returned from schema registry is anonymous type. To use this schema with ksqlDB, set 'WRAP_SINGLE_VALUE=false' in the WITH clause properties.",
    );
  }
  if (columns.length === 0) {
    throw new SqlError('HW_SQL_STATEMENT', 'Schema does not include any columns with types that ksqlDB supports.');
  }
  return columns;
}

/** The type of the whole of a schema: of a record a struct. Undefined for what ksqlDB has no type for. @throws SqlError */
export function typeOfSchema(schema: ParsedSchema, format: FormatInfo, names: NameCase): SqlType | undefined {
  return sqlTypeOfConnect(connectOf(schema, format), names);
}

function connectOf(schema: ParsedSchema, format: FormatInfo): ConnectSchema {
  if (schema instanceof ParsedAvroSchema && format.name === 'AVRO') return connectOfAvro(schema.schema);
  if (schema instanceof ParsedJsonSchema && format.name === 'JSON_SR') {
    const connect = connectOfJsonSchema(schema.root);
    if (connect !== undefined) return connect;
  }
  if (schema instanceof ParsedProtobufSchema && format.name === 'PROTOBUF') {
    const entry = messageOf(schema, protobufFullName(format.properties) ?? schema.fullName ?? '');
    return connectOfMessage(schema.names, entry, protobufOptions(format.properties));
  }
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `Unable to verify the schema: a schema of type ${schema.schemaType} is registered, and the format is ${format.name}`,
  );
}
