import { sqlTypes } from '../../types/sql-type.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, integer, bytes } = sqlTypes;
const category = 'STRING';
const source = parameter('source', string, 'The text.');

/** What Java's `String.trim` takes away: all up to the blank. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return text.slice(start, end);
}

/** A word and the blanks behind it, which are those of Java's `\\s`. */
const word = /([^ \t\n\x0B\f\r])([^ \t\n\x0B\f\r]*[ \t\n\x0B\f\r]*)/g;

/** Only blanks part words, so that `o'neil` has one capital. Blanks before the first word go, as in ksqlDB. */
function initCap(text: string): string {
  let out = '';
  for (const [, first, rest] of text.toLowerCase().matchAll(word)) out += first!.toUpperCase() + rest!;
  return out;
}

export const caseAndTrimFunctions: readonly ScalarFunction[] = [
  scalar(
    'UCASE',
    { category, description: 'Makes all letters of a text upper case.', example: "UCASE('Stream') → 'STREAM'" },
    variant([source], string, (text: string) => text.toUpperCase()),
  ),
  scalar(
    'LCASE',
    { category, description: 'Makes all letters of a text lower case.', example: "LCASE('Stream') → 'stream'" },
    variant([source], string, (text: string) => text.toLowerCase()),
  ),
  scalar(
    'INITCAP',
    {
      category,
      description:
        'Makes the first letter of each word upper case and all others lower case. Words are parted by blanks.',
      example: "INITCAP('the tWo towers') → 'The Two Towers'",
    },
    variant([source], string, initCap),
  ),
  scalar(
    'TRIM',
    {
      category,
      description: 'Takes blanks and control characters away at both ends.',
      example: "TRIM('  a b ') → 'a b'",
    },
    variant([source], string, trim),
  ),
  scalar(
    'LEN',
    { category, description: 'Counts the characters of a text, or the bytes of BYTES.', example: "LEN('abc') → 3" },
    variant([source], integer, (text: string) => text.length),
    variant([parameter('source', bytes, 'The bytes.')], integer, (value: Buffer) => value.length),
  ),
];
