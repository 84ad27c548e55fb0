const words: readonly (readonly [word: string, value: boolean])[] = [
  ['true', true],
  ['yes', true],
  ['false', false],
  ['no', false],
];

/** `true`, `yes`, `false`, `no` and what they begin with, in any case; undefined for other text. */
export function booleanOfText(text: string): boolean | undefined {
  const lower = text.trim().toLowerCase();
  if (lower === '') return undefined;
  return words.find(([word]) => word.startsWith(lower))?.[1];
}
