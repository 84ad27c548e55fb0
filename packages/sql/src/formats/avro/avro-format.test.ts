import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSerializer, Decimal, parseJson, type SchemaSource } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { createMemoryRegistry } from '../../testing/memory-registry.ts';
import { decimalType, type SqlType, sqlTypes, structType, typeText } from '../../types/sql-type.ts';
import type { CodecSpec } from '../format.ts';
import { columnsOfSchema } from '../registry/infer-columns.ts';
import { schemaBookOf } from '../registry/schema-book.ts';
import { rowCodec } from '../row-codec.ts';
import { avroKeyName, avroSchemaOfColumns } from './avro-schema-of-columns.ts';

function specOf(columns: Record<string, SqlType>, options: Partial<CodecSpec> = {}): CodecSpec {
  return {
    format: { name: 'AVRO', properties: new Map() },
    part: 'value',
    topic: 'orders',
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    isWrapped: true,
    registry: createMemoryRegistry().client,
    ...options,
  };
}

function avro(schema: unknown): SchemaSource {
  return { schemaType: 'AVRO', schema: JSON.stringify(schema), references: [] };
}

const orderSchema = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'int' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'level', type: { type: 'enum', name: 'Level', symbols: ['LOW', 'HIGH'] } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'ratio', type: 'float' },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 } },
    {
      name: 'extra',
      type: ['null', 'long', { type: 'record', name: 'Extra', fields: [{ name: 'tag', type: 'string' }] }],
    },
    { name: 'counts', type: { type: 'map', values: 'long' } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'micros', type: { type: 'long', logicalType: 'timestamp-micros' } },
  ],
};
const order = {
  id: 7,
  note: 'n',
  level: 'HIGH',
  price: Decimal.parse('12.50'),
  day: 20_000,
  ratio: 0.5,
  hash: Uint8Array.of(1, 2),
  extra: { tag: 'x' },
  counts: { a: 2n ** 60n },
  at: 1_700_000_000_000,
  micros: 5n,
};

test('the schema of columns is the one that ksqlDB registers', () => {
  const spec = specOf({
    ID: sqlTypes.bigint,
    PRICE: decimalType(6, 2),
    M: { kind: 'MAP', key: sqlTypes.string, value: structType([{ name: 'F', type: sqlTypes.date }]) },
  });
  const name = 'io.confluent.ksql.avro_schemas.KsqlDataSourceSchema';
  const expected = {
    type: 'record',
    name: 'KsqlDataSourceSchema',
    namespace: 'io.confluent.ksql.avro_schemas',
    fields: [
      { name: 'ID', type: ['null', 'long'], default: null },
      {
        name: 'PRICE',
        type: [
          'null',
          {
            type: 'bytes',
            scale: 2,
            precision: 6,
            'connect.version': 1,
            'connect.parameters': { scale: '2', 'connect.decimal.precision': '6' },
            'connect.name': 'org.apache.kafka.connect.data.Decimal',
            logicalType: 'decimal',
          },
        ],
        default: null,
      },
      {
        name: 'M',
        type: [
          'null',
          {
            type: 'array',
            items: {
              type: 'record',
              name: 'KsqlDataSourceSchema_M',
              namespace: 'io.confluent.ksql.avro_schemas',
              fields: [
                { name: 'key', type: ['null', 'string'], default: null },
                {
                  name: 'value',
                  type: [
                    'null',
                    {
                      type: 'record',
                      name: 'KsqlDataSourceSchema_M_MapValue',
                      namespace: 'io.confluent.ksql.avro_schemas',
                      fields: [
                        {
                          name: 'F',
                          type: [
                            'null',
                            {
                              type: 'int',
                              'connect.version': 1,
                              'connect.name': 'org.apache.kafka.connect.data.Date',
                              logicalType: 'date',
                            },
                          ],
                          default: null,
                        },
                      ],
                      'connect.name': `${name}_M_MapValue`,
                    },
                  ],
                  default: null,
                },
              ],
              'connect.internal.type': 'MapEntry',
            },
            'connect.name': `${name}_M`,
          },
        ],
        default: null,
      },
    ],
    'connect.name': name,
  };
  assert.deepEqual(avroSchemaOfColumns(spec), parseJson(JSON.stringify(expected)));
  assert.equal(avroKeyName('PAGE_VIEWS2'), 'io.confluent.ksql.avro_schemas.PageViews2Key');
});

test('columns are inferred from schemas of others', async () => {
  const registry = createMemoryRegistry();
  const id = registry.register('orders-value', avro(orderSchema));
  const schema = await schemaBookOf(registry.client).fetch(id);
  const infer = (names: 'upper' | 'kept') =>
    columnsOfSchema(schema, { format: { name: 'AVRO', properties: new Map() }, part: 'value', wrapping: null, names })
      .map(({ name, type }) => `${name} ${typeText(type, (text) => text)}`)
      .join(', ');
  assert.equal(
    infer('upper'),
    'ID INTEGER, NOTE STRING, LEVEL STRING, PRICE DECIMAL(6, 2), DAY DATE, RATIO DOUBLE, HASH BYTES, EXTRA STRUCT<LONG BIGINT, EXTRA STRUCT<TAG STRING>>, COUNTS MAP<STRING, BIGINT>, AT TIMESTAMP, MICROS BIGINT',
  );
  assert.match(infer('kept'), /^id INTEGER, .*extra STRUCT<long BIGINT, Extra STRUCT<tag STRING>>/);
});

test('records of other serializers are read by name, as the columns are declared', async () => {
  const registry = createMemoryRegistry();
  const serializer = createSerializer({ registry: registry.client, schema: { schema: orderSchema } });
  const bytes = Buffer.from((await serializer.encode('orders', order))!);
  const codec = rowCodec(
    specOf(
      {
        EXTRA: structType([
          { name: 'EXTRA', type: structType([{ name: 'TAG', type: sqlTypes.string }]) },
          { name: 'LONG', type: sqlTypes.bigint },
        ]),
        id: sqlTypes.bigint,
        ID: sqlTypes.string,
        PRICE: decimalType(8, 3),
        RATIO: sqlTypes.string,
        COUNTS: { kind: 'MAP', key: sqlTypes.string, value: sqlTypes.string },
        HASH: sqlTypes.bytes,
        LEVEL: sqlTypes.string,
        AT: sqlTypes.bigint,
        MISSING: sqlTypes.double,
      },
      { registry: registry.client },
    ),
  );
  await codec.prepare!(bytes, 0, bytes.length, 'orders');
  assert.deepEqual(codec.decode(bytes, 0, bytes.length, 'orders'), [
    [['x'], null],
    7,
    null,
    Decimal.parse('12.500'),
    '0.5',
    new Map([['a', '1152921504606846976']]),
    Buffer.from([1, 2]),
    'HIGH',
    1_700_000_000_000,
    null,
  ]);
  const wrong = rowCodec(specOf({ NOTE: sqlTypes.integer }, { registry: registry.client }));
  assert.throws(
    () => wrong.decode(bytes, 0, bytes.length, 'orders'),
    (error) =>
      error instanceof SqlError &&
      /Cannot deserialize type string as type INTEGER, path: \$\.note$/.test(error.message),
  );
  for (let end = 5; end < bytes.length; end++) {
    assert.throws(() => codec.decode(bytes, 0, end, 'orders'), SqlError, `${end} bytes`);
  }
});

test('a given schema id is written with: fields by name, others by their default', async () => {
  const registry = createMemoryRegistry();
  const fields = [
    { name: 'extra', type: 'int', default: 42 },
    { name: 'id', type: 'long' },
    { name: 'name', type: ['string', 'null'], default: 'nobody' },
  ];
  const id = registry.register('others', avro({ type: 'record', name: 'T', fields }), 77);
  const format = { name: 'AVRO', properties: new Map([['schemaId', String(id)]]) } as const;
  const codec = rowCodec(specOf({ id: sqlTypes.bigint }, { format, registry: registry.client }));
  await codec.register!();
  const bytes = Buffer.from(codec.encode([5], 'orders') as Uint8Array);
  assert.equal(bytes.toString('hex'), `000000004d540a000c${Buffer.from('nobody').toString('hex')}`);
  assert.throws(() => codec.encode([null], 'orders'), /no null here, but long, path: \$\.id$/);
  const more = rowCodec(specOf({ id: sqlTypes.bigint, X: sqlTypes.bigint }, { format, registry: registry.client }));
  await assert.rejects(more.register!(), /Schema from Schema Registry misses field with name: X/);
  registry.register('strict', avro({ type: 'record', name: 'U', fields: [fields[1], { name: 'q', type: 'int' }] }), 78);
  const strict = { name: 'AVRO', properties: new Map([['schemaId', '78']]) } as const;
  await assert.rejects(
    rowCodec(specOf({ id: sqlTypes.bigint }, { format: strict, registry: registry.client })).register!(),
    /Missing default value for required Avro field: \[q\]/,
  );
});

test('bytes that no serializer wrote, and ids that nobody knows, are refused', async () => {
  const codec = rowCodec(specOf({ id: sqlTypes.bigint }));
  assert.throws(() => codec.decode(Buffer.from('{"id":1}'), 0, 8, 'orders'), /do not begin with a zero/);
  const unknown = Buffer.from([0, 0, 0, 9, 9, 1]);
  await codec.prepare!(unknown, 0, 6, 'orders');
  assert.throws(() => codec.decode(unknown, 0, 6, 'orders'), /Schema 2313 cannot be had: .*not found/);
  assert.throws(() => rowCodec(specOf({ id: sqlTypes.bigint }, { registry: null })), /needs a schema registry/);
});
