import {
  fieldNumberMax,
  type OptionMap,
  type OptionValue,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoGroup,
  type ProtoMessage,
  type ProtoMethod,
  type ProtoOption,
  type ProtoRange,
  type ProtoReserved,
  type ProtoService,
} from './proto-file.ts';

/**
 * The text of a file as Confluent's registry keeps it: no comments, two blanks a level, and in a message first what is reserved, then
 * options, fields, oneofs, groups, extensions, extends, messages and enums. Weak imports and editions, which it does not write, stand as
 * protoc has them.
 */
export function printProto(file: ProtoFile): string {
  const parts: string[] = [];
  if (file.edition !== undefined) parts.push(`edition = "${file.edition}";\n`);
  if (file.syntax !== undefined) parts.push(`syntax = "${file.syntax}";\n`);
  if (file.package !== undefined) parts.push(`package ${file.package};\n`);
  const imports = [
    ...file.imports.map((name) => `import "${escaped(name)}";\n`),
    ...file.publicImports.map((name) => `import public "${escaped(name)}";\n`),
    ...file.weakImports.map((name) => `import weak "${escaped(name)}";\n`),
  ];
  const printer = new Printer(file.edition !== undefined);
  for (const section of [
    imports,
    file.options.map(optionLine),
    printer.types(file),
    file.extends.map((each) => printer.extend(each)),
    file.services.map(serviceText),
  ]) {
    if (section.length > 0) parts.push('\n', ...section);
  }
  return parts.join('');
}

class Printer {
  /** Editions write names that are reserved without quotes. */
  readonly #isEdition: boolean;

  constructor(isEdition: boolean) {
    this.#isEdition = isEdition;
  }

  types({ messages, enums }: Pick<ProtoMessage, 'messages' | 'enums'>): string[] {
    return [
      ...messages.map((message) => `message ${message.name} ${this.#body(message)}`),
      ...enums.map((each) => this.#enum(each)),
    ];
  }

  extend({ name, fields, groups }: ProtoExtend): string {
    const lines = [...fields.map(fieldLine), ...groups.map((group) => this.#group(group))];
    return `extend ${name} ${block([lines])}`;
  }

  #body(message: ProtoMessage): string {
    return block([
      message.reserved.map((each) => this.#reserved(each)),
      message.options.map(optionLine),
      message.fields.map(fieldLine),
      message.oneofs.map(
        ({ name, options, fields, groups }) =>
          `oneof ${name} ${block([options.map(optionLine), fields.map(fieldLine), groups.map((group) => this.#group(group))])}`,
      ),
      message.groups.map((group) => this.#group(group)),
      message.extensions.map(
        ({ ranges, options }) => `extensions ${ranges.map(rangeText).join(', ')}${optionList(options)};\n`,
      ),
      message.extends.map((each) => this.extend(each)),
      this.types(message),
    ]);
  }

  #group({ label, name, number, options, message }: ProtoGroup): string {
    return `${label === undefined ? '' : `${label} `}group ${name} = ${number}${optionList(options)} ${this.#body(message)}`;
  }

  #enum({ name, reserved, options, values }: ProtoEnum): string {
    const lines = [
      ...reserved.map((each) => this.#reserved(each)),
      ...options.map(optionLine),
      ...values.map((value) => `${value.name} = ${value.number}${optionList(value.options)};\n`),
    ];
    return `enum ${name} ${block([lines])}`;
  }

  #reserved({ values }: ProtoReserved): string {
    const quote = this.#isEdition ? '' : '"';
    const texts = values.map((value) => (typeof value === 'string' ? `${quote}${value}${quote}` : rangeText(value)));
    return `reserved ${texts.join(', ')};\n`;
  }
}

function serviceText({ name, options, methods }: ProtoService): string {
  return `service ${name} ${block([options.map(optionLine), methods.map(methodText)])}`;
}

function methodText(method: ProtoMethod): string {
  const request = `${method.isRequestStream ? 'stream ' : ''}${method.requestType}`;
  const response = `${method.isResponseStream ? 'stream ' : ''}${method.responseType}`;
  const options = method.options.length === 0 ? '' : ` {\n${indented(method.options.map(optionLine).join(''))}}`;
  return `rpc ${method.name} (${request}) returns (${response})${options};\n`;
}

function fieldLine({ label, type, mapKey, name, number, options, defaultValue, jsonName }: ProtoField): string {
  const typeText = mapKey === undefined ? type : `map<${mapKey}, ${type}>`;
  const all = [...options];
  if (defaultValue !== undefined) all.push({ name: 'default', isExtension: false, path: [], value: defaultValue });
  if (jsonName !== undefined) {
    all.push({ name: 'json_name', isExtension: false, path: [], value: { kind: 'string', text: jsonName } });
  }
  return `${label === undefined ? '' : `${label} `}${typeText} ${name} = ${number}${optionList(all)};\n`;
}

function rangeText({ first, last, isSingle }: ProtoRange): string {
  if (isSingle) return String(first);
  return `${first} to ${last < fieldNumberMax ? last : 'max'}`;
}

function optionLine(option: ProtoOption): string {
  return `option ${optionText(option)};\n`;
}

function optionText({ name, isExtension, path, value }: ProtoOption): string {
  const fullName = [isExtension ? `(${name})` : name, ...path].join('.');
  return `${fullName} = ${value.kind === 'list' ? bracketed(value.items.map(valueText)) : valueText(value)}`;
}

function optionList(options: readonly ProtoOption[]): string {
  return options.length === 0 ? '' : ` ${bracketed(options.map(optionText))}`;
}

/** One in one line, several in a line each. */
function bracketed(texts: readonly string[]): string {
  return texts.length === 1 ? `[${texts[0]}]` : `[\n${indented(texts.join(',\n'))}]`;
}

function valueText(value: OptionValue): string {
  switch (value.kind) {
    case 'string':
      return `"${escaped(value.text)}"`;
    case 'bytes':
      return `"${escapedBytes(value.latin1)}"`;
    case 'number':
      return value.text;
    case 'boolean':
      return String(value.isTrue);
    case 'name':
      return value.name;
    case 'map':
      return mapText(value.entries);
    case 'list':
      return value.items.length === 0 ? '[\n]' : `[\n${indented(value.items.map(valueText).join(',\n'))}]`;
  }
}

function mapText(entries: OptionMap): string {
  const texts = Array.from(entries, ([key, value]) => `${key}: ${valueText(value)}`);
  return texts.length === 0 ? '{\n}' : `{\n${indented(texts.join(',\n'))}}`;
}

/** Each part that is not empty starts on a line of its own. */
function block(parts: readonly (readonly string[])[]): string {
  const filled = parts.filter((part) => part.length > 0);
  return `{${filled.map((part) => `\n${indented(part.join(''))}`).join('')}}\n`;
}

function indented(text: string): string {
  return text
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('');
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
};

function escaped(text: string): string {
  return text.replace(/[\x07-\r\\'"]/g, (character) => escapes[character]!);
}

function escapedBytes(latin1: string): string {
  return latin1.replace(/[^ -~]|[\\'"]/g, (character) => {
    const octal = `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
    return escapes[character] ?? octal;
  });
}
