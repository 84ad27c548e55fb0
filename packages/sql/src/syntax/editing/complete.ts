import { keywords, needsQuotes, typeWords } from '../lexer/keywords.ts';
import { tokenize } from '../lexer/lexer.ts';
import { quotedWhereNeeded } from '../printer/print-name.ts';

/** What is known beside the keywords: names as they are kept, without quotes. */
export interface CompletionNames {
  readonly sources?: Iterable<string>;
  readonly functions?: Iterable<string>;
  readonly columns?: Iterable<string>;
  readonly topics?: Iterable<string>;
}

export interface Completions {
  /** Where the word begins that is replaced. */
  readonly startIndex: number;
  /** Sorted; in the case that the word was begun in. At most 100. */
  readonly items: readonly string[];
}

const itemsMax = 100;
const beforeSource = new Set(['FROM', 'JOIN', 'INTO', 'DESCRIBE', 'STREAM', 'TABLE']);

/**
 * How the word before the cursor may go on; nothing within strings and comments.
 *
 * @param expectedWords what alone may stand behind a text: `expectedWords`, where there is room for the grammar
 * @example
 * complete('SEL', 3).items; // ['SELECT']
 */
export function complete(
  text: string,
  cursor: number,
  names: CompletionNames = {},
  expectedWords: (before: string) => readonly string[] | null = () => null,
): Completions {
  let isInComment = false;
  const tokens = tokenize(text.slice(0, cursor), undefined, ({ kind, endIndex }) => {
    if (kind === 'comment' && endIndex === cursor && !text.slice(0, cursor).endsWith('*/')) isInComment = true;
  });
  const last = tokens.at(-2);
  if (isInComment || last?.kind === 'unclosed') return { startIndex: cursor, items: [] };
  const isBegun = last?.kind === 'word' && last.end.index === cursor;
  const begun = isBegun ? last.text : '';
  const before = isBegun ? tokens.at(-3) : last;
  const items = new Set<string>();
  const add = (words: Iterable<string>, textOf: (word: string) => string) => {
    for (const word of words) if (word.toUpperCase().startsWith(begun.toUpperCase())) items.add(textOf(word));
  };
  const isLower = begun !== '' && begun === begun.toLowerCase();
  const cased = (word: string) => (isLower ? word.toLowerCase() : word);
  const nameText = (name: string) => (needsQuotes(name) ? quotedWhereNeeded(name) : cased(name));
  const startIndex = cursor - begun.length;
  const only = expectedWords(text.slice(0, startIndex));
  if (only !== null) {
    add(only, cased);
    return { startIndex, items: [...items].sort() };
  }
  if (before?.value === 'PRINT' || before?.value === 'TOPIC') add(names.topics ?? [], (topic) => `'${topic}'`);
  else if (before?.kind === 'word' && beforeSource.has(before.value)) add(names.sources ?? [], nameText);
  else {
    if (before?.text !== '.' && before?.text !== '->') {
      add(keywords, cased);
      add(typeWords, cased);
      add(names.functions ?? [], (name) => `${nameText(name)}(`);
      add(names.sources ?? [], nameText);
    }
    add(names.columns ?? [], nameText);
  }
  if (before?.kind === 'word' && beforeSource.has(before.value) && items.size === 0) add(keywords, cased);
  return { startIndex, items: [...items].sort().slice(0, itemsMax) };
}
