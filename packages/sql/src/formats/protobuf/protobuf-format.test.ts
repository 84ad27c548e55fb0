import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSerializer, Decimal, ParsedProtobufSchema } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { createMemoryRegistry } from '../../testing/memory-registry.ts';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes, structType, typeText } from '../../types/sql-type.ts';
import type { CodecSpec } from '../format.ts';
import { columnsOfSchema } from '../registry/infer-columns.ts';
import { rowCodec } from '../row-codec.ts';
import { protobufOptions } from './message-shape.ts';
import { protoOfColumns } from './proto-of-columns.ts';

function specOf(
  columns: Record<string, SqlType>,
  options: Partial<CodecSpec> & { properties?: Record<string, string> } = {},
): CodecSpec {
  const { properties = {}, ...rest } = options;
  return {
    format: { name: 'PROTOBUF', properties: new Map(Object.entries(properties)) },
    part: 'value',
    topic: 'orders',
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    isWrapped: true,
    registry: createMemoryRegistry().client,
    ...rest,
  };
}

const orderProto = `syntax = "proto3";
package shop;
import "confluent/meta.proto";
import "confluent/type/decimal.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Order {
  uint32 id = 1;
  repeated sint64 counts = 2;
  map<string, Place> places = 3;
  Level level = 4;
  oneof choice { string text = 6; int32 number = 7; }
  confluent.type.Decimal price = 8 [(confluent.field_meta) = {params: [{key: "precision", value: "6"}, {key: "scale", value: "2"}]}];
  google.protobuf.Timestamp at = 9;
  google.protobuf.StringValue note = 10;
  optional bool flag = 11;
  float ratio = 12;
  message Place { double lat = 1; }
  enum Level { LOW = 0; HIGH = 5; }
}
message Other { int64 only = 1; }`;

function infer(text: string, properties: Record<string, string> = {}): string {
  const format = { name: 'PROTOBUF', properties: new Map(Object.entries(properties)) } as const;
  return columnsOfSchema(new ParsedProtobufSchema(text), { format, part: 'value', wrapping: null, names: 'upper' })
    .map(({ name, type }) => `${name} ${typeText(type, (each) => each)}`)
    .join(', ');
}

test('the file of columns is the one that ksqlDB registers', () => {
  const columns = [
    { name: 'I', type: sqlTypes.integer },
    { name: 'S', type: structType([{ name: 'A', type: arrayType(sqlTypes.string) }]) },
    { name: 'M', type: mapType(sqlTypes.string, sqlTypes.date) },
    { name: 'D', type: decimalType(4, 2) },
  ];
  const text = protoOfColumns(columns, undefined, protobufOptions(new Map()));
  assert.equal(
    new ParsedProtobufSchema(text).canonical,
    `syntax = "proto3";

import "google/type/date.proto";
import "confluent/meta.proto";
import "confluent/type/decimal.proto";

message ConnectDefault1 {
  int32 I = 1;
  ConnectDefault2 S = 2;
  repeated ConnectDefault3Entry M = 3;
  confluent.type.Decimal D = 4 [(confluent.field_meta) = {
    params: [
      {
        value: "4",
        key: "precision"
      },
      {
        value: "2",
        key: "scale"
      }
    ]
  }];

  message ConnectDefault2 {
    repeated string A = 1;
  }
  message ConnectDefault3Entry {
    string key = 1;
    google.type.Date value = 2;
  }
}
`,
  );
  const named = protoOfColumns(
    [{ name: 'S', type: sqlTypes.string }],
    'a.b.Row',
    protobufOptions(new Map([['nullableRepresentation', 'optional']])),
  );
  assert.match(
    new ParsedProtobufSchema(named).canonical,
    /package a\.b;[\s\S]*message Row {\n {2}optional string S = 1;/,
  );
  const nested = [{ name: 'X', type: arrayType(arrayType(sqlTypes.string)) }];
  assert.throws(() => protoOfColumns(nested, undefined, protobufOptions(new Map())), /Array cannot be nested/);
});

test('columns are inferred from messages of others', () => {
  assert.equal(
    infer(orderProto),
    'CHOICE_0 STRUCT<TEXT STRING, NUMBER INTEGER>, ID BIGINT, COUNTS ARRAY<BIGINT>, PLACES MAP<STRING, STRUCT<LAT DOUBLE>>, LEVEL STRING, PRICE DECIMAL(6, 2), AT TIMESTAMP, NOTE STRUCT<VALUE STRING>, FLAG BOOLEAN, RATIO DOUBLE',
  );
  assert.match(infer(orderProto, { unwrapPrimitives: 'true' }), /NOTE STRING/);
  assert.equal(infer(orderProto, { fullSchemaName: 'shop.Other' }), 'ONLY BIGINT');
  assert.throws(() => infer(orderProto, { fullSchemaName: 'Nobody' }), /no message Nobody/);
  assert.throws(() => infer('syntax = "proto3"; message A { A a = 1; }'), /refers to itself/);
});

test('messages of other serializers are read as the columns are declared', async () => {
  const registry = createMemoryRegistry();
  const serializer = createSerializer({
    registry: registry.client,
    schema: { schemaType: 'PROTOBUF', schema: orderProto },
  });
  const order = {
    id: 4_000_000_000,
    counts: [1n, -(2n ** 62n)],
    places: { home: { lat: 1.5 } },
    level: 'HIGH',
    number: 0,
    price: { value: Uint8Array.of(0x04, 0xe2), precision: 4, scale: 2 },
    at: { seconds: -1n, nanos: 500_000_000 },
    note: { value: 'hi' },
    ratio: 0.1,
  };
  const bytes = Buffer.from((await serializer.encode('orders', order))!);
  const columns: Record<string, SqlType> = {
    CHOICE_0: structType([
      { name: 'NUMBER', type: sqlTypes.integer },
      { name: 'TEXT', type: sqlTypes.string },
    ]),
    ID: sqlTypes.bigint,
    COUNTS: arrayType(sqlTypes.string),
    PLACES: mapType(sqlTypes.string, structType([{ name: 'LAT', type: sqlTypes.double }])),
    LEVEL: sqlTypes.string,
    PRICE: decimalType(6, 2),
    AT: sqlTypes.timestamp,
    NOTE: structType([{ name: 'VALUE', type: sqlTypes.string }]),
    FLAG: sqlTypes.boolean,
    RATIO: sqlTypes.string,
    MISSING: sqlTypes.string,
  };
  const codec = rowCodec(specOf(columns, { registry: registry.client }));
  await codec.prepare!(bytes, 0, bytes.length, 'orders');
  assert.deepEqual(codec.decode(bytes, 0, bytes.length, 'orders'), [
    [0, null],
    4_000_000_000,
    ['1', String(-(2n ** 62n))],
    new Map([['home', [1.5]]]),
    'HIGH',
    Decimal.parse('12.50'),
    -500,
    ['hi'],
    null,
    '0.1',
    null,
  ]);
  const wrong = rowCodec(specOf({ LEVEL: sqlTypes.bigint }, { registry: registry.client }));
  assert.throws(
    () => wrong.decode(bytes, 0, bytes.length, 'orders'),
    /Cannot deserialize type enum as type BIGINT, path: \$\.level$/,
  );
  let refused = 0;
  for (let end = 6; end < bytes.length; end++) {
    try {
      codec.decode(bytes, 0, end, 'orders');
    } catch (error) {
      assert.ok(error instanceof SqlError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 20);
});

test('null becomes the default, unless the format tells it', async () => {
  const columns = {
    I: sqlTypes.integer,
    S: sqlTypes.string,
    A: arrayType(sqlTypes.bigint),
    R: structType([{ name: 'X', type: sqlTypes.double }]),
  };
  const nothing = [null, null, null, null];
  for (const [representation, expected] of [
    [undefined, [0, '', [], null]],
    ['optional', [null, null, [], null]],
    ['wrapper', [null, null, [], null]],
  ] as const) {
    const codec = rowCodec(
      specOf(columns, { properties: representation && { nullableRepresentation: representation } }),
    );
    await codec.register!();
    const bytes = Buffer.from(codec.encode(nothing, 'orders') as Uint8Array);
    assert.equal(bytes.length, 6);
    assert.deepEqual(codec.decode(bytes, 0, bytes.length, 'orders'), expected);
    const zeros = Buffer.from(codec.encode([0, '', [0], [0]], 'orders') as Uint8Array);
    assert.deepEqual(codec.decode(zeros, 0, zeros.length, 'orders'), [0, '', [0], [0]]);
  }
  const plain = rowCodec(specOf(columns));
  await plain.register!();
  assert.throws(() => plain.encode([1, 'a', [null], null], 'orders'), /no null, path: \$\.A$/);
});

test('PROTOBUF_NOSR is the message alone, also for a bare key', () => {
  const codec = rowCodec(
    specOf(
      { K: sqlTypes.string },
      { format: { name: 'PROTOBUF_NOSR', properties: new Map() }, isWrapped: false, registry: null },
    ),
  );
  const bytes = Buffer.from(codec.encode(['ab'], 'orders') as Uint8Array);
  assert.equal(bytes.toString('hex'), '0a026162');
  assert.deepEqual(codec.decode(bytes, 0, 4, 'orders'), ['ab']);
  assert.ok(codec.isNull([null]));
});

test('a message of a given schema is written by name, and told by its indexes', async () => {
  const registry = createMemoryRegistry();
  registry.register('x', { schemaType: 'PROTOBUF', schema: orderProto, references: [] }, 3);
  const properties = { schemaId: '3', fullSchemaName: 'shop.Other' };
  const codec = rowCodec(specOf({ only: sqlTypes.bigint }, { registry: registry.client, properties }));
  await codec.register!();
  const bytes = Buffer.from(codec.encode([300], 'orders') as Uint8Array);
  assert.equal(bytes.toString('hex'), '0000000003020208ac02');
  assert.deepEqual(codec.decode(bytes, 0, bytes.length, 'orders'), [300]);
});

test('wrapped scalars of others are scalars, null where the wrapper is not there', async () => {
  const registry = createMemoryRegistry();
  const proto =
    'syntax = "proto3"; import "google/protobuf/wrappers.proto"; message W { google.protobuf.Int64Value a = 1; google.protobuf.StringValue b = 2; }';
  const serializer = createSerializer({
    registry: registry.client,
    schema: { schemaType: 'PROTOBUF', schema: proto },
  });
  const columns = { A: sqlTypes.bigint, B: sqlTypes.string };
  const codec = rowCodec(specOf(columns, { registry: registry.client, properties: { unwrapPrimitives: 'true' } }));
  for (const [value, row] of [
    [{ a: { value: 5n } }, [5, null]],
    [{ a: {}, b: { value: 'x' } }, [0, 'x']],
  ] as const) {
    const bytes = Buffer.from((await serializer.encode('orders', value))!);
    await codec.prepare?.(bytes, 0, bytes.length, 'orders');
    assert.deepEqual(codec.decode(bytes, 0, bytes.length, 'orders'), row);
  }
});
