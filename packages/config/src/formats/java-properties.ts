import { ConfigError } from '../config-error.ts';
import type { Property, PropertyDocument } from '../values.ts';

const end = -1;
const lineFeed = 10;
const escapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', f: '\f' };

/**
 * The documents of a `.properties` file (Java's format, ISO 8859-1): `#---` or `!---` alone on a line starts another document,
 * `key[]=a,b` is a list, lines go on after a `\`. Values are texts.
 *
 * Throws HW_CONFIG_SYNTAX for a bad `\u` escape.
 */
export function parseProperties(bytes: Uint8Array): PropertyDocument[] {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
  const documents: Map<string, Property>[] = [];
  let document = new Map<string, Property>();
  let commentBefore = '';
  while (reader.read()) {
    if (reader.is('#') || reader.is('!')) {
      const prefix = reader.char;
      if (prefix !== commentBefore && startsDocument(reader)) {
        if (document.size > 0) documents.push(document);
        document = new Map();
      } else {
        // A comment after a separator joins what follows to the document before, as the real loader has it.
        if (document.size === 0 && documents.length > 0) document = documents.pop()!;
        commentBefore = prefix;
        reader.skipLine();
      }
      continue;
    }
    commentBefore = '';
    readEntry(reader, document);
  }
  if (document.size > 0) documents.push(document);
  return documents;
}

function startsDocument(reader: Reader): boolean {
  let is = reader.column === 0;
  for (let i = 0; i < 3 && is; i++) {
    reader.read();
    is = reader.is('-');
  }
  if (!reader.isEndOfLine) {
    reader.read();
    reader.skipBlanks();
  }
  return is && reader.isEndOfLine;
}

function readEntry(reader: Reader, document: Map<string, Property>): void {
  let key = readKey(reader).trim();
  const isList = key.endsWith('[]');
  if (!isList) {
    const property = readValue(reader, false);
    if (key !== '') document.set(key, property);
    return;
  }
  key = key.slice(0, -2);
  let i = 0;
  do {
    document.set(`${key}[${i}]`, readValue(reader, true));
    i += 1;
    if (!reader.isEndOfLine) reader.read();
  } while (!reader.isEndOfLine);
}

function readKey(reader: Reader): string {
  let key = '';
  let isBlankBefore = false;
  while (!reader.isEndOfLine) {
    if (!reader.isEscaped && (reader.is('=') || reader.is(':'))) {
      reader.read();
      return key;
    }
    if (!reader.isBlank && isBlankBefore) return key;
    isBlankBefore = reader.isBlank;
    key += reader.char;
    reader.read();
  }
  return key;
}

function readValue(reader: Reader, isSplit: boolean): Property {
  while (reader.isBlank && !reader.isEndOfLine) reader.read();
  const { line, column } = reader;
  let value = '';
  while (!reader.isEndOfLine && !(isSplit && !reader.isEscaped && reader.is(','))) {
    value += reader.char;
    reader.read();
  }
  return { value, line: line + 1, column: column + 1 };
}

/** Reads characters with escapes and joined lines undone; positions count from 0. */
class Reader {
  readonly #text: string;
  #at = 0;
  #code = 0;
  line = 0;
  column = -1;
  char = '';
  isEscaped = false;

  constructor(text: string) {
    this.#text = text.replace(/\r\n?/g, '\n');
  }

  read(): boolean {
    this.isEscaped = false;
    this.#next();
    this.column += 1;
    if (this.column === 0) this.skipBlanks();
    if (this.#code === 92) {
      this.isEscaped = true;
      this.#readEscape();
    } else if (this.#code === lineFeed) this.column = -1;
    return this.#code !== end;
  }

  skipBlanks(): void {
    while (this.isBlank) {
      this.#next();
      this.column += 1;
    }
  }

  skipLine(): void {
    while (this.#code !== lineFeed && this.#code !== end) this.#next();
    this.column = -1;
  }

  is(char: string): boolean {
    return this.char === char;
  }

  get isBlank(): boolean {
    return !this.isEscaped && (this.char === ' ' || this.char === '\t' || this.char === '\f');
  }

  get isEndOfLine(): boolean {
    return this.#code === end || (!this.isEscaped && this.#code === lineFeed);
  }

  #next(): void {
    if (this.#at >= this.#text.length) {
      this.#code = end;
      this.char = '';
      return;
    }
    this.#code = this.#text.charCodeAt(this.#at);
    this.char = this.#text[this.#at]!;
    this.#at += 1;
    if (this.#code === lineFeed) this.line += 1;
  }

  #readEscape(): void {
    this.#next();
    const replaced = escapes[this.char];
    if (replaced !== undefined) this.#set(replaced);
    else if (this.#code === lineFeed) {
      this.column = -1;
      this.read();
    } else if (this.char === 'u') {
      const hex = this.#text.slice(this.#at, this.#at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) {
        throw new ConfigError('HW_CONFIG_SYNTAX', 'an escape \\u takes four hexadecimal digits', {
          line: this.line + 1,
          column: this.column + 1,
        });
      }
      this.#at += 4;
      this.#set(String.fromCharCode(Number.parseInt(hex, 16)));
    }
  }

  #set(char: string): void {
    this.char = char;
    this.#code = char.charCodeAt(0);
  }
}
