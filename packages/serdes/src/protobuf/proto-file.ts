/**
 * A `.proto` file as it is written down, without its comments. Plain data, not changed after it was made. Inside a message things
 * stand by their kind, as in the text that a registry keeps.
 */
export interface ProtoFile {
  /** `proto2` is also what a file without one is. */
  readonly syntax: 'proto2' | 'proto3' | undefined;
  /** `2023` or `2024`: in place of a syntax. */
  readonly edition: string | undefined;
  readonly package: string | undefined;
  readonly imports: readonly string[];
  readonly publicImports: readonly string[];
  readonly weakImports: readonly string[];
  readonly options: readonly ProtoOption[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  readonly extends: readonly ProtoExtend[];
  readonly services: readonly ProtoService[];
}

export interface ProtoMessage {
  readonly name: string;
  readonly reserved: readonly ProtoReserved[];
  readonly options: readonly ProtoOption[];
  readonly fields: readonly ProtoField[];
  readonly oneofs: readonly ProtoOneof[];
  readonly groups: readonly ProtoGroup[];
  readonly extensions: readonly ProtoExtensions[];
  readonly extends: readonly ProtoExtend[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
}

export type ProtoLabel = 'optional' | 'required' | 'repeated';

export interface ProtoField {
  readonly label: ProtoLabel | undefined;
  /** A scalar, or a name as it is written; of a map the type of its values. */
  readonly type: string;
  /** The type of the keys of a map. */
  readonly mapKey: string | undefined;
  readonly name: string;
  readonly number: number;
  /** Without `default` and `json_name`, which look like options only. */
  readonly options: readonly ProtoOption[];
  readonly defaultValue: OptionValue | undefined;
  readonly jsonName: string | undefined;
}

/** A field and the message that is its type, in one: proto2's oldest way to nest. */
export interface ProtoGroup {
  readonly label: ProtoLabel | undefined;
  readonly name: string;
  readonly number: number;
  readonly options: readonly ProtoOption[];
  readonly message: ProtoMessage;
}

export interface ProtoOneof {
  readonly name: string;
  readonly options: readonly ProtoOption[];
  readonly fields: readonly ProtoField[];
  readonly groups: readonly ProtoGroup[];
}

export interface ProtoEnum {
  readonly name: string;
  readonly reserved: readonly ProtoReserved[];
  readonly options: readonly ProtoOption[];
  readonly values: readonly ProtoEnumValue[];
}

export interface ProtoEnumValue {
  readonly name: string;
  readonly number: number;
  readonly options: readonly ProtoOption[];
}

/** Both ends belong to it. `isSingle`: written as one number. */
export interface ProtoRange {
  readonly first: number;
  readonly last: number;
  readonly isSingle: boolean;
}

export interface ProtoReserved {
  readonly values: readonly (string | ProtoRange)[];
}

export interface ProtoExtensions {
  readonly ranges: readonly ProtoRange[];
  readonly options: readonly ProtoOption[];
}

export interface ProtoExtend {
  /** The message that is extended, as it is written. */
  readonly name: string;
  readonly fields: readonly ProtoField[];
  readonly groups: readonly ProtoGroup[];
}

export interface ProtoService {
  readonly name: string;
  readonly options: readonly ProtoOption[];
  readonly methods: readonly ProtoMethod[];
}

export interface ProtoMethod {
  readonly name: string;
  readonly requestType: string;
  readonly responseType: string;
  readonly isRequestStream: boolean;
  readonly isResponseStream: boolean;
  readonly options: readonly ProtoOption[];
}

/** `(name).path.(more) = value`; names of extensions in `path` keep their parentheses. */
export interface ProtoOption {
  readonly name: string;
  readonly isExtension: boolean;
  readonly path: readonly string[];
  readonly value: OptionValue;
}

export type OptionValue =
  | { readonly kind: 'string'; readonly text: string }
  /** A string of bytes that are no UTF-8, one character each. */
  | { readonly kind: 'bytes'; readonly latin1: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly isTrue: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'map'; readonly entries: OptionMap }
  | { readonly kind: 'list'; readonly items: readonly OptionValue[] };

/** In the order of first appearance; what is given again makes a list. Extensions keep their brackets: `[a.b]`. */
export type OptionMap = ReadonlyMap<string, OptionValue>;

export const fieldNumberMax = 536_870_911;
export const enumNumberMax = 2_147_483_647;

export const scalarTypes = [
  'double',
  'float',
  'int64',
  'uint64',
  'int32',
  'fixed64',
  'fixed32',
  'bool',
  'string',
  'bytes',
  'uint32',
  'sfixed32',
  'sfixed64',
  'sint32',
  'sint64',
] as const;
export type ScalarType = (typeof scalarTypes)[number];

const scalars: ReadonlySet<string> = new Set(scalarTypes);

export function isScalar(type: string): type is ScalarType {
  return scalars.has(type);
}

/** Whether the message is what stands behind a map field where a file was given in its binary form. */
export function isMapEntry(message: ProtoMessage): boolean {
  return message.options.some(
    ({ name, isExtension, value }) => name === 'map_entry' && !isExtension && value.kind === 'boolean' && value.isTrue,
  );
}

/** Fields of the message itself and of its oneofs and groups, with the oneof they are in. */
export function* allFields(
  message: ProtoMessage,
): Iterable<{ field: ProtoField | ProtoGroup; oneof: ProtoOneof | undefined }> {
  for (const field of message.fields) yield { field, oneof: undefined };
  for (const oneof of message.oneofs) {
    for (const field of oneof.fields) yield { field, oneof };
    for (const field of oneof.groups) yield { field, oneof };
  }
  for (const field of message.groups) yield { field, oneof: undefined };
}

/** The name of the field that a group makes. */
export function groupFieldName(group: ProtoGroup): string {
  return group.name.toLowerCase();
}

export function isGroup(field: ProtoField | ProtoGroup): field is ProtoGroup {
  return 'message' in field;
}

/** All groups of a message: each is a type that is nested in it. */
export function groupsOf(message: Pick<ProtoMessage, 'groups' | 'oneofs' | 'extends'>): ProtoGroup[] {
  return [
    ...message.oneofs.flatMap(({ groups }) => groups),
    ...message.groups,
    ...message.extends.flatMap(({ groups }) => groups),
  ];
}
