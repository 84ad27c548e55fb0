import type { SchemaPair } from './avro-cases.ts';

/** Pairs of Protobuf files, of which the second one may or may not follow the first, by the rules that Confluent states. */
export interface ProtobufPair extends SchemaPair {
  isCompatible: boolean;
  /** The rule that is broken. */
  rule?: string;
  /** What Apicurio Registry 3.3.3 says where it says something else, and why it does; null where it answers with an error. */
  apicurio?: { isCompatible: boolean | null; why: string };
}

/** Where the other registry has other rules than Confluent's, so that what passes here fails there or the other way round. */
const apicurioReasons: readonly (readonly [why: string, names: readonly string[]])[] = [
  [
    'a field goes only when its number and its name are reserved there, and what is reserved stays so',
    [
      'a field goes',
      'all fields go',
      'a field is renamed',
      'a field gets another number',
      'a field goes and its number is reserved',
      'a reserved number is used',
      'a map goes',
      'a oneof goes with its fields',
      'a field of a oneof is renamed',
      'proto2: an optional field goes',
    ],
  ],
  [
    'labels stay as they are there',
    [
      'one number becomes many without a label',
      'many numbers become one without a label',
      'an optional text becomes many',
      'many texts become optional',
      'optional bytes become many',
      'a message becomes many',
      'many messages become one',
      'a field becomes optional',
      'a field is optional no longer',
      'proto2: a text becomes required',
      'proto2 becomes proto3',
    ],
  ],
  [
    'types stay as they are there, also where they are the same on the wire',
    [
      'the keys of a map stay on the wire',
      'the values of a map stay on the wire',
      'the enum of a field changes',
      'a field of a oneof changes and stays on the wire',
    ],
  ],
  ['services stay there', ['a service goes']],
  [
    'values of an enum stay there',
    ['a value of an enum goes', 'a value of an enum is renamed', 'values of an enum swap numbers'],
  ],
  [
    'messages may go there',
    [
      'a message goes',
      'the first message goes',
      'a nested message goes',
      'a message moves into another',
      'a message deep inside goes',
    ],
  ],
  ['packages may change there', ['the package changes', 'a package comes', 'the package goes']],
  ['an enum and a message of one name are the same there', ['an enum becomes a message']],
  [
    'oneofs are not looked at there',
    [
      'two fields move into a new oneof',
      'two fields move into a oneof that was there',
      'a field moves into a oneof that was there',
      'two oneofs become one',
    ],
  ],
  [
    'two messages of one name, one in another, are no schema there; protoc takes them',
    ['a nested message of the same name is meant'],
  ],
];

const file = (...parts: string[]) => `syntax = "proto3";\n${parts.join('\n')}\n`;
const message = (...fields: string[]) => file(`message T {\n${fields.join('\n')}\n}`);
const proto2 = (...fields: string[]) => `syntax = "proto2";\nmessage T {\n${fields.join('\n')}\n}\n`;

/** Scalars by what is the same on the wire. */
const wireKinds: Readonly<Record<string, string>> = {
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  uint64: 'number',
  bool: 'number',
  E: 'number',
  sint32: 'signed',
  sint64: 'signed',
  string: 'text',
  bytes: 'text',
  fixed32: 'fixed32',
  sfixed32: 'fixed32',
  fixed64: 'fixed64',
  sfixed64: 'fixed64',
  float: 'float',
  double: 'double',
};

const others: readonly [name: string, rule: string | null, earlier: string, next: string][] = [
  ['nothing changes', null, message('int32 a = 1;'), message('int32 a = 1;')],
  ['a field comes', null, message('int32 a = 1;'), message('int32 a = 1;', 'string b = 2;')],
  ['a field goes', null, message('int32 a = 1;', 'string b = 2;'), message('int32 a = 1;')],
  ['all fields go', null, message('int32 a = 1;'), message()],
  ['a field is renamed', null, message('int32 a = 1;'), message('int32 z = 1;')],
  ['a field gets another number', null, message('int32 a = 1;'), message('int32 a = 2;')],
  ['fields change places', null, message('int32 a = 1;', 'string b = 2;'), message('string b = 2;', 'int32 a = 1;')],
  [
    'two fields swap numbers',
    'FIELD_SCALAR_KIND_CHANGED',
    message('int32 a = 1;', 'string b = 2;'),
    message('int32 a = 2;', 'string b = 1;'),
  ],
  [
    'a field goes and its number is reserved',
    null,
    message('int32 a = 1;', 'int32 b = 2;'),
    message('reserved 2;', 'int32 a = 1;'),
  ],
  ['a reserved number is used', null, message('reserved 2;', 'int32 a = 1;'), message('int32 a = 1;', 'int32 b = 2;')],
  ['a json_name comes', null, message('int32 a = 1;'), message('int32 a = 1 [json_name = "z"];')],
  ['an option comes', null, message('int32 a = 1;'), message('int32 a = 1 [deprecated = true];')],
  ['packed changes', null, message('repeated int32 a = 1;'), message('repeated int32 a = 1 [packed = false];')],
  ['one number becomes many without a label', null, message('int32 a = 1;'), message('repeated int32 a = 1;')],
  ['many numbers become one without a label', null, message('repeated int32 a = 1;'), message('int32 a = 1;')],
  [
    'an optional number becomes many',
    'FIELD_NUMERIC_LABEL_CHANGED',
    message('optional int32 a = 1;'),
    message('repeated int32 a = 1;'),
  ],
  [
    'many numbers become optional',
    'FIELD_NUMERIC_LABEL_CHANGED',
    message('repeated int32 a = 1;'),
    message('optional int32 a = 1;'),
  ],
  [
    'an optional double becomes many',
    'FIELD_NUMERIC_LABEL_CHANGED',
    message('optional double a = 1;'),
    message('repeated double a = 1;'),
  ],
  [
    'an optional bool becomes many',
    'FIELD_NUMERIC_LABEL_CHANGED',
    message('optional bool a = 1;'),
    message('repeated bool a = 1;'),
  ],
  ['an optional text becomes many', null, message('optional string a = 1;'), message('repeated string a = 1;')],
  ['many texts become optional', null, message('repeated string a = 1;'), message('optional string a = 1;')],
  ['optional bytes become many', null, message('optional bytes a = 1;'), message('repeated bytes a = 1;')],
  ['a message becomes many', null, message('T a = 1;'), message('repeated T a = 1;')],
  ['many messages become one', null, message('repeated T a = 1;'), message('T a = 1;')],
  ['a field becomes optional', null, message('int32 a = 1;'), message('optional int32 a = 1;')],
  ['a field is optional no longer', null, message('optional int32 a = 1;'), message('int32 a = 1;')],
  ['a scalar becomes a message', 'FIELD_KIND_CHANGED', message('int32 a = 1;'), message('T a = 1;')],
  ['bytes become a message', 'FIELD_KIND_CHANGED', message('bytes a = 1;'), message('T a = 1;')],
  ['a message becomes a scalar', 'FIELD_KIND_CHANGED', message('T a = 1;'), message('string a = 1;')],
  ['a scalar becomes a map', 'FIELD_KIND_CHANGED', message('int32 a = 1;'), message('map<string, int32> a = 1;')],
  ['a map becomes a scalar', 'FIELD_KIND_CHANGED', message('map<string, int32> a = 1;'), message('int32 a = 1;')],
  [
    'a map becomes many messages',
    'FIELD_KIND_CHANGED',
    message('map<string, int32> a = 1;'),
    message('message E { string key = 1; int32 value = 2; }', 'repeated E a = 1;'),
  ],
  [
    'many messages become a map',
    'FIELD_KIND_CHANGED',
    message('message E { string key = 1; int32 value = 2; }', 'repeated E a = 1;'),
    message('message E { string key = 1; int32 value = 2; }', 'map<string, int32> a = 1;'),
  ],
  [
    'the keys of a map change on the wire',
    'FIELD_SCALAR_KIND_CHANGED',
    message('map<string, int32> a = 1;'),
    message('map<int32, int32> a = 1;'),
  ],
  [
    'the keys of a map stay on the wire',
    null,
    message('map<int32, int32> a = 1;'),
    message('map<int64, int32> a = 1;'),
  ],
  [
    'the values of a map change on the wire',
    'FIELD_SCALAR_KIND_CHANGED',
    message('map<string, int32> a = 1;'),
    message('map<string, string> a = 1;'),
  ],
  [
    'the values of a map stay on the wire',
    null,
    message('map<string, int32> a = 1;'),
    message('map<string, uint64> a = 1;'),
  ],
  [
    'the values of a map become messages',
    'FIELD_KIND_CHANGED',
    message('map<string, int32> a = 1;'),
    message('map<string, T> a = 1;'),
  ],
  [
    'the values of a map become other messages',
    'FIELD_NAMED_TYPE_CHANGED',
    file('message T { map<string, A> a = 1; }', 'message A {}', 'message B {}'),
    file('message T { map<string, B> a = 1; }', 'message A {}', 'message B {}'),
  ],
  ['a map comes', null, message('int32 a = 1;'), message('int32 a = 1;', 'map<string, T> b = 2;')],
  ['a map goes', null, message('int32 a = 1;', 'map<string, T> b = 2;'), message('int32 a = 1;')],
  [
    'the message of a field changes',
    'FIELD_NAMED_TYPE_CHANGED',
    file('message T { A a = 1; }', 'message A {}', 'message B {}'),
    file('message T { B a = 1; }', 'message A {}', 'message B {}'),
  ],
  [
    'the message of a field is renamed',
    'FIELD_NAMED_TYPE_CHANGED',
    file('message T { A a = 1; }', 'message A {}'),
    file('message T { B a = 1; }', 'message B {}'),
  ],
  [
    'a nested message of the same name is meant',
    'FIELD_NAMED_TYPE_CHANGED',
    file('message T { A a = 1; }', 'message A {}'),
    file('message T { A a = 1; message A {} }', 'message A {}'),
  ],
  [
    'a name is written in full',
    null,
    file('message T { A a = 1; }', 'message A {}'),
    file('message T { .A a = 1; }', 'message A {}'),
  ],
  ['a message comes', null, message('int32 a = 1;'), file('message T { int32 a = 1; }', 'message N {}')],
  [
    'a message comes before the first',
    null,
    message('int32 a = 1;'),
    file('message N {}', 'message T { int32 a = 1; }'),
  ],
  ['a message goes', 'MESSAGE_REMOVED', file('message T {}', 'message N {}'), message()],
  ['the first message goes', 'MESSAGE_REMOVED', file('message N {}', 'message T {}'), message()],
  ['messages change places', null, file('message A {}', 'message B {}'), file('message B {}', 'message A {}')],
  ['a message is renamed', 'MESSAGE_REMOVED', file('message A { int32 a = 1; }'), file('message B { int32 a = 1; }')],
  ['a nested message comes', null, message(), message('message N {}')],
  ['a nested message goes', 'MESSAGE_REMOVED', message('message N {}'), message()],
  ['a message moves into another', 'MESSAGE_REMOVED', file('message T {}', 'message N {}'), message('message N {}')],
  [
    'a message deep inside goes',
    'MESSAGE_REMOVED',
    message('message A { message B { message C {} } }'),
    message('message A { message B {} }'),
  ],
  [
    'a field of a nested message changes',
    'FIELD_SCALAR_KIND_CHANGED',
    message('message N { int32 a = 1; }'),
    message('message N { string a = 1; }'),
  ],
  [
    'a field of a nested message comes',
    null,
    message('message N { int32 a = 1; }'),
    message('message N { int32 a = 1; int32 b = 2; }'),
  ],
  ['the package changes', 'PACKAGE_CHANGED', file('package a;', 'message T {}'), file('package b;', 'message T {}')],
  ['a package comes', 'PACKAGE_CHANGED', message(), file('package b;', 'message T {}')],
  ['the package goes', 'PACKAGE_CHANGED', file('package a;', 'message T {}'), message()],
  [
    'the package changes beside fields of messages',
    'PACKAGE_CHANGED',
    file('package a;', 'message T { N n = 1; }', 'message N {}'),
    file('package b;', 'message T { N n = 1; }', 'message N {}'),
  ],
  ['an enum comes', null, message(), file('message T {}', 'enum E { A = 0; }')],
  ['an enum goes', null, file('message T {}', 'enum E { A = 0; }'), message()],
  [
    'a value of an enum comes',
    null,
    file('message T { E e = 1; }', 'enum E { A = 0; }'),
    file('message T { E e = 1; }', 'enum E { A = 0; B = 1; }'),
  ],
  [
    'a value of an enum goes',
    null,
    file('message T { E e = 1; }', 'enum E { A = 0; B = 1; }'),
    file('message T { E e = 1; }', 'enum E { A = 0; }'),
  ],
  [
    'a value of an enum is renamed',
    null,
    file('message T { E e = 1; }', 'enum E { A = 0; B = 1; }'),
    file('message T { E e = 1; }', 'enum E { A = 0; C = 1; }'),
  ],
  [
    'values of an enum swap numbers',
    null,
    file('message T { E e = 1; }', 'enum E { A = 0; B = 1; C = 2; }'),
    file('message T { E e = 1; }', 'enum E { A = 0; B = 2; C = 1; }'),
  ],
  [
    'the enum of a field changes',
    null,
    file('message T { E e = 1; }', 'enum E { A = 0; }', 'enum F { B = 0; }'),
    file('message T { F e = 1; }', 'enum E { A = 0; }', 'enum F { B = 0; }'),
  ],
  [
    'many of an enum become optional',
    'FIELD_NUMERIC_LABEL_CHANGED',
    file('message T { repeated E e = 1; }', 'enum E { A = 0; }'),
    file('message T { optional E e = 1; }', 'enum E { A = 0; }'),
  ],
  [
    'an enum becomes a message',
    'FIELD_KIND_CHANGED',
    file('message T { E e = 1; }', 'enum E { A = 0; }'),
    file('message T { E e = 1; }', 'message E {}'),
  ],
  ['a oneof comes', null, message('int32 a = 1;'), message('int32 a = 1;', 'oneof o { int32 b = 2; string c = 3; }')],
  [
    'a oneof goes with its fields',
    null,
    message('int32 a = 1;', 'oneof o { int32 b = 2; string c = 3; }'),
    message('int32 a = 1;'),
  ],
  [
    'a oneof goes and its fields stay',
    null,
    message('oneof o { int32 b = 2; string c = 3; }'),
    message('int32 b = 2;', 'string c = 3;'),
  ],
  [
    'a oneof goes and one of its fields stays',
    'ONEOF_FIELD_REMOVED',
    message('oneof o { int32 b = 2; string c = 3; }'),
    message('int32 b = 2;'),
  ],
  [
    'a oneof is renamed',
    null,
    message('oneof o { int32 b = 2; string c = 3; }'),
    message('oneof p { int32 b = 2; string c = 3; }'),
  ],
  [
    'a field of a oneof comes',
    null,
    message('oneof o { int32 b = 2; }'),
    message('oneof o { int32 b = 2; string c = 3; }'),
  ],
  [
    'a field of a oneof goes',
    'ONEOF_FIELD_REMOVED',
    message('oneof o { int32 b = 2; string c = 3; }'),
    message('oneof o { int32 b = 2; }'),
  ],
  ['a field of a oneof is renamed', null, message('oneof o { int32 b = 2; }'), message('oneof o { int32 z = 2; }')],
  [
    'a field of a oneof changes on the wire',
    'FIELD_SCALAR_KIND_CHANGED',
    message('oneof o { int32 b = 2; }'),
    message('oneof o { string b = 2; }'),
  ],
  [
    'a field of a oneof changes and stays on the wire',
    null,
    message('oneof o { int32 b = 2; }'),
    message('oneof o { uint64 b = 2; }'),
  ],
  [
    'a field of a oneof becomes a message',
    'FIELD_KIND_CHANGED',
    message('oneof o { int32 b = 2; }'),
    message('oneof o { T b = 2; }'),
  ],
  [
    'a field leaves its oneof',
    null,
    message('oneof o { int32 b = 2; string c = 3; }'),
    message('oneof o { int32 b = 2; }', 'string c = 3;'),
  ],
  ['a field moves into a new oneof', null, message('int32 a = 1;'), message('oneof o { int32 a = 1; }')],
  [
    'a field moves into a new oneof with new fields',
    null,
    message('int32 a = 1;'),
    message('oneof o { int32 a = 1; int32 b = 2; }'),
  ],
  [
    'two fields move into a new oneof',
    'MULTIPLE_FIELDS_MOVED_TO_ONEOF',
    message('int32 a = 1;', 'int32 b = 2;'),
    message('oneof o { int32 a = 1; int32 b = 2; }'),
  ],
  [
    'a field moves into a oneof that was there',
    'FIELD_MOVED_TO_EXISTING_ONEOF',
    message('int32 a = 1;', 'oneof o { int32 b = 2; }'),
    message('oneof o { int32 b = 2; int32 a = 1; }'),
  ],
  [
    'two fields move into a oneof that was there',
    'MULTIPLE_FIELDS_MOVED_TO_ONEOF',
    message('int32 a = 1;', 'int32 c = 3;', 'oneof o { int32 b = 2; }'),
    message('oneof o { int32 b = 2; int32 a = 1; int32 c = 3; }'),
  ],
  [
    'two oneofs become one',
    'FIELD_MOVED_TO_EXISTING_ONEOF',
    message('oneof o { int32 a = 1; }', 'oneof p { int32 b = 2; }'),
    message('oneof o { int32 a = 1; int32 b = 2; }'),
  ],
  [
    'one oneof becomes two',
    null,
    message('oneof o { int32 a = 1; int32 b = 2; }'),
    message('oneof o { int32 a = 1; }', 'oneof p { int32 b = 2; }'),
  ],
  ['a service comes', null, message(), file('message T {}', 'service S { rpc M(T) returns (T); }')],
  ['a service goes', null, file('message T {}', 'service S { rpc M(T) returns (T); }'), message()],
  ['an option of the file comes', null, message(), file('option java_package = "x";', 'message T {}')],
  [
    'a well-known type stays',
    null,
    file('import "google/protobuf/timestamp.proto";', 'message T { google.protobuf.Timestamp t = 1; }'),
    file('import "google/protobuf/timestamp.proto";', 'message T { google.protobuf.Timestamp t = 1; int32 a = 2; }'),
  ],
  [
    'a well-known type becomes another',
    'FIELD_NAMED_TYPE_CHANGED',
    file('import "google/protobuf/timestamp.proto";', 'message T { google.protobuf.Timestamp t = 1; }'),
    file('import "google/protobuf/duration.proto";', 'message T { google.protobuf.Duration t = 1; }'),
  ],
  [
    'proto2: a required field comes',
    'REQUIRED_FIELD_ADDED',
    proto2('optional int32 a = 1;'),
    proto2('optional int32 a = 1;', 'required int32 b = 2;'),
  ],
  [
    'proto2: a required field goes',
    'REQUIRED_FIELD_REMOVED',
    proto2('optional int32 a = 1;', 'required int32 b = 2;'),
    proto2('optional int32 a = 1;'),
  ],
  [
    'proto2: an optional field comes',
    null,
    proto2('optional int32 a = 1;'),
    proto2('optional int32 a = 1;', 'optional int32 b = 2;'),
  ],
  [
    'proto2: an optional field goes',
    null,
    proto2('optional int32 a = 1;', 'optional int32 b = 2;'),
    proto2('optional int32 a = 1;'),
  ],
  [
    'proto2: a number becomes required',
    'FIELD_NUMERIC_LABEL_CHANGED',
    proto2('optional int32 a = 1;'),
    proto2('required int32 a = 1;'),
  ],
  [
    'proto2: a number is required no longer',
    'FIELD_NUMERIC_LABEL_CHANGED',
    proto2('required int32 a = 1;'),
    proto2('optional int32 a = 1;'),
  ],
  ['proto2: a text becomes required', null, proto2('optional string a = 1;'), proto2('required string a = 1;')],
  ['proto2: a default comes', null, proto2('optional int32 a = 1;'), proto2('optional int32 a = 1 [default = 4];')],
  [
    'proto2: an extension range comes',
    null,
    proto2('optional int32 a = 1;'),
    proto2('optional int32 a = 1;', 'extensions 100 to 199;'),
  ],
  ['proto2 becomes proto3', null, proto2('optional string a = 1;'), message('string a = 1;')],
  ['proto3 becomes proto2', null, message('optional int32 a = 1;'), proto2('optional int32 a = 1;')],
];

/** Every scalar to every other one, and what the rules say of the rest. */
export function protobufPairs(): ProtobufPair[] {
  const [sameOnTheWire] = apicurioReasons[2]!;
  const scalar = (type: string) => file(`message T { ${type} a = 1; }`, 'enum E { Z = 0; A = 1; }');
  const pairs: ProtobufPair[] = [];
  for (const [before, kind] of Object.entries(wireKinds)) {
    for (const [after, otherKind] of Object.entries(wireKinds)) {
      const isCompatible = kind === otherKind;
      pairs.push({
        name: `${before} becomes ${after}`,
        earlier: scalar(before),
        next: scalar(after),
        isCompatible,
        ...(isCompatible ? {} : { rule: 'FIELD_SCALAR_KIND_CHANGED' }),
        ...(isCompatible && before !== after ? { apicurio: { isCompatible: false, why: sameOnTheWire } } : {}),
      });
    }
  }
  for (const [name, rule, earlier, next] of others) {
    const isCompatible = rule === null;
    const why = apicurioReasons.find(([, names]) => names.includes(name))?.[0];
    const isError = why?.includes('no schema there') === true;
    pairs.push({
      name,
      earlier,
      next,
      isCompatible,
      ...(rule === null ? {} : { rule }),
      ...(why === undefined ? {} : { apicurio: { isCompatible: isError ? null : !isCompatible, why } }),
    });
  }
  return pairs;
}
