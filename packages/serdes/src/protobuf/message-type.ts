import { SchemaError } from '../schema-error.ts';
import { type Features, fileFeatures, withFeatures } from './features.ts';
import {
  allFields,
  groupFieldName,
  isGroup,
  isScalar,
  type ProtoField,
  type ProtoFile,
  type ProtoGroup,
  type ProtoOneof,
  type ScalarType,
} from './proto-file.ts';
import { type EnumEntry, type ExtensionEntry, type MessageEntry, type ProtoNames, resolved } from './proto-names.ts';

/** A message as records are made of it: all types are found, and what the syntax leaves unsaid is said. */
export interface MessageType {
  readonly fullName: string;
  /** In the order of their numbers; extensions that are known as well. Filled after the message can be referred to. */
  fields: readonly FieldType[];
}

export interface FieldType {
  /** As it is written; of extensions `[full.name]`. */
  readonly name: string;
  /** Name in JavaScript values: lowerCamelCase. */
  readonly property: string;
  readonly jsonName: string;
  readonly number: number;
  /** Of maps that of the values. */
  readonly type: ScalarType | 'enum' | 'message' | 'group';
  readonly message: MessageType | undefined;
  readonly enum: EnumType | undefined;
  /** The type of the keys; only maps have one. */
  readonly mapKey: ScalarType | undefined;
  readonly isRepeated: boolean;
  readonly isPacked: boolean;
  readonly isRequired: boolean;
  /** Whether a value that was not set differs from zero. */
  readonly hasPresence: boolean;
  readonly oneof: string | undefined;
}

export interface EnumType {
  readonly fullName: string;
  readonly numbers: ReadonlyMap<string, number>;
  /** Names of numbers; of names for the same number the first. */
  readonly names: ReadonlyMap<number, string>;
  /** Whether a number without a name is no value of it. */
  readonly isClosed: boolean;
  /** What it is when it was not set. */
  readonly zero: string | number;
}

/** `foo_bar` is `fooBar`: the rule for names in JSON. */
export function lowerCamel(name: string): string {
  return name.replace(/_+([A-Za-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}

/** Makes types of what names know; each once. */
export class MessageTypes {
  readonly #names: ProtoNames;
  readonly #messages = new Map<MessageEntry, MessageType>();
  readonly #enums = new Map<EnumEntry, EnumType>();
  /** Whose fields are not known yet: one after the other, as a schema may be a chain of very many. */
  readonly #unfilled: MessageEntry[] = [];
  #extensions: Map<string, ExtensionEntry[]> | undefined;

  constructor(names: ProtoNames) {
    this.#names = names;
  }

  /** @throws SchemaError when there is no such message */
  message(fullName: string): MessageType {
    const entry = this.#names.type(fullName);
    if (entry?.kind === 'message') {
      const type = this.#message(entry);
      for (let next = this.#unfilled.pop(); next !== undefined; next = this.#unfilled.pop()) this.#fill(next);
      return type;
    }
    throw new SchemaError(`There is no message ${fullName} in this schema`);
  }

  #message(entry: MessageEntry): MessageType {
    const known = this.#messages.get(entry);
    if (known !== undefined) return known;
    const type: MessageType = { fullName: entry.fullName, fields: [] };
    this.#messages.set(entry, type);
    this.#unfilled.push(entry);
    return type;
  }

  #fill(entry: MessageEntry): void {
    const features = this.#featuresOf(entry);
    const taken = new Set<string>();
    const fields = Array.from(allFields(entry.message), ({ field, oneof }) =>
      this.#field(field, oneof, entry.fullName, entry.file, features, taken),
    );
    for (const extension of this.#extensionsOf(entry.fullName)) fields.push(this.#extension(extension));
    this.#messages.get(entry)!.fields = fields.sort((a, b) => a.number - b.number);
  }

  #featuresOf(entry: MessageEntry): Features {
    const outer = entry.parent === undefined ? fileFeatures(entry.file) : this.#featuresOf(entry.parent);
    return entry.file.edition === undefined ? outer : withFeatures(outer, entry.message.options);
  }

  #field(
    field: ProtoField | ProtoGroup,
    oneof: ProtoOneof | undefined,
    scope: string,
    file: ProtoFile,
    outer: Features,
    taken: Set<string>,
  ): FieldType {
    const inOneof = oneof === undefined ? outer : withFeatures(outer, oneof.options);
    const features = file.edition === undefined ? outer : withFeatures(inOneof, field.options);
    const name = isGroup(field) ? groupFieldName(field) : field.name;
    const jsonName = (isGroup(field) ? undefined : field.jsonName) ?? lowerCamel(name);
    const type = isGroup(field) ? this.#typeOf(field.name, scope, 'group') : this.#typeOfField(field, scope, features);
    const isRepeated = field.label === 'repeated' && type.mapKey === undefined;
    const isRequired =
      field.label === 'required' ||
      (features.field_presence === 'LEGACY_REQUIRED' && !isRepeated && oneof === undefined);
    const isMessage = type.type === 'message' || type.type === 'group';
    return {
      name,
      property: propertyOf(name, field.number, taken),
      jsonName,
      number: field.number,
      ...type,
      isRepeated,
      isPacked:
        isRepeated && !isMessage && type.type !== 'string' && type.type !== 'bytes' && isPacked(field, features),
      isRequired,
      hasPresence:
        !isRepeated &&
        type.mapKey === undefined &&
        (isMessage ||
          isRequired ||
          oneof !== undefined ||
          field.label === 'optional' ||
          features.field_presence !== 'IMPLICIT'),
      oneof: oneof?.name,
    };
  }

  #extension({ fullName, field, scope, file, parent }: ExtensionEntry): FieldType {
    const outer = parent === undefined ? fileFeatures(file) : this.#featuresOf(parent);
    const type = this.#field(field, undefined, scope, file, outer, new Set());
    const name = `[${fullName}]`;
    return { ...type, name, property: name, jsonName: name, hasPresence: !type.isRepeated, isRequired: false };
  }

  #extensionsOf(fullName: string): ExtensionEntry[] {
    if (this.#extensions === undefined) {
      this.#extensions = new Map();
      for (const extension of this.#names.allExtensions()) {
        const extendee = this.#names.resolveType(extension.extendee, extension.scope)?.fullName;
        if (extendee === undefined) continue;
        const list = this.#extensions.get(extendee);
        if (list === undefined) this.#extensions.set(extendee, [extension]);
        else list.push(extension);
      }
    }
    return this.#extensions.get(fullName) ?? [];
  }

  #typeOfField(field: ProtoField, scope: string, features: Features): TypeOfField {
    if (field.mapKey !== undefined) {
      const value = this.#typeOf(field.type, scope, 'message');
      return { ...value, mapKey: field.mapKey as ScalarType };
    }
    const isDelimited = features.message_encoding === 'DELIMITED';
    const entry = isScalar(field.type) ? undefined : resolved(this.#names, field.type, scope, `${scope}.${field.name}`);
    if (entry?.kind !== 'message' || !entry.isMapEntry) {
      return this.#typeOf(field.type, scope, isDelimited ? 'group' : 'message');
    }
    const [key, value] = [1, 2].map((number) => entry.message.fields.find((each) => each.number === number));
    if (key === undefined || value === undefined)
      throw new SchemaError('A map entry has a key and a value', entry.fullName);
    return { ...this.#typeOf(value.type, entry.fullName, 'message'), mapKey: key.type as ScalarType };
  }

  #typeOf(type: string, scope: string, messageKind: 'message' | 'group'): TypeOfField {
    const none = { message: undefined, enum: undefined, mapKey: undefined };
    if (isScalar(type)) return { ...none, type };
    const entry = resolved(this.#names, type, scope, scope);
    if (entry.kind === 'enum') return { ...none, type: 'enum', enum: this.#enum(entry) };
    return { ...none, type: messageKind, message: this.#message(entry) };
  }

  #enum(entry: EnumEntry): EnumType {
    const known = this.#enums.get(entry);
    if (known !== undefined) return known;
    const { values, options } = entry.enum;
    const outer = entry.parent === undefined ? fileFeatures(entry.file) : this.#featuresOf(entry.parent);
    const isClosed = (entry.file.edition === undefined ? outer : withFeatures(outer, options)).enum_type === 'CLOSED';
    const names = new Map<number, string>();
    for (const { name, number } of values) if (!names.has(number)) names.set(number, name);
    const type: EnumType = {
      fullName: entry.fullName,
      numbers: new Map(values.map(({ name, number }) => [name, number])),
      names,
      isClosed,
      zero: names.get(0) ?? (isClosed ? values[0]!.name : 0),
    };
    this.#enums.set(entry, type);
    return type;
  }
}

type TypeOfField = Pick<FieldType, 'type' | 'message' | 'enum' | 'mapKey'>;

function isPacked(field: ProtoField | ProtoGroup, features: Features): boolean {
  const said = field.options.find(({ name, isExtension }) => name === 'packed' && !isExtension)?.value;
  return said?.kind === 'boolean' ? said.isTrue : features.repeated_field_encoding === 'PACKED';
}

/** Two names may become one: the second one stays as it is written. */
function propertyOf(name: string, number: number, taken: Set<string>): string {
  const property = [lowerCamel(name), name].find((each) => each !== '' && each !== '__proto__' && !taken.has(each));
  const result = property ?? `${name}$${number}`;
  taken.add(result);
  return result;
}
