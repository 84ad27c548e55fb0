import { arrayType, sqlTypes } from '../../types/sql-type.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, integer } = sqlTypes;

/**
 * What Java's `\W` with UNICODE_CHARACTER_CLASS finds: everything but letters, marks, decimal digits, connecting punctuation and joiners.
 * JavaScript's own engine is linear here: no two parts of the expression compete.
 */
const notWord = /[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+/u;

/** A mark or an underscore alone is no word to anybody. */
const hasSubstance = /[\p{Alphabetic}\p{Nd}]/u;

function wordsOf(value: string, longest = Number.POSITIVE_INFINITY): string[] {
  return value
    .toLowerCase()
    .split(notWord)
    .filter((word) => word.length <= longest && hasSubstance.test(word));
}

const text = parameter('source', string, 'The text.');

/** Beyond ksqlDB. */
export const wordFunctions: readonly ScalarFunction[] = [
  scalar(
    'SPLIT_TO_WORDS',
    {
      category: 'STRING',
      description:
        'The words of a text in lower case, in whatever language: what stands between all that is no letter, mark, digit, connecting punctuation or joiner.',
      example: "SPLIT_TO_WORDS('Kafka, größer!') → ['kafka', 'größer']",
    },
    variant([text], arrayType(string), (value: string) => wordsOf(value)),
    variant(
      [text, parameter('longest', integer, 'Words of more characters are left out.')],
      arrayType(string),
      (value: string, longest: number) => wordsOf(value, longest),
    ),
  ),
];
