import { nonReservedWords, reservedWords, typeWords } from '../lexer/keywords.ts';
import { tokenize } from '../lexer/lexer.ts';
import type { Token } from '../lexer/token.ts';

/** `keyword`, `type` and `function` are words by what they mean in their place; `error` is what no statement can hold. */
export type HighlightKind =
  | 'keyword'
  | 'type'
  | 'function'
  | 'name'
  | 'string'
  | 'number'
  | 'variable'
  | 'symbol'
  | 'comment'
  | 'space'
  | 'error';

export interface Highlight {
  readonly kind: HighlightKind;
  readonly text: string;
}

/**
 * A text in pieces that are shown alike; together they are the text. Any text will do, also one that is being written.
 *
 * @example
 * highlight("select 'x'").map(({ kind }) => kind); // ['keyword', 'space', 'string']
 */
export function highlight(text: string): Highlight[] {
  const pieces: { start: number; end: number; kind: HighlightKind }[] = [];
  const tokens = tokenize(text, undefined, ({ kind, startIndex: start, endIndex: end }) => {
    pieces.push({ kind, start, end });
  });
  for (let at = 0; at < tokens.length - 1; at++)
    pieces.push({ kind: kindOf(tokens, at), start: tokens[at]!.start.index, end: tokens[at]!.end.index });
  return pieces
    .sort((one, other) => one.start - other.start)
    .map(({ kind, start, end }) => ({ kind, text: text.slice(start, end) }));
}

const types = new Set(typeWords);

function kindOf(tokens: readonly Token[], at: number): HighlightKind {
  const { kind, value, text } = tokens[at]!;
  switch (kind) {
    case 'word':
      return wordKind(value, tokens[at - 1], tokens[at + 1]);
    case 'quoted':
    case 'digits':
      return 'name';
    case 'string':
    case 'variable':
    case 'symbol':
      return kind;
    case 'integer':
    case 'decimal':
    case 'float':
      return 'number';
    case 'unclosed':
      return text.startsWith('/*') ? 'comment' : text.startsWith("'") ? 'string' : 'name';
    default:
      return 'error';
  }
}

function wordKind(word: string, before: Token | undefined, after: Token | undefined): HighlightKind {
  if (before?.text === '.' || before?.text === '->') return 'name';
  const isCalled = after?.text === '(';
  if (types.has(word)) return 'type';
  if (reservedWords.has(word)) return 'keyword';
  if (isCalled && !['HEADER', 'SESSION', 'OFFSETS'].includes(word)) return 'function';
  return nonReservedWords.has(word) ? 'keyword' : 'name';
}
