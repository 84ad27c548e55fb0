/** Files that protoc understands, with what there is in Protobuf. */
export const proto3Text = `syntax = "proto3";
package test.three;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
option java_package = "com.example";
option optimize_for = CODE_SIZE;
message All {
  option deprecated = true;
  reserved 900 to 910, 950;
  reserved "gone";
  int32 a_int32 = 1; int64 a_int64 = 2; uint32 a_uint32 = 3; uint64 a_uint64 = 4; sint32 a_sint32 = 5; sint64 a_sint64 = 6;
  fixed32 a_fixed32 = 7; fixed64 a_fixed64 = 8; sfixed32 a_sfixed32 = 9; sfixed64 a_sfixed64 = 10; float a_float = 11; double a_double = 12;
  bool a_bool = 13; string a_string = 14; bytes a_bytes = 15; Color color = 16; Nested nested = 17;
  optional int32 o_int32 = 18; optional string o_string = 19; optional Color o_color = 20; optional bytes o_bytes = 21; optional double o_double = 22;
  repeated int32 r_int32 = 31; repeated int64 r_int64 = 32; repeated uint32 r_uint32 = 33; repeated uint64 r_uint64 = 34; repeated sint32 r_sint32 = 35;
  repeated sint64 r_sint64 = 36; repeated fixed32 r_fixed32 = 37; repeated fixed64 r_fixed64 = 38; repeated sfixed32 r_sfixed32 = 39;
  repeated sfixed64 r_sfixed64 = 40; repeated float r_float = 41; repeated double r_double = 42; repeated bool r_bool = 43;
  repeated string r_string = 44; repeated bytes r_bytes = 45; repeated Color r_color = 46; repeated Nested r_nested = 47;
  repeated int32 unpacked = 48 [packed = false]; string custom = 49 [json_name = "some-name"]; int32 old = 50 [deprecated = true, jstype = JS_NORMAL];
  map<string, int32> m_string = 61; map<int32, string> m_int32 = 62; map<int64, Nested> m_int64 = 63; map<bool, bytes> m_bool = 64;
  map<uint64, Color> m_uint64 = 65; map<sint32, double> m_sint32 = 66; map<fixed32, bool> m_fixed32 = 67; map<sfixed64, float> m_sfixed64 = 68;
  oneof choice { int32 c_int32 = 71; string c_string = 72; Nested c_nested = 73; Color c_color = 74; bytes c_bytes = 75; }
  google.protobuf.Timestamp at = 81; google.protobuf.Duration took = 82; google.protobuf.Struct struct = 83; google.protobuf.Value value = 84;
  google.protobuf.ListValue list = 85; google.protobuf.FieldMask mask = 86; google.protobuf.Empty empty = 87;
  google.protobuf.DoubleValue w_double = 88; google.protobuf.Int64Value w_int64 = 89; google.protobuf.StringValue w_string = 90;
  google.protobuf.BytesValue w_bytes = 91; google.protobuf.BoolValue w_bool = 92; google.protobuf.UInt32Value w_uint32 = 93; google.protobuf.FloatValue w_float = 94;
  repeated google.protobuf.Timestamp times = 95; map<string, google.protobuf.Duration> durations = 96; google.protobuf.NullValue nothing = 97;
  All again = 99;
  int32 far = 536870911;
  message Nested { int32 x = 1; string y = 2; Nested more = 3; repeated int64 list = 4; enum Inner { I = 0; J = -1; } Inner inner = 5; }
}
enum Color { option allow_alias = true; RED = 0; GREEN = 1; BLUE = 2; LIME = 1; NEGATIVE = -5; reserved 10 to 20, 30; reserved "PINK"; }
service Shop { option deprecated = true; rpc Get(All) returns (stream All.Nested); rpc Put(stream All) returns (All) { option idempotency_level = IDEMPOTENT; } }
`;

export const proto2Text = `syntax = "proto2";
package test.two;
message All {
  required int32 needed = 1; optional string text = 2 [default = "a\\"b\\n\\303\\244"]; optional bytes data = 3 [default = "\\000\\377x\\\\"];
  optional double number = 4 [default = -inf]; optional Kind kind = 5 [default = SECOND]; optional int64 great = 6 [default = -0x10];
  optional float small = 7 [default = 1.5e-3]; optional bool flag = 8 [default = true];
  repeated int32 list = 9; repeated int32 packed = 10 [packed = true]; repeated Kind kinds = 11;
  optional group Part = 12 { optional int32 x = 1; repeated group Bit = 2 { optional string y = 1; } }
  oneof choice { int32 a = 21; group Other = 22 { optional int32 z = 1; } }
  map<string, All> by_name = 23;
  extensions 100 to 199, 500 to max;
  extend All { optional string inner_ext = 100; }
  enum Kind { FIRST = 1; SECOND = 2; }
}
extend All { optional int32 ext = 101; repeated All.Kind ext_kinds = 102; optional All.Part ext_part = 103; }
`;

export const optionsText = `syntax = "proto3";
package test.opts;
import "google/protobuf/descriptor.proto";
message Rule { string name = 1; repeated int32 numbers = 2; Rule inner = 3; map<string, int64> weights = 4; double factor = 5; bytes data = 6; Level level = 7; bool on = 8; }
enum Level { LOW = 0; HIGH = 1; }
extend google.protobuf.FieldOptions { Rule rule = 50001; repeated string tags = 50002; Level level = 50003; uint64 limit = 50004; float ratio = 50005; }
extend google.protobuf.MessageOptions { bool audited = 50001; }
extend google.protobuf.FileOptions { string owner = 50001; }
option (owner) = "me";
message M {
  option (audited) = true;
  int32 a = 1 [(rule) = { name: "n" numbers: [1, 2] numbers: 3 inner { name: 'it\\'s' on: true } weights { key: "k" value: 7 } factor: -inf data: "\\001\\377" level: HIGH }, (tags) = "x", (tags) = "y", (level) = HIGH];
  int32 b = 2 [(test.opts.rule).inner.name = "deep", (rule).factor = 2.5, (limit) = 18446744073709551615, (ratio) = 0.1];
}
`;

export const editionText = `edition = "2023";
package test.edition;
option features.field_presence = IMPLICIT;
message All {
  int32 implicit = 1; int32 explicit = 2 [features.field_presence = EXPLICIT]; int32 needed = 3 [features.field_presence = LEGACY_REQUIRED];
  repeated int32 packed = 4; repeated int32 expanded = 5 [features.repeated_field_encoding = EXPANDED];
  Part part = 6 [features.message_encoding = DELIMITED]; repeated Part parts = 7 [features = { message_encoding: DELIMITED }]; Closed closed = 8 [features.field_presence = EXPLICIT]; Open open = 9;
  reserved gone; reserved 20 to 30;
  message Part { int32 x = 1; string y = 2; }
}
enum Closed { option features.enum_type = CLOSED; A = 1; B = 2; }
enum Open { C = 0; D = 1; }
`;
