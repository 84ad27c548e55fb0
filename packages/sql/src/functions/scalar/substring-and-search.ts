import { arrayType, sqlTypes } from '../../types/sql-type.ts';
import { textMax } from '../../values/size-limits.ts';
import { parameter, scalar, variadic, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, integer, bytes } = sqlTypes;
const category = 'STRING';
const text = parameter('source', string, 'The text.');
const data = parameter('source', bytes, 'The bytes.');
const position = parameter('position', integer, 'Where it begins; the first is 1, negative ones count from the end.');
const length = parameter('length', integer, 'How many there are at most.');

function startOf(size: number, position: number): number {
  return position < 0 ? Math.max(size + position, 0) : Math.max(Math.min(position - 1, size), 0);
}

function endOf(size: number, start: number, length: number): number {
  return Math.max(Math.min(start + length, size), start);
}

function indexIn(value: string, sought: string, position: number, occurrence: number): number {
  if (Math.abs(position) > value.length || position === 0 || occurrence < 1) return 0;
  let at: number;
  if (position > 0) {
    at = value.indexOf(sought, position - 1);
    for (let n = 1; n < occurrence && at !== -1; n++) at = value.indexOf(sought, at + 1);
  } else {
    // From the end: the match itself must end at the position or before.
    at = value.lastIndexOf(sought, value.length + position + 1 - sought.length);
    if (value.length + position + 1 < sought.length) return 0;
    for (let n = 1; n < occurrence && at !== -1; n++) at = at === 0 ? -1 : value.lastIndexOf(sought, at - 1);
  }
  return at + 1;
}

function splitBytes(value: Buffer, delimiter: Buffer): Buffer[] {
  if (delimiter.length === 0) {
    return value.length === 0 ? [value] : Array.from(value, (_, at) => value.subarray(at, at + 1));
  }
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = value.indexOf(delimiter); at !== -1; at = value.indexOf(delimiter, from)) {
    parts.push(value.subarray(from, at));
    from = at + delimiter.length;
  }
  parts.push(value.subarray(from));
  return parts;
}

function splitToMap(source: string, entryDelimiter: string, keyDelimiter: string): Map<string, string> | null {
  if (entryDelimiter === '' || keyDelimiter === '' || entryDelimiter === keyDelimiter) return null;
  const out = new Map<string, string>();
  for (const entry of source.split(entryDelimiter)) {
    const [key, value] = entry.split(keyDelimiter);
    if (value !== undefined) out.set(key!, value);
  }
  return out;
}

/** @throws RangeError for a text that would be too long; it is not made then */
function replaced(text: string, from: string, to: string): string {
  if (to.length > from.length) {
    let count = from === '' ? text.length + 1 : 0;
    if (from !== '') for (let at = text.indexOf(from); at !== -1; at = text.indexOf(from, at + from.length)) count++;
    const size = text.length + count * (to.length - from.length);
    if (size > textMax) throw new RangeError(`A text has at most ${textMax} characters, not ${size}`);
  }
  return text.replaceAll(from, () => to);
}

const sought = parameter('substring', string, 'What is looked for.');

export const substringAndSearchFunctions: readonly ScalarFunction[] = [
  scalar(
    'SUBSTRING',
    { category, description: 'A part of a text or of bytes.', example: "SUBSTRING('stream', 2, 3) → 'tre'" },
    variant([text, position], string, (value: string, at: number) => value.slice(startOf(value.length, at))),
    variant([text, position, length], string, (value: string, at: number, count: number) => {
      const start = startOf(value.length, at);
      return value.slice(start, endOf(value.length, start, count));
    }),
    variant([data, position], bytes, (value: Buffer, at: number) => value.subarray(startOf(value.length, at))),
    variant([data, position, length], bytes, (value: Buffer, at: number, count: number) => {
      const start = startOf(value.length, at);
      return value.subarray(start, endOf(value.length, start, count));
    }),
  ),
  scalar(
    'INSTR',
    {
      category,
      description: 'The position of a text in another, counted from 1; 0 where it is not there. Null is nowhere.',
      example: "INSTR('corporate floor', 'or', 3) → 5",
    },
    variant(
      [text, sought],
      integer,
      (value: string | null, part: string | null) => (value === null || part === null ? 0 : indexIn(value, part, 1, 1)),
      { isNullTaken: true },
    ),
    variant(
      [text, sought, position],
      integer,
      (value: string | null, part: string | null, at: number | null) =>
        at === null ? null : value === null || part === null ? 0 : indexIn(value, part, at, 1),
      { isNullTaken: true },
    ),
    variant(
      [text, sought, position, parameter('occurrence', integer, 'Which of several is meant, from 1.')],
      integer,
      (value: string | null, part: string | null, at: number | null, occurrence: number | null) => {
        if (at === null || occurrence === null) return null;
        return value === null || part === null ? 0 : indexIn(value, part, at, occurrence);
      },
      { isNullTaken: true },
    ),
  ),
  scalar(
    'SPLIT',
    {
      category,
      description: 'The parts of a text between delimiters; an empty delimiter parts all characters.',
      example: "SPLIT('a,b,,c', ',') → ['a', 'b', '', 'c']",
    },
    variant(
      [text, parameter('delimiter', string, 'What parts them.')],
      arrayType(string),
      (value: string, delimiter: string) => (value === '' ? [''] : value.split(delimiter)),
    ),
    variant([data, parameter('delimiter', bytes, 'What parts them.')], arrayType(bytes), splitBytes),
  ),
  scalar(
    'SPLIT_TO_MAP',
    {
      category,
      description: 'Makes a map of a text of keys and values; of a key that comes twice the last value counts.',
      example: "SPLIT_TO_MAP('a:1/b:2', '/', ':') → {a: '1', b: '2'}",
    },
    variant(
      [
        text,
        parameter('entryDelimiter', string, 'What parts entries.'),
        parameter('kvDelimiter', string, 'What parts a key from its value.'),
      ],
      { kind: 'MAP', key: string, value: string },
      splitToMap,
    ),
  ),
  scalar(
    'REPLACE',
    {
      category,
      description: 'Puts another text in all places of one.',
      example: "REPLACE('a-b-c', '-', '+') → 'a+b+c'",
    },
    variant(
      [text, parameter('oldText', string, 'What goes.'), parameter('newText', string, 'What comes.')],
      string,
      replaced,
    ),
  ),
  scalar(
    'FIELD',
    {
      category,
      description: 'The position of a text among the others, counted from 1; 0 where it is not there.',
      example: "FIELD('b', 'a', 'b') → 2",
    },
    variant(
      [parameter('value', string, 'What is looked for.'), variadic('args', string, 'Where it is looked for.')],
      integer,
      (value: string | null, ...others: (string | null)[]) => (value === null ? 0 : others.indexOf(value) + 1),
      { isNullTaken: true },
    ),
  ),
  scalar(
    'ELT',
    {
      category,
      description: 'The text at a position of the list, counted from 1; null where there is none.',
      example: "ELT(2, 'a', 'b') → 'b'",
    },
    variant(
      [parameter('position', integer, 'From 1.'), variadic('args', string, 'The list.')],
      string,
      (at: number | null, ...list: (string | null)[]) => (at === null ? null : (list[at - 1] ?? null)),
      { isNullTaken: true },
    ),
  ),
];
