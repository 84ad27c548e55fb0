import { LinearRegex, type RegexMatch } from '@headwater/regex';
import { arrayType, sqlTypes } from '../../types/sql-type.ts';
import { limitedText } from '../../values/size-limits.ts';
import { parameter, scalar, variantAt } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, integer } = sqlTypes;
const category = 'REGULAR EXPRESSION';
const pattern = parameter('pattern', string, 'A regular expression as Java has it, without what needs backtracking.');
const input = parameter('input', string, 'The text.');
const group = parameter('group', integer, 'The number of a group in the expression; 0 is the whole match.');

type Compile = (pattern: string) => LinearRegex;

/** Keeps the last expression: it is nearly always the same. */
function compiler(): Compile {
  let last: LinearRegex | undefined;
  return (source) => (last?.source === source ? last : (last = new LinearRegex(source)));
}

function* matchesOf(regex: LinearRegex, text: string): Generator<RegexMatch> {
  let from = 0;
  while (from <= text.length) {
    const match = regex.find(text, from);
    if (match === null) return;
    yield match;
    from = match.end === match.start ? match.end + 1 : match.end;
  }
}

function extract(regex: LinearRegex, text: string, number: number): string | null {
  if (number > regex.groupCount) return null;
  return regex.find(text)?.groups[number] ?? null;
}

function extractAll(regex: LinearRegex, text: string, number: number): (string | null)[] | null {
  if (number > regex.groupCount) return null;
  return Array.from(matchesOf(regex, text), ({ groups }) => groups[number] ?? null);
}

function split(regex: LinearRegex, text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  const isEmptyTaken = regex.test('');
  for (const { start, end } of matchesOf(regex, text)) {
    // An empty match at the start parts nothing from the rest, as in Java's `Pattern.split`.
    if (isEmptyTaken && end === 0) continue;
    parts.push(text.slice(from, start));
    from = end;
  }
  parts.push(text.slice(from));
  if (isEmptyTaken && parts.length > 1) while (parts.at(-1) === '') parts.pop();
  return parts;
}

export const regularExpressionFunctions: readonly ScalarFunction[] = [
  scalar(
    'REGEXP_EXTRACT',
    {
      category,
      description: 'The first part of a text that matches, or a group of it; null where nothing does.',
      example: "REGEXP_EXTRACT('(o)(.)', 'stone, road', 2) → 'n'",
    },
    variantAt([pattern, input], string, () => {
      const compile = compiler();
      return (source: string, text: string) => extract(compile(source), text, 0);
    }),
    variantAt([pattern, input, group], string, () => {
      const compile = compiler();
      return (source: string, text: string, number: number) => extract(compile(source), text, number);
    }),
  ),
  scalar(
    'REGEXP_EXTRACT_ALL',
    {
      category,
      description: 'All parts of a text that match, or a group of each.',
      example: "REGEXP_EXTRACT_ALL('o.', 'stone, road') → ['on', 'oa']",
    },
    variantAt([pattern, input], arrayType(string), () => {
      const compile = compiler();
      return (source: string, text: string) => extractAll(compile(source), text, 0);
    }),
    variantAt([pattern, input, group], arrayType(string), () => {
      const compile = compiler();
      return (source: string, text: string, number: number) => extractAll(compile(source), text, number);
    }),
  ),
  scalar(
    'REGEXP_REPLACE',
    {
      category,
      description: 'Puts a text in the place of all that matches; $1 in it stands for the first group.',
      example: "REGEXP_REPLACE('2024-05', '([0-9]+)-([0-9]+)', '$2/$1') → '05/2024'",
    },
    variantAt([input, pattern, parameter('newText', string, 'What comes.')], string, () => {
      const compile = compiler();
      return (text: string, source: string, replacement: string) =>
        limitedText(compile(source).replaceAll(text, replacement));
    }),
  ),
  scalar(
    'REGEXP_SPLIT_TO_ARRAY',
    {
      category,
      description: 'The parts of a text between all that matches.',
      example: "REGEXP_SPLIT_TO_ARRAY('a1b22c', '[0-9]+') → ['a', 'b', 'c']",
    },
    variantAt([input, pattern], arrayType(string), () => {
      const compile = compiler();
      return (text: string, source: string) => split(compile(source), text);
    }),
  ),
];
