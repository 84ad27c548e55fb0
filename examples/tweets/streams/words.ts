/**
 * What Java's `\W` with UNICODE_CHARACTER_CLASS splits on: everything but letters, marks, decimal digits, connecting
 * punctuation and joiners.
 */
const notWord = /[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+/u;

/** Left alone by the split, a mark (the invisible one after ☕️, say) or an underscore is no word to anybody. */
const hasSubstance = /[\p{Alphabetic}\p{Nd}]/u;

/** The words of a text, in lower case, in their order. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(notWord)
    .filter((word) => hasSubstance.test(word));
}

/** Longer ones are no words (and would not fit into a record with their count). */
export const wordLengthMax = 10_000;
