import {
  allFields,
  isGroup,
  isScalar,
  type MessageEntry,
  type ProtoField,
  type ProtoNames,
  type ProtoOption,
} from '@headwater/serdes';
import { decimalPrecisionDefault } from '../connect/connect-schema.ts';

/** How ksqlDB's properties of the format say that null is to be told from a default. */
export interface ProtobufOptions {
  /** `wrapper`: scalars in messages of their own; `optional`: proto3's word; null: null becomes the default of the type. */
  readonly nullable: 'wrapper' | 'optional' | null;
  /** Whether messages such as google.protobuf.Int32Value are their value. */
  readonly unwraps: boolean;
}

export function protobufOptions(properties: ReadonlyMap<string, string>): ProtobufOptions {
  const nullable = properties.get('nullableRepresentation');
  return {
    nullable: nullable === 'wrapper' || nullable === 'optional' ? nullable : null,
    unwraps: nullable === 'wrapper' || properties.get('unwrapPrimitives')?.toLowerCase() === 'true',
  };
}

/** A field of a message, with what its type means to Connect. */
export interface FieldShape {
  readonly name: string;
  readonly number: number;
  readonly isRepeated: boolean;
  /** Whether a field that was not written is told from one with the default. */
  readonly hasPresence: boolean;
  readonly isPacked: boolean;
  readonly value: ValueShape;
  /** The name of the oneof that it is in. */
  readonly oneof: string | undefined;
}

export type ValueShape =
  | { readonly kind: 'scalar'; readonly scalar: string }
  | {
      readonly kind: 'enum';
      readonly numbers: ReadonlyMap<string, number>;
      readonly names: ReadonlyMap<number, string>;
    }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'date' | 'time' | 'timestamp' }
  /** A message whose only field `value` is what counts. */
  | { readonly kind: 'wrapper'; readonly scalar: string }
  | { readonly kind: 'message'; readonly entry: MessageEntry }
  | { readonly kind: 'map'; readonly key: ValueShape; readonly value: ValueShape };

const wellKnown: Readonly<Record<string, 'date' | 'time' | 'timestamp'>> = {
  'google.type.Date': 'date',
  'google.type.TimeOfDay': 'time',
  'google.protobuf.Timestamp': 'timestamp',
};

const wrappers: Readonly<Record<string, string>> = {
  'google.protobuf.DoubleValue': 'double',
  'google.protobuf.FloatValue': 'float',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.UInt64Value': 'uint64',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.UInt32Value': 'uint32',
  'google.protobuf.BoolValue': 'bool',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'bytes',
};

/** The scalar that a message is only a wrapper of. */
export function wrappedScalar({ fullName }: MessageEntry): string | undefined {
  return wrappers[fullName];
}

/** The fields of a message in the order that Connect has them: those of oneofs first. Groups are passed over. */
export function fieldShapes(names: ProtoNames, entry: MessageEntry, options: ProtobufOptions): FieldShape[] {
  const shapes: FieldShape[] = [];
  for (const { field, oneof } of allFields(entry.message)) {
    if (isGroup(field)) continue;
    const value = valueShape(names, entry, field, options);
    if (value === undefined) continue;
    const isRepeated = field.label === 'repeated' || field.mapKey !== undefined;
    const isProto3 = entry.file.syntax === 'proto3';
    shapes.push({
      name: field.name,
      number: field.number,
      isRepeated,
      hasPresence: oneof !== undefined || (isProto3 ? field.label === 'optional' : !isRepeated),
      isPacked:
        isRepeated && isPackable(value) && (packedOption(field) ?? (isProto3 || entry.file.edition !== undefined)),
      value,
      oneof: oneof?.name,
    });
  }
  return [...shapes.filter(({ oneof }) => oneof !== undefined), ...shapes.filter(({ oneof }) => oneof === undefined)];
}

/** What the struct's field is called that stands for a oneof. */
export function oneofFieldName(entry: MessageEntry, oneof: string): string {
  return `${oneof}_${entry.message.oneofs.findIndex(({ name }) => name === oneof)}`;
}

function valueShape(
  names: ProtoNames,
  entry: MessageEntry,
  field: ProtoField,
  options: ProtobufOptions,
): ValueShape | undefined {
  if (field.mapKey !== undefined) {
    const value = typeShape(names, entry, field.type, field.options, options);
    return value && { kind: 'map', key: { kind: 'scalar', scalar: field.mapKey }, value };
  }
  const shape = typeShape(names, entry, field.type, field.options, options);
  if (shape?.kind !== 'message' || field.label !== 'repeated') return shape;
  return entryShape(names, shape.entry, options) ?? shape;
}

/** Connect's way to write a map: repeated messages called `…Entry` with a key and a value. */
function entryShape(names: ProtoNames, entry: MessageEntry, options: ProtobufOptions): ValueShape | undefined {
  const { fields, oneofs, groups } = entry.message;
  const [key, value] = fields;
  if (!entry.message.name.endsWith('Entry') || fields.length !== 2 || oneofs.length + groups.length > 0)
    return undefined;
  if (key!.name !== 'key' || value!.name !== 'value' || [key!, value!].some(({ label }) => label === 'repeated')) {
    return undefined;
  }
  const keyShape = typeShape(names, entry, key!.type, key!.options, options);
  const shape = typeShape(names, entry, value!.type, value!.options, options);
  return keyShape && shape && { kind: 'map', key: keyShape, value: shape };
}

function typeShape(
  names: ProtoNames,
  scope: MessageEntry,
  type: string,
  fieldOptions: readonly ProtoOption[],
  options: ProtobufOptions,
): ValueShape | undefined {
  if (isScalar(type)) return { kind: 'scalar', scalar: type };
  const entry = names.resolveType(type, scope.fullName);
  if (entry === undefined) return undefined;
  if (entry.kind === 'enum') {
    const { values } = entry.enum;
    return {
      kind: 'enum',
      numbers: new Map(values.map(({ name, number }) => [name, number])),
      // Of aliases the first is the name.
      names: new Map(values.toReversed().map(({ name, number }) => [number, name])),
    };
  }
  if (entry.fullName === 'confluent.type.Decimal') {
    const parameters = metaParameters(fieldOptions);
    const number = (name: string, otherwise: number) => Number(parameters.get(name) ?? otherwise);
    return { kind: 'decimal', precision: number('precision', decimalPrecisionDefault), scale: number('scale', 0) };
  }
  const known = wellKnown[entry.fullName];
  if (known !== undefined) return { kind: known };
  const scalar = wrappedScalar(entry);
  return scalar !== undefined && options.unwraps ? { kind: 'wrapper', scalar } : { kind: 'message', entry };
}

/** `[(confluent.field_meta) = {params: [{key: "precision", value: "4"}]}]` */
function metaParameters(options: readonly ProtoOption[]): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const option of options) {
    if (!option.isExtension || !option.name.endsWith('confluent.field_meta')) continue;
    const params =
      option.path[0] === 'params'
        ? option.value
        : option.value.kind === 'map'
          ? option.value.entries.get('params')
          : undefined;
    if (params === undefined) continue;
    for (const item of params.kind === 'list' ? params.items : [params]) {
      if (item.kind !== 'map') continue;
      const [key, value] = [item.entries.get('key'), item.entries.get('value')];
      if (key?.kind === 'string' && value?.kind === 'string') parameters.set(key.text, value.text);
    }
  }
  return parameters;
}

function packedOption(field: ProtoField): boolean | undefined {
  const value = field.options.find(({ name, isExtension }) => name === 'packed' && !isExtension)?.value;
  return value?.kind === 'boolean' ? value.isTrue : undefined;
}

function isPackable(shape: ValueShape): boolean {
  return shape.kind === 'enum' || (shape.kind === 'scalar' && shape.scalar !== 'string' && shape.scalar !== 'bytes');
}
