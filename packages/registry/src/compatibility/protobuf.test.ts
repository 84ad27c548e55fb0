import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '@headwater/serdes';
import { protobufPairs } from '../../test/protobuf-cases.ts';
import { incompatibilities } from './index.ts';

const parse = (text: string, references = new Map<string, string>()) => parseSchema('PROTOBUF', text, references);

test('each pair is judged by the rule that it is of', (t) => {
  const pairs = protobufPairs();
  for (const { name, earlier, next, rule } of pairs) {
    const found = incompatibilities(parse(next), parse(earlier)).map(({ errorType }) => errorType);
    if (rule === undefined) assert.deepEqual(found, [], name);
    else assert.ok(found.includes(rule), `${name}: ${found.join(', ')}`);
  }
  t.diagnostic(`${pairs.length} pairs`);
  assert.ok(pairs.length >= 300);
});

test('what is wrong is told with its place and with what would pass', () => {
  const before = parse(
    'syntax = "proto3"; message Order { Line line = 1; message Line { oneof price { int64 cents = 4; string text = 5; } } }',
  );
  const after = parse(
    'syntax = "proto3"; message Order { Line line = 1; message Line { oneof price { double cents = 4; } } }',
  );
  assert.deepEqual(incompatibilities(after, before), [
    {
      errorType: 'FIELD_SCALAR_KIND_CHANGED',
      description:
        "The field at path '#/Order/Line/price/4' was cents: int64 and is double, which is written in another way. Keep the type, take one that is the same on the wire, or add a field with a new number.",
      additionalInfo: '#/Order/Line/price/4',
    },
    {
      errorType: 'ONEOF_FIELD_REMOVED',
      description:
        "The field text at path '#/Order/Line/price/5' is gone from the oneof price: where it was set nothing would seem to be. Keep it, move it out of the oneof, or remove the whole oneof.",
      additionalInfo: '#/Order/Line/price/5',
    },
  ]);
});

test('messages of references are compared where they are used, and those that meet themselves do not hang', () => {
  const text = 'syntax = "proto3"; import "other.proto"; message T { Node node = 1; }';
  const other = (type: string) =>
    new Map([['other.proto', `syntax = "proto3"; message Node { ${type} a = 1; repeated Node next = 2; }`]]);
  const types = (before: string, after: string) =>
    incompatibilities(parse(text, other(after)), parse(text, other(before))).map(({ errorType, additionalInfo }) => [
      errorType,
      additionalInfo,
    ]);
  assert.deepEqual(types('int32', 'int64'), []);
  assert.deepEqual(types('int32', 'string'), [
    ['FIELD_SCALAR_KIND_CHANGED', '#/Node/1'],
    ['FIELD_NAMED_TYPE_CHANGED', '#/T/1'],
  ]);
});

test('groups are fields of their own kind', () => {
  const before = parse('syntax = "proto2"; message T { optional group Part = 1 { optional int32 a = 2; } }');
  const types = (text: string) => incompatibilities(parse(text), before).map(({ errorType }) => errorType);
  assert.deepEqual(
    types('syntax = "proto2"; message T { optional group Part = 1 { optional uint32 a = 2; optional int32 b = 3; } }'),
    [],
  );
  assert.deepEqual(types('syntax = "proto2"; message T { optional group Part = 1 { optional string a = 2; } }'), [
    'FIELD_SCALAR_KIND_CHANGED',
  ]);
  assert.deepEqual(
    types('syntax = "proto2"; message T { optional Part part = 1; message Part { optional int32 a = 2; } }'),
    ['FIELD_KIND_CHANGED'],
  );
});
