import { parseOption, parseOptionList, parseTypeName } from './parse-option.ts';
import {
  enumNumberMax,
  fieldNumberMax,
  isScalar,
  type OptionValue,
  type ProtoEnum,
  type ProtoEnumValue,
  type ProtoExtend,
  type ProtoExtensions,
  type ProtoField,
  type ProtoFile,
  type ProtoGroup,
  type ProtoLabel,
  type ProtoMessage,
  type ProtoMethod,
  type ProtoOneof,
  type ProtoOption,
  type ProtoRange,
  type ProtoReserved,
  type ProtoService,
} from './proto-file.ts';
import { ProtoLexer } from './proto-lexer.ts';

/** How deep messages may be nested. */
const depthMax = 32;
const editions: readonly string[] = ['2023', '2024'];
const labels: readonly string[] = ['optional', 'required', 'repeated'];
const mapKeyTypes = new Set(
  'int32,int64,uint32,uint64,sint32,sint64,fixed32,fixed64,sfixed32,sfixed64,bool,string'.split(','),
);

/**
 * Reads a `.proto` file: https://protobuf.dev/reference/protobuf/proto3-spec/, its proto2 and its editions. Comments are skipped;
 * whether names lead anywhere is asked later.
 *
 * @throws SchemaError with line and column
 */
export function parseProto(text: string): ProtoFile {
  return new ProtoParser(text).file();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

class ProtoParser {
  readonly #lexer: ProtoLexer;
  #syntax: ProtoFile['syntax'];
  #edition: string | undefined;

  constructor(text: string) {
    this.#lexer = new ProtoLexer(text);
  }

  file(): ProtoFile {
    const lexer = this.#lexer;
    this.#readSyntax();
    const file: Mutable<ProtoFile> = {
      syntax: this.#syntax,
      edition: this.#edition,
      package: undefined,
      imports: [],
      publicImports: [],
      weakImports: [],
      options: [],
      messages: [],
      enums: [],
      extends: [],
      services: [],
    };
    while (lexer.kind !== 'end') {
      if (lexer.take(';')) continue;
      if (lexer.is('package')) {
        if (file.package !== undefined) throw lexer.error('There is more than one package');
        lexer.next();
        file.package = parseTypeName(lexer);
        lexer.expect(';');
      } else if (lexer.take('import')) {
        const to = lexer.take('public') ? file.publicImports : lexer.take('weak') ? file.weakImports : file.imports;
        to.push(lexer.plainString());
        lexer.expect(';');
      } else if (lexer.is('option')) file.options.push(this.#option());
      else if (lexer.is('message')) file.messages.push(this.#message(1));
      else if (lexer.is('enum')) file.enums.push(this.#enum());
      else if (lexer.is('extend')) file.extends.push(this.#extend(1));
      else if (lexer.is('service')) file.services.push(this.#service());
      else if (lexer.is('syntax') || lexer.is('edition')) throw lexer.error(`'${lexer.text}' comes first in a file`);
      else
        throw lexer.error(
          `Expected message, enum, extend, service, import, package or option but found ${lexer.found()}`,
        );
    }
    return file;
  }

  #readSyntax(): void {
    const lexer = this.#lexer;
    while (lexer.take(';'));
    const isEdition = lexer.is('edition');
    if (!isEdition && !lexer.is('syntax')) return;
    lexer.next();
    lexer.expect('=');
    const { start } = lexer;
    const text = lexer.plainString();
    if (isEdition) {
      if (!editions.includes(text))
        throw lexer.error(`Edition "${text}" is not known: ${editions.join(' and ')} are`, start);
      this.#edition = text;
    } else if (text === 'proto2' || text === 'proto3') this.#syntax = text;
    else throw lexer.error(`"${text}" is no syntax: proto2 or proto3`, start);
    lexer.expect(';');
  }

  #option(): ProtoOption {
    this.#lexer.expect('option');
    const option = parseOption(this.#lexer);
    this.#lexer.expect(';');
    return option;
  }

  #message(depth: number): ProtoMessage {
    this.#lexer.expect('message');
    return this.#messageBody(this.#lexer.name('the name of a message'), depth);
  }

  #messageBody(name: string, depth: number): ProtoMessage {
    const lexer = this.#lexer;
    if (depth > depthMax) throw lexer.error(`Messages are nested deeper than ${depthMax}`);
    const message: Mutable<ProtoMessage> = {
      name,
      reserved: [],
      options: [],
      fields: [],
      oneofs: [],
      groups: [],
      extensions: [],
      extends: [],
      messages: [],
      enums: [],
    };
    lexer.expect('{');
    while (!lexer.take('}')) {
      if (lexer.take(';')) continue;
      const next = lexer.kind === 'word' ? lexer.text : '';
      if (next === 'message') message.messages.push(this.#message(depth + 1));
      else if (next === 'enum') message.enums.push(this.#enum());
      else if (next === 'oneof') message.oneofs.push(this.#oneof(depth));
      else if (next === 'extend') message.extends.push(this.#extend(depth));
      else if (next === 'option') message.options.push(this.#option());
      else if (next === 'reserved') message.reserved.push(this.#reserved(1, fieldNumberMax));
      else if (next === 'extensions') message.extensions.push(this.#extensions());
      else this.#fieldOrGroup(message, depth, true);
    }
    return message;
  }

  #fieldOrGroup(
    to: { fields: ProtoField[]; groups: ProtoGroup[] },
    depth: number,
    mayHaveLabel: boolean,
    mayBeMap = true,
  ): void {
    const lexer = this.#lexer;
    const { start } = lexer;
    let label: ProtoLabel | undefined;
    if (labels.includes(lexer.text) && lexer.kind === 'word') {
      if (!mayHaveLabel) throw lexer.error('A field of a oneof has no label');
      label = lexer.next() as ProtoLabel;
    }
    if (label === 'required' && this.#syntax === 'proto3') throw lexer.error('proto3 has no required fields', start);
    const isModern = this.#syntax === 'proto3' || this.#edition !== undefined;
    if (lexer.is('group') && !isModern) {
      if (label === undefined && mayHaveLabel) throw lexer.error('A group needs optional, required or repeated');
      lexer.next();
      to.groups.push(this.#group(label, depth));
      return;
    }
    const type = parseTypeName(lexer);
    if (type === 'map' && lexer.take('<')) {
      if (label !== undefined || !mayBeMap)
        throw lexer.error('A map has no label, and is neither in a oneof nor an extension', start);
      const mapKey = lexer.name('the type of the keys');
      if (!mapKeyTypes.has(mapKey))
        throw lexer.error(`${mapKey} cannot be a key of a map: integers, bool and string can`, start);
      lexer.expect(',');
      const valueType = parseTypeName(lexer);
      lexer.expect('>');
      to.fields.push(this.#field(undefined, valueType, mapKey));
      return;
    }
    if (label === undefined && mayHaveLabel && !isModern) {
      throw lexer.error(
        `Expected optional, required or repeated before ${type}: proto2 fields need it (for proto3, say so in the first line)`,
        start,
      );
    }
    to.fields.push(this.#field(label, type, undefined));
  }

  #field(label: ProtoLabel | undefined, type: string, mapKey: string | undefined): ProtoField {
    const lexer = this.#lexer;
    const name = lexer.name('the name of a field');
    lexer.expect('=');
    const number = this.#fieldNumber();
    const given = parseOptionList(lexer);
    lexer.expect(';');
    const options: ProtoOption[] = [];
    let defaultValue: OptionValue | undefined;
    let jsonName: string | undefined;
    for (const option of given) {
      if (option.isExtension || option.path.length > 0) options.push(option);
      else if (option.name === 'default') defaultValue = typedDefault(type, option.value);
      else if (option.name === 'json_name' && option.value.kind === 'string') jsonName = option.value.text;
      else options.push(option);
    }
    return { label, type, mapKey, name, number, options, defaultValue, jsonName };
  }

  #fieldNumber(): number {
    const lexer = this.#lexer;
    const { start } = lexer;
    const number = lexer.integer(1, fieldNumberMax);
    if (number >= 19_000 && number <= 19_999)
      throw lexer.error('The numbers 19000 to 19999 belong to Protobuf itself', start);
    return number;
  }

  #group(label: ProtoLabel | undefined, depth: number): ProtoGroup {
    const lexer = this.#lexer;
    const name = lexer.name('the name of a group');
    lexer.expect('=');
    const number = this.#fieldNumber();
    const options = parseOptionList(lexer);
    return { label, name, number, options, message: this.#messageBody(name, depth + 1) };
  }

  #oneof(depth: number): ProtoOneof {
    const lexer = this.#lexer;
    lexer.expect('oneof');
    const oneof: Mutable<ProtoOneof> = { name: lexer.name('the name of a oneof'), options: [], fields: [], groups: [] };
    lexer.expect('{');
    while (!lexer.take('}')) {
      if (lexer.take(';')) continue;
      if (lexer.is('option')) oneof.options.push(this.#option());
      else this.#fieldOrGroup(oneof, depth, false, false);
    }
    return oneof;
  }

  #extend(depth: number): ProtoExtend {
    const lexer = this.#lexer;
    lexer.expect('extend');
    const extend: Mutable<ProtoExtend> = { name: parseTypeName(lexer), fields: [], groups: [] };
    lexer.expect('{');
    while (!lexer.take('}')) if (!lexer.take(';')) this.#fieldOrGroup(extend, depth, true, false);
    return extend;
  }

  #enum(): ProtoEnum {
    const lexer = this.#lexer;
    lexer.expect('enum');
    const name = lexer.name('the name of an enum');
    const result: Mutable<ProtoEnum> = { name, reserved: [], options: [], values: [] };
    lexer.expect('{');
    while (!lexer.take('}')) {
      if (lexer.take(';')) continue;
      const word = lexer.name('the name of a value');
      // What declares is a name, too, where `=` follows.
      if (lexer.is('=')) result.values.push(this.#enumValue(word));
      else if (word === 'option') {
        result.options.push(parseOption(lexer));
        lexer.expect(';');
      } else if (word === 'reserved') result.reserved.push(this.#reservedValues(-enumNumberMax - 1, enumNumberMax));
      else throw lexer.error(`Expected '=' but found ${lexer.found()}`);
    }
    return result;
  }

  #enumValue(name: string): ProtoEnumValue {
    const lexer = this.#lexer;
    lexer.expect('=');
    const number = lexer.integer(-enumNumberMax - 1, enumNumberMax);
    const options = parseOptionList(lexer);
    lexer.expect(';');
    return { name, number, options };
  }

  #reserved(min: number, max: number): ProtoReserved {
    this.#lexer.expect('reserved');
    return this.#reservedValues(min, max);
  }

  #reservedValues(min: number, max: number): ProtoReserved {
    const lexer = this.#lexer;
    const values: (string | ProtoRange)[] = [];
    do {
      if (lexer.kind === 'string') values.push(lexer.plainString());
      else if (lexer.kind === 'word') values.push(lexer.next());
      else values.push(this.#range(min, max));
    } while (lexer.take(','));
    lexer.expect(';');
    return { values };
  }

  #extensions(): ProtoExtensions {
    const lexer = this.#lexer;
    lexer.expect('extensions');
    const ranges: ProtoRange[] = [];
    do ranges.push(this.#range(1, fieldNumberMax));
    while (lexer.take(','));
    const options = parseOptionList(lexer);
    lexer.expect(';');
    return { ranges, options };
  }

  #range(min: number, max: number): ProtoRange {
    const lexer = this.#lexer;
    const { start } = lexer;
    const first = lexer.integer(min, max);
    if (!lexer.take('to')) return { first, last: first, isSingle: true };
    const last = lexer.take('max') ? max : lexer.integer(min, max);
    if (last < first) throw lexer.error(`The range ${first} to ${last} ends before it starts`, start);
    return { first, last, isSingle: false };
  }

  #service(): ProtoService {
    const lexer = this.#lexer;
    lexer.expect('service');
    const service: Mutable<ProtoService> = { name: lexer.name('the name of a service'), options: [], methods: [] };
    lexer.expect('{');
    while (!lexer.take('}')) {
      if (lexer.take(';')) continue;
      if (lexer.is('option')) service.options.push(this.#option());
      else service.methods.push(this.#method());
    }
    return service;
  }

  #method(): ProtoMethod {
    const lexer = this.#lexer;
    lexer.expect('rpc');
    const name = lexer.name('the name of a method');
    const request = this.#methodType();
    lexer.expect('returns');
    const response = this.#methodType();
    const options: ProtoOption[] = [];
    if (lexer.take('{')) {
      while (!lexer.take('}')) if (!lexer.take(';')) options.push(this.#option());
    } else lexer.expect(';');
    return {
      name,
      requestType: request.type,
      responseType: response.type,
      isRequestStream: request.isStream,
      isResponseStream: response.isStream,
      options,
    };
  }

  #methodType(): { type: string; isStream: boolean } {
    const lexer = this.#lexer;
    lexer.expect('(');
    const isWord = lexer.take('stream');
    // A message may be called "stream" as well.
    const isStream = isWord && !lexer.is(')');
    const type = isWord && !isStream ? 'stream' : parseTypeName(lexer);
    lexer.expect(')');
    return { type, isStream };
  }
}

/** A number that is written as such stays one; whether it fits its type is asked later. */
function typedDefault(type: string, value: OptionValue): OptionValue {
  if (type === 'bytes' || type === 'string' || value.kind !== 'string') return value;
  return isScalar(type) ? { kind: 'number', text: value.text } : { kind: 'name', name: value.text };
}
