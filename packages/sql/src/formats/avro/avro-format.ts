import { type AvroSchema, ByteWriter, jsonText, ParsedAvroSchema, type ParsedSchema } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import type { CodecSpec, RowCodec } from '../format.ts';
import { FormatFault } from '../format-fault.ts';
import { registryCodec, type SchemaFormat, type SchemaRows } from '../registry/registry-codec.ts';
import { AvroCursor } from './avro-cursor.ts';
import { avroReader } from './avro-readers.ts';
import { avroSchemaOfColumns } from './avro-schema-of-columns.ts';
import { avroWriter, recordWriter } from './avro-writers.ts';

const nothing = Buffer.alloc(0);

export function avroCodecOf(spec: CodecSpec): RowCodec {
  return registryCodec(spec, avroFormat);
}

export const avroFormat: SchemaFormat = {
  schemaOf(spec) {
    const { canonical } = new ParsedAvroSchema(jsonText(avroSchemaOfColumns(spec)));
    return { schemaType: 'AVRO', schema: canonical, references: [] };
  },
  reader: (schema, spec) => rowReader(avroOf(schema), spec),
  writer(parsed, spec) {
    const schema = avroOf(parsed);
    const writer = new ByteWriter();
    const write = rowWriter(schema, spec);
    return {
      encode(row, id) {
        writer.reset();
        writer.byte(0);
        for (const shift of [24, 16, 8, 0]) writer.byte((id >>> shift) & 0xff);
        write(row, writer);
        return writer.finish();
      },
    };
  },
};

function avroOf(schema: ParsedSchema): AvroSchema {
  if (schema instanceof ParsedAvroSchema) return schema.schema;
  throw new SqlError('HW_SQL_FORMAT', `The schema is of type ${schema.schemaType}, and the format of the topic AVRO`);
}

function rowReader(schema: AvroSchema, { columns, isWrapped, wanted }: CodecSpec): SchemaRows {
  const cursor = new AvroCursor();
  const read = isWrapped ? wrappedReader(schema, columns, wanted) : bareReader(schema, columns[0]!.type);
  return {
    decode(data, start, end) {
      cursor.data = data;
      cursor.at = start;
      cursor.end = end;
      try {
        const row = read(cursor);
        if (cursor.at !== end) throw new FormatFault(`${end - cursor.at} bytes are left after the value`);
        return row;
      } finally {
        cursor.data = nothing;
      }
    },
  };
}

function wrappedReader(
  schema: AvroSchema,
  columns: CodecSpec['columns'],
  wanted: CodecSpec['wanted'],
): (cursor: AvroCursor) => readonly unknown[] {
  const isAll = wanted === undefined || wanted.length === columns.length;
  const fields = isAll ? columns : wanted.map((index) => columns[index]!);
  const read = avroReader(schema, { kind: 'STRUCT', fields }) as (cursor: AvroCursor) => unknown[] | null;
  const checked = (cursor: AvroCursor) => {
    const row = read(cursor);
    if (row === null) throw new FormatFault('A row is a record; this is null');
    return row;
  };
  if (isAll) return checked;
  // Fields that nobody wants are not even looked for, but rows keep their columns' places.
  return (cursor) => {
    const values = checked(cursor);
    const row: unknown[] = new Array(columns.length).fill(null);
    for (let index = 0; index < wanted.length; index++) row[wanted[index]!] = values[index];
    return row;
  };
}

function bareReader(schema: AvroSchema, type: CodecSpec['columns'][number]['type']): (cursor: AvroCursor) => unknown[] {
  const read = avroReader(schema, type);
  if (!isRaw(schema)) return (cursor) => [read(cursor)];
  // Confluent's serializers write a schema that is `bytes` and nothing else without Avro's length: put it back.
  return (cursor) => {
    const inner = cursor.data.subarray(cursor.at, cursor.end);
    const writer = new ByteWriter();
    writer.zigzag(inner.length);
    writer.bytes(inner);
    cursor.at = cursor.end;
    const whole = new AvroCursor();
    whole.data = Buffer.from(writer.finish());
    whole.end = whole.data.length;
    return [read(whole)];
  };
}

function isRaw(schema: AvroSchema): boolean {
  return schema.type === 'bytes';
}

function rowWriter(schema: AvroSchema, spec: CodecSpec): (row: readonly unknown[], writer: ByteWriter) => void {
  const { columns, isWrapped } = spec;
  if (!isWrapped) {
    const write = avroWriter(schema, columns[0]!.type);
    if (!isRaw(schema)) return (row, writer) => write(row[0], writer);
    const inner = new ByteWriter();
    return (row, writer) => {
      inner.reset();
      write(row[0], inner);
      const bytes = inner.view();
      let start = 0;
      while (bytes[start]! >= 0x80) start++;
      writer.bytes(bytes.subarray(start + 1));
    };
  }
  if (schema.type === 'record') return recordWriter(schema.fields, columns);
  const write = avroWriter(schema, { kind: 'STRUCT', fields: columns });
  return (row, writer) => write(row, writer);
}
