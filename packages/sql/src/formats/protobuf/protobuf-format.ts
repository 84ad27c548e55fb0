import {
  ByteWriter,
  idPrefix,
  type MessageEntry,
  messageIndexes,
  messageNameAt,
  ParsedProtobufSchema,
  type ParsedSchema,
  readMessageIndexes,
  SchemaError,
} from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import type { StructField } from '../../types/sql-type.ts';
import type { CodecSpec, RowCodec } from '../format.ts';
import { FormatFault, formatError } from '../format-fault.ts';
import { registryCodec, type SchemaFormat, type SchemaRows } from '../registry/registry-codec.ts';
import { type ProtobufOptions, protobufOptions } from './message-shape.ts';
import { ProtoCursor } from './proto-cursor.ts';
import { protoOfColumns } from './proto-of-columns.ts';
import { messageReader } from './proto-readers.ts';
import { messageWriter } from './proto-writers.ts';

const nothing = Buffer.alloc(0);

export function protobufCodecOf(spec: CodecSpec): RowCodec {
  return registryCodec(spec, protobufFormat);
}

/** Messages behind the id of their schema and the place of the message in its file. */
export const protobufFormat: SchemaFormat = {
  schemaOf(spec) {
    const text = protoOfColumns(spec.columns, fullNameOf(spec), optionsOf(spec));
    return { schemaType: 'PROTOBUF', schema: new ParsedProtobufSchema(text).canonical, references: [] };
  },
  reader(schema, spec) {
    const parsed = protobufOf(schema);
    const readers = new Map<string, SchemaRows>();
    let first: SchemaRows | undefined;
    const readerAt = (indexes: readonly number[]) => {
      const name = messageNameAt(parsed, indexes);
      const reader = readers.get(name) ?? rowReader(parsed, messageOf(parsed, name), spec);
      readers.set(name, reader);
      return reader;
    };
    return {
      decode(data, start, end) {
        if (start < end && data[start] === 0) {
          first ??= readerAt([0]);
          return first.decode(data, start + 1, end);
        }
        const { indexes, end: at } = readMessageIndexes(data.subarray(0, end), start);
        return readerAt(indexes).decode(data, at, end);
      },
    };
  },
  writer(schema, spec) {
    const parsed = protobufOf(schema);
    const name = fullNameOf(spec) ?? parsed.fullName ?? '';
    const writer = new ByteWriter();
    const write = rowWriter(parsed, messageOf(parsed, name), spec);
    const indexes = messageIndexes(parsed, name);
    let prefix: Uint8Array | undefined;
    return {
      encode(row, id) {
        writer.reset();
        prefix ??= idPrefix(id, indexes);
        writer.bytes(prefix);
        write(row, writer);
        return writer.finish();
      },
    };
  },
};

/** Messages alone, with the schema that the columns have. */
export function plainProtobufCodecOf(spec: CodecSpec): RowCodec {
  const { isWrapped } = spec;
  const parsed = new ParsedProtobufSchema(protoOfColumns(plainFields(spec), undefined, optionsOf(spec)));
  const entry = messageOf(parsed, parsed.fullName!);
  const rows = rowReader(parsed, entry, spec);
  const write = rowWriter(parsed, entry, spec);
  const writer = new ByteWriter();
  return {
    isNull: (row) => row.length === 0 || (!isWrapped && row[0] === null),
    decode(data, start, end) {
      try {
        return rows.decode(data, start, end);
      } catch (error) {
        throw formatError(error);
      }
    },
    encode(row) {
      writer.reset();
      try {
        write(row, writer);
      } catch (error) {
        throw formatError(error);
      }
      return writer.finish();
    },
  };
}

/** A bare column is the `value` of a message, as in google.protobuf.StringValue and the like. */
function plainFields({ columns, isWrapped }: CodecSpec): readonly StructField[] {
  const type = columns[0]?.type;
  if (isWrapped || type === undefined) return columns;
  if (type.kind === 'STRUCT') return type.fields;
  if (type.kind === 'ARRAY' || type.kind === 'MAP') {
    throw new SqlError('HW_SQL_STATEMENT', `Unsupported root schema of type ${type.kind}`);
  }
  return [{ name: 'value', type }];
}

/** The message that `fullSchemaName` asks for, or the first of the file. @throws SqlError */
export function messageOf(parsed: ParsedProtobufSchema, name: string): MessageEntry {
  const entry = parsed.names.type(name);
  if (entry?.kind === 'message') return entry;
  throw new SqlError('HW_SQL_STATEMENT', `The Protobuf schema has no message ${name}`);
}

/** Names that Connect gives by default say nothing. */
export function protobufFullName(properties: ReadonlyMap<string, string>): string | undefined {
  const name = properties.get('fullSchemaName')?.trim();
  return name === undefined || name === '' || name.startsWith('ConnectDefault') ? undefined : name;
}

function fullNameOf({ format }: CodecSpec): string | undefined {
  return protobufFullName(format.properties);
}

function optionsOf({ format }: CodecSpec): ProtobufOptions {
  return protobufOptions(format.properties);
}

function protobufOf(schema: ParsedSchema): ParsedProtobufSchema {
  if (schema instanceof ParsedProtobufSchema) return schema;
  throw new SqlError(
    'HW_SQL_FORMAT',
    `The schema is of type ${schema.schemaType}, and the format of the topic PROTOBUF`,
  );
}

/** The fields that a message has for the row: the columns, those of a bare struct, or a wrapper's `value`. */
function fieldsOf({ columns, isWrapped }: CodecSpec): { fields: readonly StructField[]; isStruct: boolean } {
  const type = columns[0]?.type;
  if (isWrapped || type === undefined) return { fields: columns, isStruct: false };
  if (type.kind === 'STRUCT') return { fields: type.fields, isStruct: true };
  return { fields: [{ name: 'value', type }], isStruct: false };
}

function rowReader(parsed: ParsedProtobufSchema, entry: MessageEntry, spec: CodecSpec): SchemaRows {
  const { fields, isStruct } = fieldsOf(spec);
  const { wanted } = spec;
  const chosen = isStruct || wanted === undefined || wanted.length === fields.length ? undefined : wanted;
  const read = messageReader(parsed.names, entry, chosen?.map((index) => fields[index]!) ?? fields, optionsOf(spec));
  const cursor = new ProtoCursor();
  return {
    decode(data, start, end) {
      cursor.data = data;
      cursor.at = start;
      cursor.end = end;
      try {
        const values = read(cursor);
        if (isStruct) return [values];
        if (chosen === undefined) return values;
        const row: unknown[] = new Array(fields.length).fill(null);
        for (let index = 0; index < chosen.length; index++) row[chosen[index]!] = values[index];
        return row;
      } catch (error) {
        throw error instanceof SchemaError ? new FormatFault(error.message, { cause: error }) : error;
      } finally {
        cursor.data = nothing;
      }
    },
  };
}

function rowWriter(
  parsed: ParsedProtobufSchema,
  entry: MessageEntry,
  spec: CodecSpec,
): (row: readonly unknown[], writer: ByteWriter) => void {
  const { fields, isStruct } = fieldsOf(spec);
  const write = messageWriter(parsed.names, entry, fields, optionsOf(spec));
  return isStruct ? (row, writer) => write((row[0] ?? []) as readonly unknown[], writer) : write;
}
