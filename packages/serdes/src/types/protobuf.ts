import type { EnumType, FieldType, MessageType } from '../protobuf/message-type.ts';
import { MessageTypes } from '../protobuf/message-type.ts';
import type { ParsedProtobufSchema } from '../protobuf/parsed-protobuf.ts';
import { allFields, isGroup, type OptionValue, type ProtoOption } from '../protobuf/proto-file.ts';
import { propertyName, quoted, type TypeDeclarations, TypeNames, tsDoc } from './declarations.ts';

/**
 * TypeScript for the values of a Protobuf message, as `protobufCodec` gives and takes them: the first message of the file, or the one of
 * this full name.
 *
 * @example
 * typesOfProtobuf(parsed).declarations; // export interface Order { … }
 */
export function typesOfProtobuf(parsed: ParsedProtobufSchema, fullName = parsed.fullName): TypeDeclarations {
  const entry = fullName === undefined ? undefined : parsed.names.type(fullName);
  if (fullName === undefined || entry?.kind !== 'message') return { name: 'never', declarations: '' };
  const writer = new Writer(parsed);
  const name = writer.message(new MessageTypes(parsed.names).message(fullName));
  return { name, declarations: writer.declarations() };
}

class Writer {
  readonly #parsed: ParsedProtobufSchema;
  readonly #names = new TypeNames();
  readonly #nameOf = new Map<MessageType | EnumType, string>();
  readonly #texts: string[] = [];

  constructor(parsed: ParsedProtobufSchema) {
    this.#parsed = parsed;
  }

  declarations(): string {
    return this.#texts.join('\n');
  }

  message(type: MessageType): string {
    return this.#declared(type, (name) => {
      const entry = this.#parsed.names.type(type.fullName);
      const message = entry?.kind === 'message' ? entry.message : undefined;
      const docs = new Map<string, string>();
      if (message !== undefined) {
        for (const { field } of allFields(message)) {
          const doc = isGroup(field) ? undefined : docOf('field_meta', field.options);
          if (doc !== undefined) docs.set(field.name, doc);
        }
      }
      const fields = type.fields.map((field) => this.#field(field, docs.get(field.name)));
      const doc = message === undefined ? undefined : docOf('message_meta', message.options);
      return `${tsDoc(doc)}export interface ${name} {\n${fields.join('')}}\n`;
    });
  }

  /** What may be missing from a value that is read, or may be left out of one that is written. */
  #field(field: FieldType, doc: string | undefined): string {
    const isOptional = field.hasPresence && !field.isRequired;
    const isExtensionList = field.isRepeated && field.name.startsWith('[');
    const inOneof = field.oneof === undefined ? undefined : `One of \`${field.oneof}\` at most.`;
    const text = [doc, inOneof].filter((each) => each !== undefined).join('\n');
    const mark = isOptional || isExtensionList ? '?' : '';
    const orUndefined = mark === '' ? '' : ' | undefined';
    return `${tsDoc(text === '' ? undefined : text, '  ')}  ${propertyName(field.property)}${mark}: ${this.#typeOf(field)}${orUndefined};\n`;
  }

  #typeOf(field: FieldType): string {
    const type = this.#one(field);
    if (field.mapKey !== undefined) return `{ [key: string]: ${type} }`;
    if (!field.isRepeated) return type;
    return /[ |]/.test(type) ? `(${type})[]` : `${type}[]`;
  }

  #one(field: FieldType): string {
    switch (field.type) {
      case 'message':
      case 'group':
        return this.message(field.message!);
      case 'enum':
        // A number that has no name is read as the number.
        return field.enum!.isClosed ? this.#enum(field.enum!) : `${this.#enum(field.enum!)} | number`;
      case 'bool':
        return 'boolean';
      case 'string':
        return 'string';
      case 'bytes':
        return 'Uint8Array';
      default:
        return field.type.endsWith('64') ? 'bigint' : 'number';
    }
  }

  #enum(type: EnumType): string {
    return this.#declared(type, (name) => {
      const entry = this.#parsed.names.type(type.fullName);
      const doc = entry?.kind === 'enum' ? docOf('enum_meta', entry.enum.options) : undefined;
      return `${tsDoc(doc)}export type ${name} = ${Array.from(type.numbers.keys(), quoted).join(' | ')};\n`;
    });
  }

  #declared<T extends MessageType | EnumType>(type: T, text: (name: string) => string): string {
    const known = this.#nameOf.get(type);
    if (known !== undefined) return known;
    const name = this.#names.give(...wishes(type.fullName));
    this.#nameOf.set(type, name);
    const at = this.#texts.push('') - 1;
    this.#texts[at] = text(name);
    return name;
  }
}

/** The name itself, then with the messages that it is nested in, then with its package. */
function wishes(fullName: string): string[] {
  const parts = fullName.split('.');
  return parts.map((_, index) => parts.slice(parts.length - 1 - index).join('.'));
}

/** What Confluent's registry keeps of documentation: `(confluent.field_meta).doc`. Comments are not part of a registered file. */
function docOf(meta: string, options: readonly ProtoOption[]): string | undefined {
  for (const { name, isExtension, path, value } of options) {
    if (!isExtension || name.replace(/^\./, '') !== `confluent.${meta}`) continue;
    if (path.length === 1 && path[0] === 'doc') return textOf(value);
    if (path.length === 0 && value.kind === 'map') {
      const doc = textOf(value.entries.get('doc'));
      if (doc !== undefined) return doc;
    }
  }
  return undefined;
}

function textOf(value: OptionValue | undefined): string | undefined {
  return value?.kind === 'string' ? value.text : undefined;
}
