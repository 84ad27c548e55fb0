import { SerializationError } from '../serialization-error.ts';

const depthMax = 500;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const blankPattern = /[ \t\n\r]*/y;
const stringPattern = /[^"\\\u0000-\u001f]*/y;
/** Escapes (which `JSON.parse` of Node 24 may get wrong in names), integers beyond 2^53, exponents that may not fit. */
const carePattern = /\\|\d{16}|[eE][+-]?\d{3}/;
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
 * JSON as JavaScript has it; integers beyond ±(2^53-1) are `bigint`, with every digit. A name `__proto__` is a member like others.
 *
 * @throws SerializationError with line and column
 */
export function readJson(text: string): unknown {
  if (!carePattern.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // The reader below says what is wrong, and where.
    }
  }
  return new Reader(text).whole();
}

/** The value as JSON text; `bigint` as digits. Undefined for what JSON has nothing for. */
export function writeJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? rawJson(String(member)) : member));
}

/** https://tc39.es/proposal-json-parse-with-source/ */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value(0);
    this.#match(blankPattern);
    if (this.#at < this.#text.length) throw this.#mistake('there is more after the value');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > depthMax) throw this.#mistake(`it is nested more than ${depthMax} deep`);
    this.#match(blankPattern);
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

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    if (this.#takes('}')) return object;
    do {
      this.#match(blankPattern);
      if (this.#text[this.#at] !== '"') throw this.#mistake('a member needs a name in double quotes');
      const name = this.#string();
      if (!this.#takes(':')) throw this.#mistake('a colon is missing');
      const value = this.#value(depth + 1);
      if (name !== '__proto__') object[name] = value;
      else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
    } while (this.#takes(','));
    if (!this.#takes('}')) throw this.#mistake('a comma or } is missing');
    return object;
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
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
      value += this.#match(stringPattern);
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

  #number(): number | bigint {
    const text = this.#match(numberPattern);
    if (text === '') throw this.#mistake(this.#at < this.#text.length ? 'a value is missing' : 'it ends too early');
    const value = Number(text);
    if (Number.isSafeInteger(value) || /[.eE]/.test(text)) {
      if (Number.isFinite(value)) return value;
      throw this.#mistake(`${text.slice(0, 40)} is beyond what a double holds`);
    }
    return BigInt(text);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#mistake(`${word} was expected`);
    this.#at += word.length;
    return value;
  }

  #takes(character: string): boolean {
    this.#match(blankPattern);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += match.length;
    return match;
  }

  #mistake(what: string): SerializationError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    return new SerializationError(
      `It is no JSON: ${what}, line ${line}, column ${before.length - before.lastIndexOf('\n')}`,
    );
  }
}
