import { SchemaError } from '../schema-error.ts';
import { JsonNumber, type JsonObject, type JsonValue } from './json-value.ts';

const depthMax = 500;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainPattern = /[^"\\\u0000-\u001f]*/y;
const blankPattern = /[ \t\n\r]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads JSON without losing anything of it: digits of numbers, the order of members. `JSON.parse` loses both.
 *
 * @throws SchemaError with line and column
 */
export function parseJson(text: string): JsonValue {
  return new Parser(text).whole();
}

/**
 * The first value of the text; what comes after it is not looked at. Jackson, and with it Confluent's registry, reads schemas so.
 *
 * @throws SchemaError with line and column
 */
export function parseFirstJson(text: string): JsonValue {
  return new Parser(text).first();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  first(): JsonValue {
    return this.#value(0);
  }

  whole(): JsonValue {
    const value = this.#value(0);
    this.#skipBlank();
    if (this.#at < this.#text.length) throw this.#mistake('there is more after the value');
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > depthMax) throw this.#mistake(`it is nested more than ${depthMax} deep`);
    this.#skipBlank();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const members: JsonObject = new Map();
    this.#at++;
    if (this.#takes('}')) return members;
    do {
      this.#skipBlank();
      if (this.#text[this.#at] !== '"') throw this.#mistake('a member needs a name in double quotes');
      const name = this.#string();
      if (!this.#takes(':')) throw this.#mistake('a colon is missing');
      members.set(name, this.#value(depth + 1));
    } while (this.#takes(','));
    if (!this.#takes('}')) throw this.#mistake('a comma or } is missing');
    return members;
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#at++;
    if (this.#takes(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#takes(','));
    if (!this.#takes(']')) throw this.#mistake('a comma or ] is missing');
    return items;
  }

  #string(): string {
    this.#at++;
    let value = '';
    for (;;) {
      value += this.#match(plainPattern);
      const next = this.#text[this.#at];
      if (next === '"') {
        this.#at++;
        return value;
      }
      if (next !== '\\') throw this.#mistake('a text does not end, or has a control character in it');
      value += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#mistake('\\u needs four hexadecimal digits');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const plain = escapes[letter];
    if (plain === undefined) throw this.#mistake(`\\${letter} is no escape`);
    this.#at += 2;
    return plain;
  }

  #number(): JsonNumber {
    const text = this.#match(numberPattern);
    if (text === '') throw this.#mistake(this.#at < this.#text.length ? 'a value is missing' : 'it ends too early');
    return new JsonNumber(text);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#mistake(`${word} was expected`);
    this.#at += word.length;
    return value;
  }

  #takes(character: string): boolean {
    this.#skipBlank();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlank(): void {
    this.#match(blankPattern);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += match.length;
    return match;
  }

  #mistake(what: string): SchemaError {
    const before = this.#text.slice(0, this.#at).split('\n');
    return new SchemaError(`It is no JSON: ${what}, line ${before.length}, column ${before.at(-1)!.length + 1}`);
  }
}
