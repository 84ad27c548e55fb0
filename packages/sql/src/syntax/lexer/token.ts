import type { SourcePosition, SourceRange } from '../source-range.ts';

/**
 * `word` a keyword or plain identifier · `quoted` an identifier in `` ` `` or `"` · `digits` an identifier that starts with a digit ·
 * `integer`, `decimal`, `float` numbers without sign · `variable` `${name}` · `symbol` operators and punctuation · `unknown` a character of
 * no token · `unclosed` a quote or comment without its end · `end` behind the last.
 */
export type TokenKind =
  | 'word'
  | 'quoted'
  | 'digits'
  | 'string'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'variable'
  | 'symbol'
  | 'unknown'
  | 'unclosed'
  | 'end';

export interface Token extends SourceRange {
  readonly kind: TokenKind;
  /** As it is written. */
  readonly text: string;
  /** Words in upper case, quoted text without quotes and with doubled ones made single, a variable's name; else the text. */
  readonly value: string;
  readonly start: SourcePosition;
  readonly end: SourcePosition;
}

/** What lies between tokens; only for who shows a text. */
export interface Trivia {
  readonly kind: 'space' | 'comment';
  readonly startIndex: number;
  readonly endIndex: number;
}
