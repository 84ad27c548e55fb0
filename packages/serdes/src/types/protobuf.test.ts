import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParsedProtobufSchema } from '../protobuf/parsed-protobuf.ts';
import { typesOf } from './index.ts';
import { typesOfProtobuf } from './protobuf.ts';

test('messages become interfaces, with what may be missing, and docs of their options', () => {
  const parsed = new ParsedProtobufSchema(`syntax = "proto3"; package shop;
import "google/protobuf/timestamp.proto"; import "confluent/meta.proto";
message Order {
  option (confluent.message_meta).doc = "What was bought.";
  string order_id = 1 [(confluent.field_meta) = { doc: "Never */ reused." }];
  optional int64 cents = 2; State state = 3; repeated Line lines = 4; map<string, State> by_name = 5;
  google.protobuf.Timestamp at = 6; bytes raw = 7; oneof paid { string card = 8; bool cash = 9; }
  message Line { uint32 count = 1; Order of = 2; }
  enum State { NEW = 0; DONE = 1; }
}`);
  assert.deepEqual(typesOf(parsed, 'Value'), {
    name: 'Order',
    declarations: `/** What was bought. */
export interface Order {
  /** Never * / reused. */
  orderId: string;
  cents?: bigint | undefined;
  state: State | number;
  lines: Line[];
  byName: { [key: string]: State | number };
  at?: Timestamp | undefined;
  raw: Uint8Array;
  /** One of \`paid\` at most. */
  card?: string | undefined;
  /** One of \`paid\` at most. */
  cash?: boolean | undefined;
}

export type State = 'NEW' | 'DONE';

export interface Line {
  count: number;
  of?: Order | undefined;
}

export interface Timestamp {
  seconds: bigint;
  nanos: number;
}
`,
  });
  assert.equal(typesOfProtobuf(parsed, 'shop.Order.Line').name, 'Line');
});

test('proto2: closed enums, required fields and groups; names that clash, and names that TypeScript has', () => {
  const { name, declarations } = typesOf(
    new ParsedProtobufSchema(`syntax = "proto2"; package a;
message string { required int32 x = 1; optional E e = 2; optional group Part = 3 { repeated E es = 1; } optional N.E other = 4; enum E { A = 1; } }
message N { enum E { B = 1; } }`),
    'Value',
  );
  assert.equal(name, 'AString');
  assert.match(
    declarations,
    /export interface AString \{\n {2}x: number;\n {2}e\?: E \| undefined;\n {2}part\?: Part \| undefined;\n {2}other\?: NE \| undefined;/,
  );
  assert.match(declarations, /export interface Part \{\n {2}es: E\[\];\n\}/);
});

test('a file without messages has no values', () => {
  assert.deepEqual(typesOf(new ParsedProtobufSchema('syntax = "proto3"; enum E { A = 0; }'), 'Value'), {
    name: 'never',
    declarations: '',
  });
});
