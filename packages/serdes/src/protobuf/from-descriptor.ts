import { SchemaError } from '../schema-error.ts';
import type { EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor } from './descriptor-object.ts';
import { OptionObjects } from './option-object.ts';
import type {
  OptionValue,
  ProtoEnum,
  ProtoExtend,
  ProtoField,
  ProtoFile,
  ProtoGroup,
  ProtoLabel,
  ProtoMessage,
  ProtoRange,
} from './proto-file.ts';
import { ProtoLexer } from './proto-lexer.ts';
import type { ProtoNames } from './proto-names.ts';

/** How deep messages may be nested, as in a text. */
const depthMax = 32;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const typePattern = /^\.?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/**
 * The file that a FileDescriptorProto describes. Maps stay the messages that they are made of there, as Confluent's registry has them.
 *
 * @throws SchemaError for what no file can say
 */
export function fromDescriptor(descriptor: FileDescriptor, names: ProtoNames): ProtoFile {
  return new Reader(descriptor, names).file();
}

class Reader {
  readonly #file: FileDescriptor;
  readonly #options: OptionObjects;

  constructor(file: FileDescriptor, names: ProtoNames) {
    this.#file = file;
    this.#options = new OptionObjects(names);
  }

  file(): ProtoFile {
    const file = this.#file;
    const { dependency, publicDependency, weakDependency, syntax } = file;
    const isPublic = new Set(publicDependency);
    const isWeak = new Set(weakDependency);
    const edition = syntax === 'editions' ? String(file.edition).replace('EDITION_', '') : undefined;
    if (edition !== undefined && edition !== '2023' && edition !== '2024')
      throw new SchemaError(`Edition ${edition} is not known`);
    const extensions = this.#extensions(file.extension, file.messageType);
    return {
      syntax: syntax === 'proto2' || syntax === 'proto3' ? syntax : undefined,
      edition,
      package: file.package === undefined || file.package === '' ? undefined : typeName(file.package),
      imports: dependency.filter((_, index) => !isPublic.has(index) && !isWeak.has(index)),
      publicImports: dependency.filter((_, index) => isPublic.has(index)),
      weakImports: dependency.filter((_, index) => isWeak.has(index)),
      options: this.#options.fromObject('FileOptions', file.options),
      messages: this.#messages(file.messageType, file.extension, 1),
      enums: file.enumType.map((each) => this.#enum(each)),
      extends: extensions,
      services: file.service.map((service) => ({
        name: checkedName(service.name),
        options: this.#options.fromObject('ServiceOptions', service.options),
        methods: service.method.map((method) => ({
          name: checkedName(method.name),
          requestType: typeName(method.inputType),
          responseType: typeName(method.outputType),
          isRequestStream: method.clientStreaming === true,
          isResponseStream: method.serverStreaming === true,
          options: this.#options.fromObject('MethodOptions', method.options),
        })),
      })),
    };
  }

  /** Without those that groups have as theirs. */
  #messages(all: readonly MessageDescriptor[], fields: readonly FieldDescriptor[], depth: number): ProtoMessage[] {
    const ofGroups = new Set(fields.filter(isGroup).map((field) => lastPart(field.typeName)));
    return all.filter(({ name }) => !ofGroups.has(name ?? '')).map((each) => this.#message(each, depth));
  }

  #message(message: MessageDescriptor, depth: number): ProtoMessage {
    if (depth > depthMax) throw new SchemaError(`Messages are nested deeper than ${depthMax}`);
    const oneofOf = (field: FieldDescriptor) => (field.proto3Optional === true ? undefined : field.oneofIndex);
    const split = (fields: readonly FieldDescriptor[], inOneof: boolean) => ({
      fields: fields.filter((each) => !isGroup(each)).map((each) => this.#field(each, inOneof)),
      groups: fields.filter(isGroup).map((each) => this.#group(each, message.nestedType, inOneof, depth)),
    });
    return {
      name: checkedName(message.name),
      reserved: [
        ...message.reservedRange.map((range) => ({ values: [rangeOf(range.start, (range.end ?? 0) - 1)] })),
        ...message.reservedName.map((name) => ({ values: [name] })),
      ],
      options: this.#options.fromObject('MessageOptions', message.options),
      ...split(
        message.field.filter((field) => oneofOf(field) === undefined),
        false,
      ),
      oneofs: message.oneofDecl.flatMap(({ name, options }, index) => {
        const members = message.field.filter((field) => oneofOf(field) === index);
        if (members.length === 0) return [];
        return [
          {
            name: checkedName(name),
            options: this.#options.fromObject('OneofOptions', options),
            ...split(members, true),
          },
        ];
      }),
      extensions: message.extensionRange.map((range) => ({
        ranges: [rangeOf(range.start, (range.end ?? 0) - 1)],
        options: this.#options.fromObject('ExtensionRangeOptions', range.options),
      })),
      extends: this.#extensions(message.extension, message.nestedType),
      messages: this.#messages(message.nestedType, [...message.field, ...message.extension], depth + 1),
      enums: message.enumType.map((each) => this.#enum(each)),
    };
  }

  #field(field: FieldDescriptor, inOneof: boolean): ProtoField {
    const isTyped = field.typeName !== undefined;
    const type = isTyped ? typeName(field.typeName) : scalarName(field.type);
    return {
      label: inOneof ? undefined : this.#label(field),
      type,
      mapKey: undefined,
      name: checkedName(field.name),
      number: numberOf(field.number),
      options: this.#options.fromObject('FieldOptions', field.options),
      defaultValue: field.defaultValue === undefined ? undefined : defaultOf(type, field.defaultValue),
      jsonName: field.jsonName,
    };
  }

  #group(field: FieldDescriptor, nested: readonly MessageDescriptor[], inOneof: boolean, depth: number): ProtoGroup {
    const name = lastPart(field.typeName);
    const message = nested.find((each) => each.name === name);
    if (message === undefined) throw new SchemaError(`The group ${name} has no message`);
    return {
      label: inOneof ? undefined : this.#label(field),
      name: checkedName(name),
      number: numberOf(field.number),
      options: this.#options.fromObject('FieldOptions', field.options),
      message: this.#message(message, depth + 1),
    };
  }

  #label({ label, proto3Optional }: FieldDescriptor): ProtoLabel | undefined {
    if (proto3Optional === true) return 'optional';
    if (label === 'LABEL_REPEATED') return 'repeated';
    if (this.#file.syntax === 'proto3' || this.#file.syntax === 'editions') return undefined;
    return label === 'LABEL_REQUIRED' ? 'required' : 'optional';
  }

  #extensions(all: readonly FieldDescriptor[], nested: readonly MessageDescriptor[]): ProtoExtend[] {
    const byName = Map.groupBy(all, ({ extendee }) => typeName(extendee));
    return Array.from(byName, ([name, fields]) => ({
      name,
      fields: fields.filter((each) => !isGroup(each)).map((each) => this.#field(each, false)),
      groups: fields.filter(isGroup).map((each) => this.#group(each, nested, false, 1)),
    }));
  }

  #enum({ name, value, options, reservedRange, reservedName }: EnumDescriptor): ProtoEnum {
    return {
      name: checkedName(name),
      reserved: [
        ...reservedRange.map((range) => ({ values: [rangeOf(range.start, range.end ?? 0)] })),
        ...reservedName.map((each) => ({ values: [each] })),
      ],
      options: this.#options.fromObject('EnumOptions', options),
      values: value.map((each) => ({
        name: checkedName(each.name),
        number: each.number ?? 0,
        options: this.#options.fromObject('EnumValueOptions', each.options),
      })),
    };
  }
}

function isGroup({ type }: FieldDescriptor): boolean {
  return type === 'TYPE_GROUP';
}

function lastPart(name = ''): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function checkedName(name = ''): string {
  if (namePattern.test(name)) return name;
  throw new SchemaError(`${JSON.stringify(name)} is no name`);
}

function typeName(name = ''): string {
  if (typePattern.test(name)) return name;
  throw new SchemaError(`${JSON.stringify(name)} is no name of a type`);
}

function numberOf(number = 0): number {
  if (number >= 1 && number <= 536_870_911) return number;
  throw new SchemaError(`${number} is no number of a field`);
}

function scalarName(type = ''): string {
  if (/^TYPE_(?!GROUP|MESSAGE|ENUM)[A-Z0-9]+$/.test(type)) return type.slice('TYPE_'.length).toLowerCase();
  throw new SchemaError(`A field of ${type === '' ? 'no type' : type} has no name of its type`);
}

function rangeOf(first = 0, last = 0): ProtoRange {
  if (last < first) throw new SchemaError(`The range ${first} to ${last} ends before it starts`);
  return { first, last, isSingle: first === last };
}

function defaultOf(type: string, text: string): OptionValue {
  if (type === 'string') return { kind: 'string', text };
  if (type === 'bytes') return unescaped(text);
  if (type === 'bool') return { kind: 'boolean', isTrue: text === 'true' };
  if (/^-?[0-9]/.test(text) || text === '-inf') return { kind: 'number', text };
  return { kind: 'name', name: text };
}

function unescaped(text: string): OptionValue {
  return new ProtoLexer(`"${text}"`).string();
}
