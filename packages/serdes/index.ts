export { type AvroReader, avroCodec, avroReader } from './src/avro/avro-codec.ts';
export { type AvroJson, avroJson } from './src/avro/avro-json.ts';
export type {
  AvroArray,
  AvroEnum,
  AvroField,
  AvroFixed,
  AvroMap,
  AvroNamed,
  AvroRecord,
  AvroSchema,
  AvroUnion,
} from './src/avro/avro-schema.ts';
export { fullNameOf, isNamed, typeNameOf } from './src/avro/avro-schema.ts';
export { ParsedAvroSchema } from './src/avro/parsed-avro.ts';
export type { AvroValueOptions } from './src/avro/value-form.ts';
export { BoundedCache } from './src/bounded-cache.ts';
export { ByteWriter } from './src/byte-writer.ts';
export type { Codec } from './src/codec.ts';
export { Decimal } from './src/decimal.ts';
export {
  createDeserializer,
  Deserializer,
  type DeserializerOptions,
  type SourcePlace,
  type SourceRecord,
} from './src/deserializer.ts';
export {
  isSameJson,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  jsonText,
  sortedJson,
} from './src/json/json-value.ts';
export { parseJson } from './src/json/parse-json.ts';
export { type JsonSchemaCodecOptions, jsonSchemaCodec } from './src/json-schema/json-schema-codec.ts';
export { ParsedJsonSchema } from './src/json-schema/parsed-json-schema.ts';
export {
  type ArrayNode,
  type CombinedNode,
  type JsonSchemaNode,
  type NumberNode,
  nodeText,
  type ObjectNode,
  type StringNode,
} from './src/json-schema/schema-node.ts';
export { parseSchema } from './src/parse-schema.ts';
export type { ProtobufCodecOptions } from './src/protobuf/message-codec.ts';
export { messageIndexes, messageNameAt } from './src/protobuf/message-indexes.ts';
export { ParsedProtobufSchema } from './src/protobuf/parsed-protobuf.ts';
export type {
  ProtoEnum,
  ProtoField,
  ProtoFile,
  ProtoGroup,
  ProtoMessage,
  ProtoOneof,
  ProtoOption,
} from './src/protobuf/proto-file.ts';
export { allFields, isGroup, isScalar } from './src/protobuf/proto-file.ts';
export type { EnumEntry, MessageEntry, ProtoNames, TypeEntry } from './src/protobuf/proto-names.ts';
export { protobufCodec } from './src/protobuf/protobuf-codec.ts';
export { type ProtobufJson, type ProtobufJsonOptions, protobufJson } from './src/protobuf/protobuf-json.ts';
export {
  createRegistryClient,
  type RegisteredId,
  type RegisteredVersion,
  type RegisterOptions,
  RegistryClient,
  type RegistryClientOptions,
  type SchemaById,
  type SchemaVersion,
} from './src/registry-client.ts';
export { RegistryClientError, type RegistryClientErrorCode } from './src/registry-client-error.ts';
export type { RegistryAuth, RegistryRequestOptions } from './src/registry-request.ts';
export type { ParsedSchema, ReferencedTexts, SchemaReference, SchemaSource, SchemaType } from './src/schema.ts';
export type { CodecOptions } from './src/schema-codecs.ts';
export type { ReferencedDefinition, SchemaDefinition } from './src/schema-definition.ts';
export { SchemaError } from './src/schema-error.ts';
export { type RecordPlace, SerializationError, type ValuePath } from './src/serialization-error.ts';
export { createSerializer, Serializer, type SerializerOptions } from './src/serializer.ts';
export { type RecordPart, type SubjectNameStrategy, subjectName } from './src/subject-name.ts';
export { propertyName, quoted, type TypeDeclarations, TypeNames, tsDoc } from './src/types/declarations.ts';
export { typesOf } from './src/types/index.ts';
export {
  idPrefix,
  idPrefixBytes,
  readId,
  readMessageIndexes,
  readSchemaHeader,
  schemaIdHeader,
  type WireHeader,
} from './src/wire-format.ts';
