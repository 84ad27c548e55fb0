import { SchemaError } from '../schema-error.ts';
import type { OptionValue } from './proto-file.ts';

export type TokenKind = 'word' | 'number' | 'string' | 'symbol' | 'end';

const spaces = /[\s\uFEFF]*/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)/y;
const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
};
const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Words, numbers, strings and symbols of a `.proto` text, one after the other; comments and white space are skipped. */
export class ProtoLexer {
  readonly #text: string;
  #at = 0;
  kind: TokenKind = 'end';
  /** What is written; of strings without meaning. */
  text = '';
  /** Where the token starts. */
  start = 0;

  constructor(text: string) {
    this.#text = text;
    this.next();
  }

  /** Goes on to the next token and says what the one before it was. */
  next(): string {
    const before = this.text;
    this.#skip();
    this.start = this.#at;
    const first = this.#text[this.#at];
    if (first === undefined) this.#set('end', '');
    else if (/[A-Za-z_]/.test(first)) this.#set('word', this.#match(word)!);
    else if (/[0-9]/.test(first) || (first === '.' && /[0-9]/.test(this.#text[this.#at + 1] ?? ''))) {
      this.#set('number', this.#match(number)!);
      if (/[A-Za-z_]/.test(this.#text[this.#at] ?? '')) this.#numberWithSuffix();
    } else if (first === '"' || first === "'") this.#set('string', first);
    else {
      this.#at++;
      this.#set('symbol', first);
    }
    return before;
  }

  is(text: string): boolean {
    return this.text === text && (this.kind === 'symbol' || this.kind === 'word');
  }

  /** Takes the token when it is this one. */
  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.next();
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.error(`Expected '${text}' but found ${this.found()}`);
  }

  /** What a name may be: a word. */
  name(what: string): string {
    if (this.kind !== 'word') throw this.error(`Expected ${what} but found ${this.found()}`);
    return this.next();
  }

  /** Strings that stand beside each other are one. */
  string(): OptionValue & { kind: 'string' | 'bytes' } {
    if (this.kind !== 'string') throw this.error(`Expected a text in quotes but found ${this.found()}`);
    const bytes: number[] = [];
    while (this.kind === 'string') {
      this.#readString(bytes);
      this.next();
    }
    try {
      return { kind: 'string', text: strictUtf8.decode(Uint8Array.from(bytes)) };
    } catch {
      return { kind: 'bytes', latin1: bytes.map((byte) => String.fromCharCode(byte)).join('') };
    }
  }

  /** A string that has to be text. */
  plainString(): string {
    const { start } = this;
    const value = this.string();
    if (value.kind === 'string') return value.text;
    throw this.error('This text is not UTF-8', start);
  }

  integer(min: number, max: number): number {
    const { start } = this;
    const isNegative = this.take('-');
    if (this.kind !== 'number' || !/^(?:0[xX][0-9a-fA-F]+|[0-9]+)$/.test(this.text)) {
      throw this.error(`Expected an integer but found ${this.found()}`);
    }
    const { text } = this;
    const isOctal = /^0[0-7]+$/.test(text);
    const value = (isNegative ? -1 : 1) * (isOctal ? Number.parseInt(text, 8) : Number(text));
    if (!(value >= min && value <= max)) throw this.error(`${value} is not between ${min} and ${max}`, start);
    this.next();
    return value === 0 ? 0 : value;
  }

  found(): string {
    if (this.kind === 'end') return 'the end of the text';
    return this.kind === 'string' ? 'a text in quotes' : `'${this.text}'`;
  }

  error(message: string, at = this.start): SchemaError {
    const before = this.#text.slice(0, at).split('\n');
    return new SchemaError(message, `line ${before.length}, column ${before.at(-1)!.length + 1}`);
  }

  #set(kind: TokenKind, text: string): void {
    this.kind = kind;
    this.text = text;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** In aggregate values numbers may end in f. */
  #numberWithSuffix(): void {
    if (/^[fF](?![A-Za-z0-9_])/.test(this.#text.slice(this.#at, this.#at + 2))) this.#at++;
    else throw this.error('A number must not run into a word', this.#at);
  }

  #skip(): void {
    for (;;) {
      this.#match(spaces);
      if (this.#text.startsWith('//', this.#at)) {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end + 1;
      } else if (this.#text.startsWith('/*', this.#at)) {
        const end = this.#text.indexOf('*/', this.#at + 2);
        if (end < 0) throw this.error('This comment does not end', this.#at);
        this.#at = end + 2;
      } else return;
    }
  }

  #readString(bytes: number[]): void {
    const text = this.#text;
    const quote = text[this.#at]!;
    for (let at = this.#at + 1; ; ) {
      const code = text.codePointAt(at);
      if (code === undefined || code === 10) throw this.error('This text does not end in the same line', this.start);
      if (text[at] === quote) {
        this.#at = at + 1;
        return;
      }
      if (code === 92) at = this.#escape(at + 1, bytes);
      else if (code < 0x80) {
        bytes.push(code);
        at++;
      } else {
        const character = String.fromCodePoint(code);
        bytes.push(...utf8.encode(character));
        at += character.length;
      }
    }
  }

  /** @returns where the text goes on */
  #escape(at: number, bytes: number[]): number {
    const rest = this.#text.slice(at, at + 9);
    const simple = simpleEscapes[rest[0] ?? ''];
    if (simple !== undefined) {
      bytes.push(simple);
      return at + 1;
    }
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8) & 0xff);
      return at + octal.length;
    }
    const hex = /^[xX]([0-9a-fA-F]{1,2})/.exec(rest);
    if (hex !== null) {
      bytes.push(Number.parseInt(hex[1]!, 16));
      return at + hex[0].length;
    }
    const unicode = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    const code = unicode === null ? -1 : Number.parseInt(unicode[1] ?? unicode[2]!, 16);
    if (unicode === null || code > 0x10ffff) throw this.error('This is no escape that Protobuf knows', at - 1);
    bytes.push(...utf8.encode(String.fromCodePoint(code)));
    return at + unicode[0].length;
  }
}
