import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../byte-writer.ts';
import { Decimal } from '../decimal.ts';
import { avroCodec, avroReader } from './avro-codec.ts';
import { ParsedAvroSchema } from './parsed-avro.ts';
import { resolutionCases } from './testing/resolution-cases.ts';

const parsed = (schema: unknown) => new ParsedAvroSchema(JSON.stringify(schema)).schema;

function read(writer: unknown, reader: unknown, value: unknown): unknown {
  const buffer = new ByteWriter();
  avroCodec(parsed(writer)).encode(value, buffer);
  return avroReader(parsed(writer), parsed(reader)).decode(buffer.view(), 0, buffer.length);
}

test('what one schema wrote is read as another', () => {
  for (const { name, writer, reader, value, expected } of resolutionCases) {
    if (expected instanceof RegExp) {
      assert.throws(() => read(writer, reader, value), { code: 'HW_SERDES_DATA', message: expected }, name);
    } else assert.deepEqual(read(writer, reader, value), expected, name);
  }
});

test('a decimal of another scale is the number that was written', () => {
  const decimal = (scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision: 9, scale });
  assert.deepEqual(read(decimal(2), decimal(4), '1.25'), Decimal.parse('1.25'));
});

test('an error is told with the path of the reader', () => {
  const lines = (type: unknown, name: string, rest: object = {}) => ({
    type: 'record',
    name: 'T',
    fields: [{ name, type: { type: 'map', values: type }, ...rest }],
  });
  const reader = lines('int', 'new', { aliases: ['old'] });
  assert.throws(() => read(lines(['int', 'string'], 'old'), reader, { old: { a: 1, b: 'x' } }), { path: 'new.b' });
});
