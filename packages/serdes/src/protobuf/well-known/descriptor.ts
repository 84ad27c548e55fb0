/** Fields as `name type number`; `*` says repeated, `!` required, `packed` itself. What is nested has its owner's name before a dot. */
const messages: Readonly<Record<string, string>> = {
  FileDescriptorSet: 'file *FileDescriptorProto 1',
  FileDescriptorProto:
    'name string 1, package string 2, dependency *string 3, public_dependency *int32 10, weak_dependency *int32 11, option_dependency *string 15, message_type *DescriptorProto 4, enum_type *EnumDescriptorProto 5, service *ServiceDescriptorProto 6, extension *FieldDescriptorProto 7, options FileOptions 8, source_code_info SourceCodeInfo 9, syntax string 12, edition Edition 14',
  DescriptorProto:
    'name string 1, field *FieldDescriptorProto 2, extension *FieldDescriptorProto 6, nested_type *DescriptorProto 3, enum_type *EnumDescriptorProto 4, extension_range *ExtensionRange 5, oneof_decl *OneofDescriptorProto 8, options MessageOptions 7, reserved_range *ReservedRange 9, reserved_name *string 10, visibility SymbolVisibility 11',
  'DescriptorProto.ExtensionRange': 'start int32 1, end int32 2, options ExtensionRangeOptions 3',
  'DescriptorProto.ReservedRange': 'start int32 1, end int32 2',
  ExtensionRangeOptions:
    'uninterpreted_option *UninterpretedOption 999, declaration *Declaration 2, features FeatureSet 50, verification VerificationState 3',
  'ExtensionRangeOptions.Declaration':
    'number int32 1, full_name string 2, type string 3, reserved bool 5, repeated bool 6',
  FieldDescriptorProto:
    'name string 1, number int32 3, label Label 4, type Type 5, type_name string 6, extendee string 2, default_value string 7, oneof_index int32 9, json_name string 10, options FieldOptions 8, proto3_optional bool 17',
  OneofDescriptorProto: 'name string 1, options OneofOptions 2',
  EnumDescriptorProto:
    'name string 1, value *EnumValueDescriptorProto 2, options EnumOptions 3, reserved_range *EnumReservedRange 4, reserved_name *string 5, visibility SymbolVisibility 6',
  'EnumDescriptorProto.EnumReservedRange': 'start int32 1, end int32 2',
  EnumValueDescriptorProto: 'name string 1, number int32 2, options EnumValueOptions 3',
  ServiceDescriptorProto: 'name string 1, method *MethodDescriptorProto 2, options ServiceOptions 3',
  MethodDescriptorProto:
    'name string 1, input_type string 2, output_type string 3, options MethodOptions 4, client_streaming bool 5, server_streaming bool 6',
  FileOptions:
    'java_package string 1, java_outer_classname string 8, java_multiple_files bool 10, java_generate_equals_and_hash bool 20, java_string_check_utf8 bool 27, optimize_for OptimizeMode 9, go_package string 11, cc_generic_services bool 16, java_generic_services bool 17, py_generic_services bool 18, deprecated bool 23, cc_enable_arenas bool 31, objc_class_prefix string 36, csharp_namespace string 37, swift_prefix string 39, php_class_prefix string 40, php_namespace string 41, php_metadata_namespace string 44, ruby_package string 45, features FeatureSet 50, uninterpreted_option *UninterpretedOption 999',
  MessageOptions:
    'message_set_wire_format bool 1, no_standard_descriptor_accessor bool 2, deprecated bool 3, map_entry bool 7, deprecated_legacy_json_field_conflicts bool 11, features FeatureSet 12, uninterpreted_option *UninterpretedOption 999',
  FieldOptions:
    'ctype CType 1, packed bool 2, jstype JSType 6, lazy bool 5, unverified_lazy bool 15, deprecated bool 3, weak bool 10, debug_redact bool 16, retention OptionRetention 17, targets *OptionTargetType 19, edition_defaults *EditionDefault 20, features FeatureSet 21, feature_support FeatureSupport 22, uninterpreted_option *UninterpretedOption 999',
  'FieldOptions.EditionDefault': 'edition Edition 3, value string 2',
  'FieldOptions.FeatureSupport':
    'edition_introduced Edition 1, edition_deprecated Edition 2, deprecation_warning string 3, edition_removed Edition 4',
  OneofOptions: 'features FeatureSet 1, uninterpreted_option *UninterpretedOption 999',
  EnumOptions:
    'allow_alias bool 2, deprecated bool 3, deprecated_legacy_json_field_conflicts bool 6, features FeatureSet 7, uninterpreted_option *UninterpretedOption 999',
  EnumValueOptions:
    'deprecated bool 1, features FeatureSet 2, debug_redact bool 3, feature_support FieldOptions.FeatureSupport 4, uninterpreted_option *UninterpretedOption 999',
  ServiceOptions: 'features FeatureSet 34, deprecated bool 33, uninterpreted_option *UninterpretedOption 999',
  MethodOptions:
    'deprecated bool 33, idempotency_level IdempotencyLevel 34, features FeatureSet 35, uninterpreted_option *UninterpretedOption 999',
  UninterpretedOption:
    'name *NamePart 2, identifier_value string 3, positive_int_value uint64 4, negative_int_value int64 5, double_value double 6, string_value bytes 7, aggregate_value string 8',
  'UninterpretedOption.NamePart': 'name_part !string 1, is_extension !bool 2',
  FeatureSet:
    'field_presence FieldPresence 1, enum_type EnumType 2, repeated_field_encoding RepeatedFieldEncoding 3, utf8_validation Utf8Validation 4, message_encoding MessageEncoding 5, json_format JsonFormat 6, enforce_naming_style EnforceNamingStyle 7',
  SourceCodeInfo: 'location *Location 1',
  'SourceCodeInfo.Location':
    'path *int32 1 packed, span *int32 2 packed, leading_comments string 3, trailing_comments string 4, leading_detached_comments *string 6',
  GeneratedCodeInfo: 'annotation *Annotation 1',
  'GeneratedCodeInfo.Annotation':
    'path *int32 1 packed, source_file string 2, begin int32 3, end int32 4, semantic Semantic 5',
};

/** Values as `NAME number`. */
const enums: Readonly<Record<string, string>> = {
  Edition:
    'EDITION_UNKNOWN 0, EDITION_LEGACY 900, EDITION_PROTO2 998, EDITION_PROTO3 999, EDITION_2023 1000, EDITION_2024 1001, EDITION_1_TEST_ONLY 1, EDITION_2_TEST_ONLY 2, EDITION_99997_TEST_ONLY 99997, EDITION_99998_TEST_ONLY 99998, EDITION_99999_TEST_ONLY 99999, EDITION_MAX 2147483647',
  SymbolVisibility: 'VISIBILITY_UNSET 0, VISIBILITY_LOCAL 1, VISIBILITY_EXPORT 2',
  'ExtensionRangeOptions.VerificationState': 'DECLARATION 0, UNVERIFIED 1',
  'FieldDescriptorProto.Type':
    'TYPE_DOUBLE 1, TYPE_FLOAT 2, TYPE_INT64 3, TYPE_UINT64 4, TYPE_INT32 5, TYPE_FIXED64 6, TYPE_FIXED32 7, TYPE_BOOL 8, TYPE_STRING 9, TYPE_GROUP 10, TYPE_MESSAGE 11, TYPE_BYTES 12, TYPE_UINT32 13, TYPE_ENUM 14, TYPE_SFIXED32 15, TYPE_SFIXED64 16, TYPE_SINT32 17, TYPE_SINT64 18',
  'FieldDescriptorProto.Label': 'LABEL_OPTIONAL 1, LABEL_REPEATED 3, LABEL_REQUIRED 2',
  'FileOptions.OptimizeMode': 'SPEED 1, CODE_SIZE 2, LITE_RUNTIME 3',
  'FieldOptions.CType': 'STRING 0, CORD 1, STRING_PIECE 2',
  'FieldOptions.JSType': 'JS_NORMAL 0, JS_STRING 1, JS_NUMBER 2',
  'FieldOptions.OptionRetention': 'RETENTION_UNKNOWN 0, RETENTION_RUNTIME 1, RETENTION_SOURCE 2',
  'FieldOptions.OptionTargetType':
    'TARGET_TYPE_UNKNOWN 0, TARGET_TYPE_FILE 1, TARGET_TYPE_EXTENSION_RANGE 2, TARGET_TYPE_MESSAGE 3, TARGET_TYPE_FIELD 4, TARGET_TYPE_ONEOF 5, TARGET_TYPE_ENUM 6, TARGET_TYPE_ENUM_ENTRY 7, TARGET_TYPE_SERVICE 8, TARGET_TYPE_METHOD 9',
  'MethodOptions.IdempotencyLevel': 'IDEMPOTENCY_UNKNOWN 0, NO_SIDE_EFFECTS 1, IDEMPOTENT 2',
  'FeatureSet.FieldPresence': 'FIELD_PRESENCE_UNKNOWN 0, EXPLICIT 1, IMPLICIT 2, LEGACY_REQUIRED 3',
  'FeatureSet.EnumType': 'ENUM_TYPE_UNKNOWN 0, OPEN 1, CLOSED 2',
  'FeatureSet.RepeatedFieldEncoding': 'REPEATED_FIELD_ENCODING_UNKNOWN 0, PACKED 1, EXPANDED 2',
  'FeatureSet.Utf8Validation': 'UTF8_VALIDATION_UNKNOWN 0, VERIFY 2, NONE 3',
  'FeatureSet.MessageEncoding': 'MESSAGE_ENCODING_UNKNOWN 0, LENGTH_PREFIXED 1, DELIMITED 2',
  'FeatureSet.JsonFormat': 'JSON_FORMAT_UNKNOWN 0, ALLOW 1, LEGACY_BEST_EFFORT 2',
  'FeatureSet.EnforceNamingStyle': 'ENFORCE_NAMING_STYLE_UNKNOWN 0, STYLE2024 1, STYLE_LEGACY 2',
  'GeneratedCodeInfo.Annotation.Semantic': 'NONE 0, SET 1, ALIAS 2',
};

/** Files as data: names and numbers of https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto */
export const descriptorText = `syntax = "proto2";\npackage google.protobuf;\n${inside('')}`;

function inside(owner: string): string {
  const isHere = (name: string) => name.startsWith(owner) && !name.slice(owner.length).includes('.');
  const messageTexts = Object.keys(messages)
    .filter(isHere)
    .map((name) => `message ${name.slice(owner.length)} {\n${fieldsOf(name)}${inside(`${name}.`)}}\n`);
  const enumTexts = Object.keys(enums)
    .filter(isHere)
    .map(
      (name) => `enum ${name.slice(owner.length)} {\n${enums[name]!.replace(/(\w+) (\d+)(?:, )?/g, '$1 = $2;\n')}}\n`,
    );
  return messageTexts.join('') + enumTexts.join('');
}

function fieldsOf(message: string): string {
  const lines = messages[message]!.split(', ').map((field) => {
    const [name, marked, number, packed] = field.split(' ') as [string, string, string, string?];
    const label = { '*': 'repeated', '!': 'required' }[marked[0]!] ?? 'optional';
    return `${label} ${marked.replace(/^[*!]/, '')} ${name} = ${number}${packed ? ' [packed = true]' : ''};\n`;
  });
  if (/Options$/.test(message)) lines.push('extensions 1000 to max;\n');
  return lines.join('');
}
