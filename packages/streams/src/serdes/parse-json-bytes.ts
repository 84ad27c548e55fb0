import { jsonDepthMax } from './json-skip.ts';

/**
 * Reads one JSON value that fills data[start, end). For what `JSON.parse` does not do right: in Node 24 a key with an escape can come
 * out as another one.
 *
 * @throws SyntaxError with the position
 */
export function parseJsonBytes(data: Buffer, start: number, end: number): unknown {
  return new Parser(data.toString('utf8', start, end)).whole();
}

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
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainPattern = /[^"\\\u0000-\u001f]*/y;
const blankPattern = /[ \t\n\r]*/y;
const hexPattern = /[0-9a-fA-F]{4}/y;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value(0);
    this.#skipBlank();
    if (this.#at < this.#text.length) throw this.#mistake('more text after the value');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > jsonDepthMax) throw this.#mistake(`more than ${jsonDepthMax} levels`);
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

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    this.#skipBlank();
    if (this.#take('}')) return object;
    for (;;) {
      this.#skipBlank();
      if (this.#text[this.#at] !== '"') throw this.#mistake('a key in quotes is missing');
      const key = this.#string();
      this.#skipBlank();
      if (!this.#take(':')) throw this.#mistake('a colon is missing');
      const value = this.#value(depth + 1);
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      } else object[key] = value;
      this.#skipBlank();
      if (this.#take('}')) return object;
      if (!this.#take(',')) throw this.#mistake('a comma or } is missing');
    }
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#at++;
    this.#skipBlank();
    if (this.#take(']')) return array;
    for (;;) {
      array.push(this.#value(depth + 1));
      this.#skipBlank();
      if (this.#take(']')) return array;
      if (!this.#take(',')) throw this.#mistake('a comma or ] is missing');
    }
  }

  #string(): string {
    this.#at++;
    let result = '';
    for (;;) {
      result += this.#match(plainPattern);
      const next = this.#text[this.#at];
      if (next === '"') {
        this.#at++;
        return result;
      }
      if (next !== '\\') throw this.#mistake('the end of a text is missing');
      this.#at++;
      const letter = this.#text[this.#at] ?? '';
      this.#at++;
      if (letter === 'u') {
        const hex = this.#match(hexPattern);
        if (hex === '') throw this.#mistake('four hexadecimal digits are missing');
        result += String.fromCharCode(Number.parseInt(hex, 16));
        continue;
      }
      const plain = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
      if (plain === undefined) throw this.#mistake('an escape that JSON does not know');
      result += plain;
    }
  }

  #number(): number {
    const digits = this.#match(numberPattern);
    if (digits === '') throw this.#mistake('a value is missing');
    return Number(digits);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#mistake('a value is missing');
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlank(): void {
    this.#match(blankPattern);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #mistake(what: string): SyntaxError {
    return new SyntaxError(`JSON: ${what} at character ${this.#at}`);
  }
}
