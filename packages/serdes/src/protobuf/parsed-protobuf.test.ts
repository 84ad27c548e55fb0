import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageIndexes, messageNameAt, ParsedProtobufSchema, parseSchema, SchemaError } from '../../index.ts';

const parse = (text: string, references?: Map<string, string>) => new ParsedProtobufSchema(text, references);

const everything = `// a comment
syntax = "proto3"; /* another */ package shop.v1;
import "google/protobuf/timestamp.proto"; import public "google/protobuf/any.proto";
import "confluent/meta.proto";
option java_package = "com.shop"; option (confluent.file_meta).doc = "it's";
message Order {
  string id = 1 [(confluent.field_meta) = { doc: "key" tags: ["PII", "ID"] params { key: "a", value: "b" } }];
  enum State { UNKNOWN = 0; PAID = 0x10 [deprecated = true]; reserved 5 to max; reserved "OLD"; }
  oneof how { option (x.y) = 1; string card = 3; .google.protobuf.Any other = 4; }
  repeated int64 amounts = 5 [packed = false, json_name = "sums"];;
  map<string, Line> lines = 6; optional State state = 2; reserved 20 to 29, 40; reserved "was";
  message Line { int32 count = 1; }
}
enum Side { LEFT = 0; }
service Shop { rpc Get(Order) returns (stream Order.Line); rpc Put(stream .shop.v1.Order) returns (Order) { option deprecated = true; } }
`;

const canonical = `syntax = "proto3";
package shop.v1;

import "google/protobuf/timestamp.proto";
import "confluent/meta.proto";
import public "google/protobuf/any.proto";

option java_package = "com.shop";
option (confluent.file_meta).doc = "it\\'s";

message Order {
  reserved 20 to 29, 40;
  reserved "was";

  string id = 1 [(confluent.field_meta) = {
    doc: "key",
    tags: [
      "PII",
      "ID"
    ],
    params: {
      key: "a",
      value: "b"
    }
  }];
  repeated int64 amounts = 5 [
    packed = false,
    json_name = "sums"
  ];
  map<string, Line> lines = 6;
  optional State state = 2;

  oneof how {
    option (x.y) = 1;
  
    string card = 3;
    .google.protobuf.Any other = 4;
  }

  message Line {
    int32 count = 1;
  }
  enum State {
    reserved 5 to max;
    reserved "OLD";
    UNKNOWN = 0;
    PAID = 16 [deprecated = true];
  }
}
enum Side {
  LEFT = 0;
}

service Shop {
  rpc Get (Order) returns (stream Order.Line);
  rpc Put (stream .shop.v1.Order) returns (Order) {
    option deprecated = true;
  };
}
`;

test('a file is kept in the form that Confluent gives it', () => {
  const parsed = parse(everything);
  assert.equal(parsed.canonical, canonical);
  assert.equal(parsed.fullName, 'shop.v1.Order');
  assert.equal(parse(parsed.canonical).canonical, canonical);
  assert.deepEqual(parse(canonical).file, parsed.file);
});

test('two ways to write the same file are the same when they are normalized', () => {
  const one =
    parse(`syntax = "proto3"; package a; import "google/protobuf/duration.proto"; import "confluent/meta.proto";
    option (confluent.file_meta).tags = "x"; option (confluent.file_meta).tags = "y"; option go_package = "g";
    message M { google.protobuf.Duration d = 2; N n = 1; reserved 9, 7; message N {} } enum E { A = 0; C = 2; B = 1; }`);
  const other =
    parse(`syntax = "proto3"; package a; import "confluent/meta.proto"; import "google/protobuf/duration.proto";
    option go_package = "g"; option (.confluent.file_meta) = { tags: "x" tags: "y" };
    message M { .a.M.N n = 1; .google.protobuf.Duration d = 2; reserved 7; reserved 9; message N {} } enum E { A = 0; B = 1; C = 2; }`);
  assert.equal(one.normalized(), other.normalized());
  assert.match(
    one.normalized(),
    /option \(confluent\.file_meta\) = \{\n {2}tags: \[\n {4}"x",\n {4}"y"\n {2}\]\n\};\noption go_package/,
  );
  assert.equal(parse(one.normalized()).normalized(), one.normalized());
});

test('proto2: groups, extensions, defaults of every kind and required fields', () => {
  const text = `syntax = "proto2";

message M {
  required string a = 1 [default = "x\\"\\n"];
  optional bytes b = 2 [default = "\\000\\377"];
  optional double c = 3 [default = -inf];
  optional E e = 4 [default = B];

  optional group Part = 5 {
    repeated int32 x = 6;
  }

  extensions 100 to 199, 500 to max;

  extend M {
    optional int32 ext = 100;
  }

  enum E {
    option allow_alias = true;
    A = -1;
    B = 3;
  }
}
`;
  assert.equal(parse(text).canonical, text);
});

test('editions are understood', () => {
  const text =
    'edition = "2023";\n\noption features.field_presence = IMPLICIT;\n\nmessage M {\n  reserved old, 5 to 6;\n\n  int32 a = 1;\n}\n';
  assert.equal(parse(text).canonical, text);
  assert.throws(() => parse('edition = "1999";'), /Edition "1999" is not known/);
});

test('references are found by the name of the import, and their types by scope', () => {
  const text = 'syntax = "proto3"; package a.b; import "other/o.proto"; message M { c.Other o = 1; }';
  const other = 'syntax = "proto3"; package a.c; message Other {}';
  assert.match(parse(text, new Map([['other/o.proto', other]])).normalized(), /\.a\.c\.Other o = 1/);
  assert.throws(() => parse(text), /The type c\.Other is not known.*reference.*\(at a\.b\.M\.o\)/);
});

test('a message has indexes, and indexes a message', () => {
  const parsed = parse(
    'syntax = "proto3"; package p; message A { message B {} enum E { X = 0; } message C { message D {} } } message F {}',
  );
  for (const [name, indexes] of [
    ['p.A', [0]],
    ['p.A.C', [0, 1]],
    ['p.A.C.D', [0, 1, 0]],
    ['p.F', [1]],
  ] as const) {
    assert.deepEqual(messageIndexes(parsed, name), indexes);
    assert.equal(messageNameAt(parsed, indexes), name);
  }
  assert.equal(messageNameAt(parsed, []), 'p.A');
  assert.throws(() => messageIndexes(parsed, 'A'), /There is no message A/);
  assert.throws(() => messageNameAt(parsed, [0, 5]), /\[0, 5\]/);
});

test('what is wrong is told with its place', () => {
  const cases: [string, RegExp][] = [
    ['message A { int32 a = 1; }', /optional, required or repeated before int32.*line 1, column 13/],
    ['syntax = "proto3";\nmessage A {\n  int32 a = 0;\n}', /0 is not between 1 and 536870911 \(at line 3, column 13\)/],
    ['syntax = "proto3"; message A { int32 a = 19000; }', /19000 to 19999/],
    ['syntax = "proto3"; message A { int32 a = 1; int32 b = 1; }', /a and b have the same number, 1 \(at A\)/],
    ['syntax = "proto3"; message A { int32 a = 1; int32 a = 2; }', /a is defined twice/],
    ['syntax = "proto3"; message A {} message A {}', /A is defined twice/],
    ['syntax = "proto3"; message A { required int32 a = 1; }', /proto3 has no required fields/],
    ['syntax = "proto3"; message A { B b = 1; }', /The type B is not known/],
    ['syntax = "proto3"; message A { map<double, int32> m = 1; }', /double cannot be a key/],
    ['syntax = "proto4";', /no syntax/],
    ['syntax = "proto3"; message A {', /Expected.*the end of the text/],
    ['syntax = "proto3"; message A { string a = 1 [default', /'='/],
    ['syntax = "proto3"; /* no end', /does not end/],
    ['syntax = "proto3"; option a = "no end\n";', /does not end in the same line/],
    ['{"type":"string"}', /Expected message, enum/],
    ['hello', /Expected message, enum/],
    ['enum E {}', /at least one value/],
  ];
  for (const [text, message] of cases)
    assert.throws(
      () => parseSchema('PROTOBUF', text),
      (error) => error instanceof SchemaError && message.test(error.message),
      text,
    );
});

test('text that means harm is refused soon', () => {
  const deep = `syntax = "proto3"; ${'message A { '.repeat(100_000)}`;
  assert.throws(() => parse(deep), /nested deeper than 32/);
  assert.throws(() => parse(`syntax = "proto3"; option a = ${'{ a: '.repeat(100_000)}`), /nested deeper than 64/);
  assert.throws(() => parse(`syntax = "proto3"; option a = ${'['.repeat(100_000)}`), /nested deeper than 64/);
});

test('messages may be named as what they inherit', () => {
  const parsed = parse(
    'syntax = "proto3"; message constructor { __proto__ toString = 1; map<string, __proto__> __proto__ = 2; } message __proto__ {}',
  );
  assert.equal(parsed.fullName, 'constructor');
  assert.match(parsed.normalized(), /\.__proto__ toString = 1/);
});

test('a file may be given as its descriptor in base64, and is given so', () => {
  const text =
    'syntax = "proto3"; package p; import "google/protobuf/timestamp.proto"; message M { int32 a_b = 1; google.protobuf.Timestamp t = 2; map<string, int64> m = 3; optional string s = 4; enum E { X = 0; } }';
  const serialized = parse(text).formatted('serialized')!;
  const again = parse(serialized);
  assert.equal(again.normalized(), parse(text).normalized());
  assert.match(again.canonical, /repeated \.p\.M\.MEntry m = 3;.*option map_entry = true;/s);
  assert.equal(again.formatted('serialized'), serialized);
  assert.equal(parse(text, new Map([['other.proto', serialized]])).canonical, parse(text).canonical);
  for (const wrong of ['AAAA', 'aGVsbG8gd29ybGQ=', 'hello'])
    assert.throws(() => parse(wrong), /Expected message, enum/);
});

test('a file may be had without extensions', () => {
  const text =
    'syntax = "proto3"; import "confluent/meta.proto"; message M { int32 a = 1 [(x.y) = 1, (confluent.field_meta).doc = "d", deprecated = true]; }';
  assert.doesNotMatch(parse(text).formatted('ignore_extensions')!, /x\.y/);
  assert.match(parse(text).formatted('ignore_extensions')!, /confluent\.field_meta/);
  assert.equal(parse(text).formatted('something else'), undefined);
});
