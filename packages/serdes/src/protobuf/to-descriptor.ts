import type {
  EnumDescriptor,
  FieldDescriptor,
  FileDescriptor,
  MessageDescriptor,
  Options,
} from './descriptor-object.ts';
import { lowerCamel } from './message-type.ts';
import { floatOf, OptionObjects } from './option-object.ts';
import {
  groupFieldName,
  groupsOf,
  isGroup,
  isScalar,
  type OptionValue,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoGroup,
  type ProtoMessage,
  type ProtoOption,
} from './proto-file.ts';
import { type ProtoNames, resolved } from './proto-names.ts';

/** The file as a FileDescriptorProto, without the names of JSON that go without saying and without places in the text. */
export function toDescriptor(file: ProtoFile, names: ProtoNames, name: string): FileDescriptor {
  return new Describer(file, names).file(name);
}

class Describer {
  readonly #file: ProtoFile;
  readonly #names: ProtoNames;
  readonly #options: OptionObjects;

  constructor(file: ProtoFile, names: ProtoNames) {
    this.#file = file;
    this.#names = names;
    this.#options = new OptionObjects(names);
  }

  file(name: string): FileDescriptor {
    const file = this.#file;
    const scope = file.package ?? '';
    const { imports, publicImports, weakImports } = file;
    const groups = file.extends.flatMap((extend) => extend.groups);
    return {
      name,
      ...(file.package === undefined ? {} : { package: file.package }),
      dependency: [...imports, ...publicImports, ...weakImports],
      publicDependency: publicImports.map((_, index) => imports.length + index),
      weakDependency: weakImports.map((_, index) => imports.length + publicImports.length + index),
      messageType: [...file.messages, ...groups.map(({ message }) => message)].map((each) =>
        this.#message(each, scope),
      ),
      enumType: file.enums.map((each) => this.#enum(each, scope)),
      service: file.services.map((service) => ({
        name: service.name,
        method: service.methods.map((method) => ({
          name: method.name,
          inputType: this.#typeName(method.requestType, scope),
          outputType: this.#typeName(method.responseType, scope),
          ...this.#withOptions('MethodOptions', method.options, scope),
          ...(method.isRequestStream ? { clientStreaming: true } : {}),
          ...(method.isResponseStream ? { serverStreaming: true } : {}),
        })),
        ...this.#withOptions('ServiceOptions', service.options, scope),
      })),
      extension: this.#extensions(file.extends, scope),
      ...this.#withOptions('FileOptions', file.options, scope),
      ...(file.edition === undefined ? {} : { syntax: 'editions', edition: `EDITION_${file.edition}` }),
      ...(file.syntax === undefined ? {} : { syntax: file.syntax }),
    };
  }

  #withOptions(kind: string, options: readonly ProtoOption[], scope: string): { options?: Options } {
    const object = this.#options.toObject(kind, options, scope);
    return object === undefined ? {} : { options: object };
  }

  #typeName(name: string, scope: string): string {
    return `.${resolved(this.#names, name, scope, scope).fullName}`;
  }

  #message(message: ProtoMessage, outer: string): MessageDescriptor {
    const scope = outer === '' ? message.name : `${outer}.${message.name}`;
    const maps = message.fields.filter(({ mapKey }) => mapKey !== undefined);
    const inOneofs = message.oneofs.flatMap(({ fields, groups }, index) =>
      [...fields, ...groups].map((field) => ({ ...this.#field(field, scope), oneofIndex: index })),
    );
    const synthetic: string[] = [];
    const plain = [...message.fields, ...message.groups].map((field) => {
      const each = this.#field(field, scope);
      if (this.#file.syntax !== 'proto3' || field.label !== 'optional') return each;
      synthetic.push(`_${field.name}`);
      return { ...each, oneofIndex: message.oneofs.length + synthetic.length - 1, proto3Optional: true };
    });
    const reserved = message.reserved.flatMap(({ values }) => values);
    return {
      name: message.name,
      field: [...plain, ...inOneofs],
      extension: this.#extensions(message.extends, scope),
      nestedType: [
        ...message.messages.map((each) => this.#message(each, scope)),
        ...groupsOf(message).map((group) => this.#message(group.message, scope)),
        ...maps.map((field) => this.#mapEntry(field, scope)),
      ],
      enumType: message.enums.map((each) => this.#enum(each, scope)),
      extensionRange: message.extensions.flatMap(({ ranges, options }) =>
        ranges.map(({ first, last }) => ({
          start: first,
          end: last + 1,
          ...this.#withOptions('ExtensionRangeOptions', options, scope),
        })),
      ),
      oneofDecl: [
        ...message.oneofs.map(({ name, options }) => ({ name, ...this.#withOptions('OneofOptions', options, scope) })),
        ...synthetic.map((name) => ({ name })),
      ],
      ...this.#withOptions('MessageOptions', message.options, scope),
      reservedRange: reserved.flatMap((value) =>
        typeof value === 'string' ? [] : [{ start: value.first, end: value.last + 1 }],
      ),
      reservedName: reserved.filter((value) => typeof value === 'string'),
    };
  }

  #field(field: ProtoField | ProtoGroup, scope: string): FieldDescriptor {
    const name = isGroup(field) ? groupFieldName(field) : field.name;
    const isMap = !isGroup(field) && field.mapKey !== undefined;
    const label = isMap ? 'repeated' : (field.label ?? 'optional');
    return {
      name,
      number: field.number,
      label: `LABEL_${label.toUpperCase()}`,
      ...(isMap ? { type: 'TYPE_MESSAGE', typeName: `.${scope}.${entryName(name)}` } : this.#type(field, scope)),
      ...(isGroup(field) || field.defaultValue === undefined
        ? {}
        : { defaultValue: defaultText(field.type, field.defaultValue) }),
      ...(isGroup(field) || field.jsonName === undefined ? {} : { jsonName: field.jsonName }),
      ...this.#withOptions('FieldOptions', field.options, scope),
    };
  }

  #type(field: ProtoField | ProtoGroup, scope: string): { type: string; typeName?: string } {
    if (!isGroup(field) && isScalar(field.type)) return { type: `TYPE_${field.type.toUpperCase()}` };
    const entry = resolved(this.#names, isGroup(field) ? field.name : field.type, scope, scope);
    const type = isGroup(field) ? 'GROUP' : entry.kind === 'enum' ? 'ENUM' : 'MESSAGE';
    return { type: `TYPE_${type}`, typeName: `.${entry.fullName}` };
  }

  #mapEntry(field: ProtoField, scope: string): MessageDescriptor {
    const bare = { ...field, mapKey: undefined, options: [], defaultValue: undefined, jsonName: undefined };
    const entry = this.#message(
      {
        name: entryName(field.name),
        reserved: [],
        options: [{ name: 'map_entry', isExtension: false, path: [], value: { kind: 'boolean', isTrue: true } }],
        fields: [],
        oneofs: [],
        groups: [],
        extensions: [],
        extends: [],
        messages: [],
        enums: [],
      },
      scope,
    );
    return {
      ...entry,
      field: [
        this.#field({ ...bare, type: field.mapKey!, name: 'key', number: 1 }, scope),
        this.#field({ ...bare, name: 'value', number: 2 }, scope),
      ],
    };
  }

  #extensions(all: readonly ProtoExtend[], scope: string): FieldDescriptor[] {
    return all.flatMap(({ name, fields, groups }) =>
      [...fields, ...groups].map((field) => ({ ...this.#field(field, scope), extendee: this.#typeName(name, scope) })),
    );
  }

  #enum({ name, values, options, reserved }: ProtoEnum, scope: string): EnumDescriptor {
    const all = reserved.flatMap((each) => each.values);
    return {
      name,
      value: values.map((value) => ({
        name: value.name,
        number: value.number,
        ...this.#withOptions('EnumValueOptions', value.options, scope),
      })),
      ...this.#withOptions('EnumOptions', options, scope),
      reservedRange: all.flatMap((value) =>
        typeof value === 'string' ? [] : [{ start: value.first, end: value.last }],
      ),
      reservedName: all.filter((value) => typeof value === 'string'),
    };
  }
}

/** What protoc calls the message behind a map field. */
function entryName(field: string): string {
  const camel = lowerCamel(field);
  return `${camel.slice(0, 1).toUpperCase()}${camel.slice(1)}Entry`;
}

function defaultText(type: string, value: OptionValue): string {
  switch (value.kind) {
    case 'string':
      return type === 'bytes' ? escapedBytes(Buffer.from(value.text)) : value.text;
    case 'bytes':
      return escapedBytes(Buffer.from(value.latin1, 'latin1'));
    case 'boolean':
      return String(value.isTrue);
    case 'number':
      return type === 'float' || type === 'double' ? floatText(value.text) : integerText(value.text);
    case 'name':
      return type === 'float' || type === 'double' ? floatText(value.name) : value.name;
    default:
      return '';
  }
}

function integerText(text: string): string {
  const [, sign, digits] = /^(-?)(.*)$/s.exec(text)!;
  const isOctal = /^0[0-7]+$/.test(digits!);
  return /^(?:0[xX])?[0-9a-fA-F]+$/.test(digits!) ? sign + BigInt(isOctal ? `0o${digits}` : digits!).toString() : text;
}

function floatText(text: string): string {
  const value = floatOf(text);
  if (value === undefined) return text;
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}

/** In C's way, as descriptors have the defaults of bytes. */
function escapedBytes(bytes: Uint8Array): string {
  const simple: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 39: "\\'", 92: '\\\\' };
  return Array.from(bytes, (byte) => {
    if (simple[byte] !== undefined) return simple[byte];
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  }).join('');
}
