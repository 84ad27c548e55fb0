import { plainScalar } from '../formats/yaml-scalars.ts';
import { Double, textOf } from '../values.ts';
import type { Nested } from './merged.ts';

/** Lines are broken at the first space after this column, as SnakeYAML does. */
const bestWidth = 80;

type Resolve = (text: string) => string;

/** A tree as block YAML, laid out as the real server's library does; `resolve` fills in placeholders. */
export function yamlOf(root: Nested, resolve: Resolve | undefined): string {
  const writer = new Writer(resolve);
  writer.write(root);
  return writer.text;
}

class Writer {
  text = '';
  readonly #resolve: Resolve | undefined;

  constructor(resolve: Resolve | undefined) {
    this.#resolve = resolve;
  }

  write(root: Nested): void {
    if (root instanceof Map && root.size > 0) this.#map(root, 0, true);
    else if (Array.isArray(root) && root.length > 0) this.#list(root, 0, true);
    else {
      this.#value(root, -2);
    }
    this.text += '\n';
  }

  #map(map: ReadonlyMap<string, Nested>, indent: number, isFirstInPlace: boolean): void {
    let isInPlace = isFirstInPlace;
    for (const [key, value] of map) {
      if (!isInPlace) this.text += `\n${' '.repeat(indent)}`;
      isInPlace = false;
      this.#key(key, indent);
      if (value instanceof Map && value.size > 0) this.#map(value, indent + 2, false);
      else if (Array.isArray(value) && value.length > 0) this.#list(value, indent, false);
      else {
        this.text += ' ';
        this.#value(value, indent);
      }
    }
  }

  #list(list: readonly Nested[], indent: number, isFirstInPlace: boolean): void {
    let isInPlace = isFirstInPlace;
    for (const value of list) {
      if (!isInPlace) this.text += `\n${' '.repeat(indent)}`;
      isInPlace = false;
      this.text += '- ';
      if (value instanceof Map && value.size > 0) this.#map(value, indent + 2, true);
      else if (Array.isArray(value) && value.length > 0) this.#list(value, indent + 2, true);
      else this.#value(value, indent);
    }
  }

  #key(key: string, indent: number): void {
    const style = styleOf(key, true);
    if (key.length >= 128 || style === 'literal' || key === '' || hasBreak(key)) {
      this.text += '? ';
      this.#scalar(key, indent);
      this.text += `\n${' '.repeat(indent)}:`;
      return;
    }
    this.text += `${this.#resolved(quoted(key, style), key)}:`;
  }

  #value(value: Nested, indent: number): void {
    if (value === null) this.text += 'null';
    else if (value instanceof Map) this.text += '{}';
    else if (Array.isArray(value)) this.text += '[]';
    else if (typeof value === 'string') this.#scalar(value, indent);
    else if (value instanceof Double && !Number.isFinite(value.value)) {
      this.text += Number.isNaN(value.value) ? '.NaN' : value.value > 0 ? '.inf' : '-.inf';
    } else this.text += textOf(value);
  }

  #scalar(value: string, indent: number): void {
    const column = this.text.length - this.text.lastIndexOf('\n') - 1;
    this.text += this.#resolved(layOut(value, column, indent), value, column, indent);
  }

  /** The real server resolves placeholders in the text of the answer; where that would break it, the value is written anew. */
  #resolved(written: string, value: string, column = 0, indent = 0): string {
    if (this.#resolve === undefined || !value.includes('${')) return written;
    const resolvedText = this.#resolve(written);
    const resolvedValue = this.#resolve(value);
    if (!breaksYaml(resolvedValue)) return resolvedText;
    return layOut(resolvedValue, column, indent);
  }
}

/** Whether a text that was filled in could change the structure around it. */
function breaksYaml(text: string): boolean {
  return /[\n\r'"\\]|: | #|^[\s,[\]{}&*!|>%@`?-]|[\s:]$/.test(text);
}

type Style = 'plain' | 'single' | 'double' | 'literal' | 'binary';

function layOut(value: string, column: number, indent: number): string {
  const style = styleOf(value, false);
  const inner = ' '.repeat(Math.max(0, indent + 2));
  if (style === 'binary') return `!!binary |-\n${inner}${Buffer.from(value, 'utf8').toString('base64')}`;
  if (style === 'literal') return literal(value, inner);
  if (style === 'double') return double(value, column, inner);
  return folded(value, style, column, inner);
}

function quoted(text: string, style: Style): string {
  return style === 'plain'
    ? text
    : style === 'single'
      ? `'${text.replaceAll("'", "''")}'`
      : double(text, -Infinity, '');
}

const breaks = /[\n\u0085\u2028\u2029]/;

function hasBreak(text: string): boolean {
  return breaks.test(text);
}

function styleOf(text: string, isKey: boolean): Style {
  if (text === '') return 'single';
  if (!isKey && /[^\t\n\r\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)) return 'binary';
  const hasSpecial =
    /[^\n\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text) || /\ufeff/.test(text);
  const isSpaceBeforeBreak = / [\n\u0085\u2028\u2029]/.test(text);
  if (hasSpecial || isSpaceBeforeBreak) return 'double';
  if (hasBreak(text)) return isKey || text.endsWith(' ') ? 'double' : 'literal';
  const isOther = plainScalar(text) !== text || text === '<<';
  const hasIndicator =
    /^(?:---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[?:-](?:[ \t]|$)/.test(text) ||
    /:(?:[ \t]|$)/.test(text) ||
    /[ \t]#/.test(text);
  if (isOther || hasIndicator || /^ | $/.test(text) || hasLeadingZero(text) || isTimestamp(text)) return 'single';
  return 'plain';
}

/** `08` is text, but other readers take it for a number. */
function hasLeadingZero(text: string): boolean {
  return /^0[0-9_]+$/.test(text);
}

function isTimestamp(text: string): boolean {
  return /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/.test(
    text,
  );
}

function literal(text: string, inner: string): string {
  let hints = /^[\n\u0085\u2028\u2029 ]/.test(text) ? '2' : '';
  if (!breaks.test(text.at(-1)!)) hints += '-';
  else if (text.length === 1 || breaks.test(text.at(-2)!)) hints += '+';
  const lines = text.split('\n');
  if (text.endsWith('\n')) lines.pop();
  return `|${hints}${lines.map((line) => (line === '' ? '\n' : `\n${inner}${line}`)).join('')}`;
}

/** Plain or single-quoted, broken at single spaces after the best width. */
function folded(text: string, style: 'plain' | 'single', column: number, inner: string): string {
  const isSingle = style === 'single';
  let at = column + (isSingle ? 1 : 0);
  let result = isSingle ? "'" : '';
  const pieces = text.split(/( +)/);
  pieces.forEach((piece, i) => {
    const isSpaces = i % 2 === 1;
    if (!isSpaces) {
      const written = isSingle ? piece.replaceAll("'", "''") : piece;
      result += written;
      at += written.length;
      return;
    }
    const isAtEdge = isSingle && ((i === 1 && pieces[0] === '') || (i === pieces.length - 2 && pieces.at(-1) === ''));
    if (piece.length === 1 && at > bestWidth && !isAtEdge) {
      result += `\n${inner}`;
      at = inner.length;
    } else {
      result += piece;
      at += piece.length;
    }
  });
  return isSingle ? `${result}'` : result;
}

const named: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

function double(text: string, column: number, inner: string): string {
  let result = '"';
  let at = column + 1;
  const chars = [...text];
  chars.forEach((char, i) => {
    if (char === ' ' && i > 0 && i < chars.length - 1 && at > bestWidth) {
      const isBeforeSpace = chars[i + 1] === ' ' || chars[i] === ' ';
      result += `\\\n${inner}${isBeforeSpace ? '\\' : ''}`;
      at = inner.length + 1;
    }
    const written = escaped(char);
    result += written;
    at += written.length;
  });
  return `${result}"`;
}

function escaped(char: string): string {
  const name = named[char];
  if (name !== undefined) return `\\${name}`;
  const code = char.codePointAt(0)!;
  if (code >= 0x20 && code <= 0x7e) return char;
  if ((code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff) || code > 0xffff)
    return char;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
