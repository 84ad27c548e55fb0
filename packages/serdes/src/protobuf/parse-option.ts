import type { OptionValue, ProtoOption } from './proto-file.ts';
import type { ProtoLexer } from './proto-lexer.ts';

/** How deep the values of options may be nested. */
const depthMax = 64;

/** `name = value`: what stands between `option` and `;`, and between brackets. */
export function parseOption(lexer: ProtoLexer): ProtoOption {
  const isExtension = lexer.is('(');
  let name = optionNamePart(lexer);
  if (isExtension) name = name.slice(1, -1);
  const path: string[] = [];
  while (lexer.take('.')) path.push(optionNamePart(lexer));
  // Names without parentheses are one name, with dots: features.field_presence.
  const isPlain = !isExtension && path.every((part) => !part.startsWith('('));
  lexer.expect('=');
  const value = parseOptionValue(lexer, 0);
  return isPlain
    ? { name: [name, ...path].join('.'), isExtension, path: [], value }
    : { name, isExtension, path, value };
}

/** `[a = 1, (b) = 2]`, or nothing. */
export function parseOptionList(lexer: ProtoLexer): ProtoOption[] {
  const options: ProtoOption[] = [];
  if (!lexer.take('[')) return options;
  do {
    if (lexer.is(']') && options.length > 0) break;
    options.push(parseOption(lexer));
  } while (lexer.take(','));
  lexer.expect(']');
  return options;
}

/** `a.b`, `.a.b`. */
export function parseTypeName(lexer: ProtoLexer): string {
  let name = lexer.take('.') ? '.' : '';
  name += lexer.name('a name');
  while (lexer.take('.')) name += `.${lexer.name('a name')}`;
  return name;
}

function optionNamePart(lexer: ProtoLexer): string {
  if (!lexer.take('(')) return lexer.name('the name of an option');
  const name = parseTypeName(lexer);
  lexer.expect(')');
  return `(${name})`;
}

function parseOptionValue(lexer: ProtoLexer, depth: number): OptionValue {
  if (depth > depthMax) throw lexer.error(`Values of options are nested deeper than ${depthMax}`);
  if (lexer.take('{')) return parseMap(lexer, '}', depth);
  if (lexer.take('[')) return parseList(lexer, depth);
  if (lexer.kind === 'string') return lexer.string();
  const sign = lexer.take('-') ? '-' : '';
  if (lexer.kind === 'number') return { kind: 'number', text: sign + lexer.next() };
  if (sign === '' && lexer.take('+')) return { kind: 'number', text: lexer.next() };
  const name = parseTypeName(lexer);
  if (sign !== '') return { kind: 'number', text: sign + name };
  return name === 'true' || name === 'false' ? { kind: 'boolean', isTrue: name === 'true' } : { kind: 'name', name };
}

function parseList(lexer: ProtoLexer, depth: number): OptionValue {
  const items: OptionValue[] = [];
  while (!lexer.take(']')) {
    items.push(lexer.take('<') ? parseMap(lexer, '>', depth) : parseOptionValue(lexer, depth + 1));
    if (!lexer.is(']')) lexer.expect(',');
  }
  return { kind: 'list', items };
}

/** The text format of messages: https://protobuf.dev/reference/protobuf/textformat-spec/ */
function parseMap(lexer: ProtoLexer, close: string, depth: number): OptionValue {
  const entries = new Map<string, OptionValue>();
  while (!lexer.take(close)) {
    const key = parseKey(lexer);
    const isMessage = lexer.is('{') || lexer.is('<');
    if (!isMessage) lexer.expect(':');
    const value = lexer.take('<') ? parseMap(lexer, '>', depth + 1) : parseOptionValue(lexer, depth + 1);
    entries.set(key, joined(entries.get(key), value));
    if (!lexer.take(',')) lexer.take(';');
  }
  return { kind: 'map', entries };
}

function parseKey(lexer: ProtoLexer): string {
  if (!lexer.take('[')) return lexer.name('the name of a field');
  let name = parseTypeName(lexer);
  while (lexer.take('/')) name += `/${parseTypeName(lexer)}`;
  lexer.expect(']');
  return `[${name}]`;
}

function joined(before: OptionValue | undefined, value: OptionValue): OptionValue {
  if (before === undefined) return value;
  const items = [before, value].flatMap((each) => (each.kind === 'list' ? each.items : [each]));
  return { kind: 'list', items };
}
