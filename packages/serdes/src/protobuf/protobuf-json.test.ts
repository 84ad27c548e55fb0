import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ByteWriter,
  ParsedProtobufSchema,
  parseJson,
  protobufCodec,
  protobufJson,
  SerializationError,
} from '../../index.ts';

const parsed = new ParsedProtobufSchema(`syntax = "proto3";
import "google/protobuf/any.proto"; import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/field_mask.proto";
message M {
  int64 big_one = 1; bytes data = 2; E e = 3; float f = 4; double d = 5; uint32 u = 6; repeated M list = 7; map<string, M> map = 8;
  google.protobuf.Timestamp at = 9; google.protobuf.Duration took = 10; google.protobuf.Value value = 11; google.protobuf.Struct struct = 12;
  google.protobuf.Int64Value wide = 13; google.protobuf.FieldMask mask = 14; google.protobuf.Any any = 15; string s = 16 [json_name = "some name"];
  oneof o { int32 a = 17; string b = 18; google.protobuf.NullValue nothing = 19; } google.protobuf.StringValue w = 20; optional bool maybe = 21;
  enum E { X = 0; Y = 1; }
}`);
const json = protobufJson<Record<string, unknown>>(parsed, 'M');
const codec = protobufCodec(parsed, 'M');

/** What comes back after a way through bytes, too. */
function round(text: string): unknown {
  const value = json.fromJson(JSON.parse(text));
  const writer = new ByteWriter();
  codec.encode(value, writer);
  const bytes = writer.finish();
  return json.toJson(codec.decode(bytes, 0, bytes.length) as Record<string, unknown>);
}

test('each type has its form', () => {
  const text =
    '{"bigOne":"-9223372036854775808","data":"/+8=","e":"Y","f":0.1,"d":-1.5e+300,"u":4294967295,"list":[{}],"map":{"k":{"u":1}},' +
    '"at":"2026-11-22T00:00:00.000001Z","took":"-1.500s","value":[null,true,1.5,"x",{"a":[]}],"struct":{"n":null},"wide":"5","mask":"aB.c,d",' +
    '"any":{"@type":"type.googleapis.com/M","u":7},"some name":"s","b":"","w":"","maybe":false}';
  assert.deepEqual(round(text), JSON.parse(text));
});

test('what means the same is read as well', () => {
  const one = json.fromJson({
    big_one: 5,
    data: '_-8',
    e: 1,
    u: '1e3',
    f: 'NaN',
    at: '2026-11-22T01:30:00+01:30',
    list: null,
    s: 'by its name',
  });
  assert.deepEqual(
    {
      bigOne: one['bigOne'],
      data: one['data'],
      e: one['e'],
      u: one['u'],
      f: one['f'],
      at: one['at'],
      list: one['list'],
      s: one['s'],
    },
    {
      bigOne: 5n,
      data: new Uint8Array([255, 239]),
      e: 'Y',
      u: 1000,
      f: Number.NaN,
      at: { seconds: 1795305600n, nanos: 0 },
      list: [],
      s: 'by its name',
    },
  );
  const exact = json.fromJson(
    parseJson('{"bigOne": 9007199254740993, "any": {"@type": "a/google.protobuf.Duration", "value": "3s"}}'),
  );
  assert.equal(exact['bigOne'], 9007199254740993n);
  assert.deepEqual(json.toJson(exact), {
    bigOne: '9007199254740993',
    any: { '@type': 'a/google.protobuf.Duration', value: '3s' },
  });
});

test('defaults are written where they are asked for', () => {
  const all = protobufJson(parsed, 'M', { withDefaults: true }).toJson({}) as Record<string, unknown>;
  assert.deepEqual(all, { bigOne: '0', data: '', e: 'X', f: 0, d: 0, u: 0, list: [], map: {}, 'some name': '' });
  assert.deepEqual(json.toJson({}), {});
});

test('what does not fit is refused with its path', () => {
  const cases: [unknown, RegExp][] = [
    [{ bigOne: 1.5 }, /"1\.5" is no integer.*\(at bigOne\)/],
    [{ bigOne: '9223372036854775808' }, /no integer from -9223372036854775808/],
    [{ list: [{}, { u: -1 }] }, /\(at list\[1\]\.u\)/],
    [{ map: { 'a b': { e: 'Q' } } }, /\(at map\["a b"\]\.e\)/],
    [{ x: 1 }, /The message M has no field "x"/],
    [{ bigOne: 1, big_one: 2 }, /bigOne is there twice/],
    [{ a: 1, b: 'x' }, /a is set as well/],
    [{ at: '2026-02-31T00:00:00Z' }, /no time such as/],
    [{ at: 'today' }, /no time such as/],
    [{ took: '1.5' }, /no duration such as/],
    [{ took: '315576000001s' }, /more than a duration/],
    [{ mask: 'a_b' }, /lowerCamelCase/],
    [{ data: '*' }, /no base64/],
    [{ f: 1e39 }, /too great for a float/],
    [{ any: { '@type': 'a/Unknown' } }, /not in the schema/],
    [{ any: { u: 1 } }, /needs "@type"/],
    [{ maybe: 'true' }, /neither true nor false/],
    [[], /a list is no object: a message M is needed/],
    [{ s: null, list: [null] }, /\(at list\[0\]\)/],
  ];
  for (const [value, message] of cases) {
    assert.throws(
      () => json.fromJson(value),
      (error) => error instanceof SerializationError && message.test(error.message),
      JSON.stringify(value),
    );
  }
  assert.deepEqual(
    protobufJson(parsed, 'M', { ignoreUnknown: true }).toJson(
      protobufJson(parsed, 'M', { ignoreUnknown: true }).fromJson({ x: 1, u: 2 }),
    ),
    { u: 2 },
  );
  for (const value of [
    { at: { seconds: 10n ** 12n } },
    { value: {} },
    { value: { numberValue: Number.NaN } },
    { mask: { paths: ['aB'] } },
    { took: { seconds: 1n, nanos: -1 } },
  ]) {
    assert.throws(() => json.toJson(value), SerializationError);
  }
});

test('JSON that is nested without end is refused, and names do no harm', () => {
  let deep: unknown = {};
  for (let i = 0; i < 200; i++) deep = { list: [deep] };
  assert.throws(() => json.fromJson(deep), /nested deeper than 100/);
  let value: unknown = null;
  for (let i = 0; i < 5_000; i++) value = [value];
  assert.throws(() => json.fromJson({ value }), /nested deeper than 100/);
  const read = json.fromJson(JSON.parse('{"struct":{"__proto__":1}}')) as { struct: { fields: object } };
  assert.deepEqual(Object.keys(read.struct.fields), ['__proto__']);
  assert.equal(JSON.stringify(json.toJson(read)), '{"struct":{"__proto__":1}}');
});
