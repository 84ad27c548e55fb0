import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '@headwater/serdes';
import { createMemoryRegistry } from '../../testing/memory-registry.ts';
import { decimalType, mapType, type SqlType, sqlTypes, typeText } from '../../types/sql-type.ts';
import type { CodecSpec } from '../format.ts';
import { columnsOfSchema } from '../registry/infer-columns.ts';
import { schemaBookOf } from '../registry/schema-book.ts';
import { rowCodec } from '../row-codec.ts';
import { jsonSchemaOfColumns } from './json-schema-of-columns.ts';

const format = { name: 'JSON_SR', properties: new Map<string, string>() } as const;

function specOf(columns: Record<string, SqlType>, options: Partial<CodecSpec> = {}): CodecSpec {
  return {
    format,
    part: 'value',
    topic: 'orders',
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    isWrapped: true,
    registry: createMemoryRegistry().client,
    ...options,
  };
}

async function infer(schema: unknown): Promise<string> {
  const registry = createMemoryRegistry();
  const id = registry.register('s', { schemaType: 'JSON', schema: JSON.stringify(schema), references: [] });
  const parsed = await schemaBookOf(registry.client).fetch(id);
  return columnsOfSchema(parsed, { format, part: 'value', wrapping: null, names: 'upper' })
    .map(({ name, type }) => `${name} ${typeText(type, (text) => text)}`)
    .join(', ');
}

test('the schema of columns has the annotations of Connect', () => {
  const nullable = (index: number, schema: unknown) => ({ 'connect.index': index, oneOf: [{ type: 'null' }, schema] });
  const spec = specOf({
    A: sqlTypes.integer,
    N: decimalType(4, 2),
    M: mapType(sqlTypes.string, sqlTypes.double),
    T: sqlTypes.time,
  });
  const expected = {
    type: 'object',
    properties: {
      A: nullable(0, { type: 'integer', 'connect.type': 'int32' }),
      N: nullable(1, {
        type: 'number',
        title: 'org.apache.kafka.connect.data.Decimal',
        'connect.type': 'bytes',
        'connect.version': 1,
        'connect.parameters': { scale: '2', 'connect.decimal.precision': '4' },
      }),
      M: nullable(2, {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            key: nullable(0, { type: 'string' }),
            value: nullable(1, { type: 'number', 'connect.type': 'float64' }),
          },
        },
        'connect.type': 'map',
      }),
      T: nullable(3, {
        type: 'integer',
        title: 'org.apache.kafka.connect.data.Time',
        'connect.type': 'int32',
        'connect.version': 1,
      }),
    },
  };
  assert.deepEqual(jsonSchemaOfColumns(spec), parseJson(JSON.stringify(expected)));
});

test('columns are inferred from schemas of others', async () => {
  const schema = {
    type: 'object',
    properties: {
      id: { type: 'integer' },
      name: { type: ['string', 'null'] },
      ratio: { type: 'number' },
      tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
      place: { $ref: '#/definitions/place' },
      counts: {
        type: 'object',
        'connect.type': 'map',
        additionalProperties: { type: 'integer', 'connect.type': 'int32' },
      },
      choice: { oneOf: [{ type: 'null' }, { type: 'string' }, { type: 'boolean' }] },
      both: { allOf: [{ $ref: '#/definitions/place' }, { type: 'object', properties: { z: { type: 'number' } } }] },
      anything: {},
    },
    definitions: { place: { type: 'object', properties: { lat: { type: 'number' } } } },
  };
  assert.equal(
    await infer(schema),
    'ID BIGINT, NAME STRING, RATIO DOUBLE, TAGS ARRAY<STRING>, PLACE STRUCT<LAT DOUBLE>, COUNTS MAP<STRING, INTEGER>, ' +
      'CHOICE STRUCT<IO.CONFLUENT.CONNECT.JSON.ONEOF.FIELD.0 STRING, IO.CONFLUENT.CONNECT.JSON.ONEOF.FIELD.1 BOOLEAN>, BOTH STRUCT<LAT DOUBLE, Z DOUBLE>',
  );
  await assert.rejects(infer({ type: 'string' }), /anonymous type/);
  await assert.rejects(infer({ type: 'object', properties: { next: { $ref: '#' } } }), /refers to itself/);
});

test('maps are arrays of entries, or objects where a given schema says so; unions are bare values', async () => {
  const registry = createMemoryRegistry();
  const columns = {
    M: mapType(sqlTypes.string, sqlTypes.integer),
    U: {
      kind: 'STRUCT',
      fields: [
        { name: 'IO.CONFLUENT.CONNECT.JSON.ONEOF.FIELD.0', type: sqlTypes.string },
        { name: 'IO.CONFLUENT.CONNECT.JSON.ONEOF.FIELD.1', type: sqlTypes.double },
      ],
    },
  } as const satisfies Record<string, SqlType>;
  const codec = rowCodec(specOf(columns, { registry: registry.client }));
  await codec.register!();
  const row = [new Map([['a', 1]]), [null, 2.5]];
  const bytes = Buffer.from(codec.encode(row, 'orders') as Uint8Array);
  assert.equal(bytes.subarray(5).toString(), '{"M":[{"key":"a","value":1}],"U":2.5}');
  assert.deepEqual(codec.decode(bytes, 0, bytes.length, 'orders'), row);
  const objects = {
    type: 'object',
    properties: {
      M: { type: 'object', 'connect.type': 'map', additionalProperties: { type: 'integer' } },
      U: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    },
  };
  registry.register('other', { schemaType: 'JSON', schema: JSON.stringify(objects), references: [] }, 9);
  const given = rowCodec(
    specOf(columns, {
      registry: registry.client,
      format: { name: 'JSON_SR', properties: new Map([['schemaId', '9']]) },
    }),
  );
  await given.register!();
  const other = Buffer.from(given.encode([row[0], ['x', null]], 'orders') as Uint8Array);
  assert.equal(other.toString('latin1'), '\0\0\0\0\t{"M":{"a":1},"U":"x"}');
  assert.deepEqual(codec.decode(other, 0, other.length, 'orders'), [row[0], ['x', null]]);
});
