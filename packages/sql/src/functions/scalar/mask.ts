import { sqlTypes } from '../../types/sql-type.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, integer } = sqlTypes;
const category = 'STRING';
const input = parameter('input', string, 'The text.');
const count = parameter('numChars', integer, 'How many characters, 0 or more.');
const masks = [
  parameter('upper', string, 'For upper case letters; null: they stay.'),
  parameter('lower', string, 'For lower case letters; null: they stay.'),
  parameter('digit', string, 'For digits; null: they stay.'),
  parameter('other', string, 'For all others; null: they stay.'),
];

type Masks = readonly (string | null)[];
const defaultMasks: Masks = ['X', 'x', 'n', '-'];

function checked(given: Masks): Masks {
  for (const mask of given) {
    if (mask !== null && mask.length !== 1) {
      throw new RangeError(`Invalid mask character. Must be only single character, but was '${mask}'`);
    }
  }
  return given;
}

const upper = /^\p{Lu}$/u;
const lower = /^\p{Ll}$/u;
const digit = /^\p{Nd}$/u;

function masked(text: string, [upperMask, lowerMask, digitMask, otherMask]: Masks): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const unit = text[at]!;
    // A character of two units is masked twice, as Java's loop over units does.
    const code = String.fromCodePoint(text.codePointAt(at)!);
    if (upper.test(code)) out += upperMask ?? unit;
    else if (lower.test(code)) out += lowerMask ?? unit;
    else if (digit.test(code)) out += digitMask ?? unit;
    else out += otherMask ?? unit;
  }
  return out;
}

type Split = (text: string, count: number) => readonly [start: number, end: number];

/** The part of the text that is masked. */
const splits: Readonly<Record<string, Split>> = {
  MASK_LEFT: (text, count) => [0, Math.min(count, text.length)],
  MASK_RIGHT: (text, count) => [Math.max(text.length - count, 0), text.length],
  MASK_KEEP_LEFT: (text, count) => [Math.min(count, text.length), text.length],
  MASK_KEEP_RIGHT: (text, count) => [0, Math.max(text.length - count, 0)],
};

const partNames: Readonly<Record<string, string>> = {
  MASK_LEFT: 'the first characters',
  MASK_RIGHT: 'the last characters',
  MASK_KEEP_LEFT: 'all but the first characters',
  MASK_KEEP_RIGHT: 'all but the last characters',
};

const examples: Readonly<Record<string, string>> = {
  MASK_LEFT: "MASK_LEFT('Pass 123', 6) → 'Xxxx-n23'",
  MASK_RIGHT: "MASK_RIGHT('Pass 123', 4) → 'Pass-nnn'",
  MASK_KEEP_LEFT: "MASK_KEEP_LEFT('Pass 123', 4) → 'Pass-nnn'",
  MASK_KEEP_RIGHT: "MASK_KEEP_RIGHT('Pass 123', 3) → 'Xxxx-123'",
};

function part(name: string, split: Split): ScalarFunction {
  const run = (text: string | null, size: number | null, chosen: Masks): string | null => {
    if (size === null) return null;
    if (size < 0) {
      throw new RangeError(
        `function ${name.toLowerCase()} requires a non-negative number of characters to mask or skip`,
      );
    }
    if (text === null) return null;
    const [start, end] = split(text, size);
    return text.slice(0, start) + masked(text.slice(start, end), chosen) + text.slice(end);
  };
  return scalar(
    name,
    {
      category,
      description: `Masks ${partNames[name]} of a text: letters with X and x, digits with n, others with -, or as given.`,
      example: examples[name]!,
    },
    variant([input, count], string, (text: string, size: number) => run(text, size, defaultMasks)),
    variant(
      [input, count, ...masks],
      string,
      (text: string | null, size: number | null, ...given: (string | null)[]) => run(text, size, checked(given)),
      { isNullTaken: true },
    ),
  );
}

export const maskFunctions: readonly ScalarFunction[] = [
  scalar(
    'MASK',
    {
      category,
      description: 'Masks all characters of a text: letters with X and x, digits with n, others with -, or as given.',
      example: "MASK('Pass 123') → 'Xxxx-nnn'",
    },
    variant([input], string, (text: string) => masked(text, defaultMasks)),
    variant(
      [input, ...masks],
      string,
      (text: string | null, ...given: (string | null)[]) => (text === null ? null : masked(text, checked(given))),
      { isNullTaken: true },
    ),
  ),
  ...Object.entries(splits).map(([name, split]) => part(name, split)),
];
