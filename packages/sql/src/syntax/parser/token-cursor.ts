import type { SqlType } from '../../types/sql-type.ts';
import { nonReservedWords, reservedWords } from '../lexer/keywords.ts';
import { tokenize } from '../lexer/lexer.ts';
import type { Token } from '../lexer/token.ts';
import type { SourcePosition, SourceRange } from '../source-range.ts';
import { syntaxError, unexpectedToken } from './syntax-error.ts';
import { type Replacement, type Variables, variableAsIdentifier } from './variables.ts';

/** How deep a tree may be: whoever walks it by recursion has stack enough. */
export const depthMax = 1_000;
/** How deep brackets, CASE and types may be nested in each other. */
export const nestingMax = 200;

export interface ParserOptions {
  /** Types by name, from CREATE TYPE; the name as the statement means it (upper case, or as quoted). */
  readonly resolveType?: (name: string) => SqlType | null | undefined;
  /** Values of `${name}`. Default: none is known; `null`: they stand for anything, as when only the syntax is looked at. */
  readonly variables?: Variables | null;
  /** ASSERT VALUES, ASSERT STREAM, RUN SCRIPT … are statements too. Default false. */
  readonly isTestScript?: boolean;
  /** Only ksqlDB's own clauses are read: no ORDER BY. Default false. */
  readonly isPlain?: boolean;
}

/** Where a parser stands in the tokens of one statement, and what it would have taken there. */
export class TokenCursor {
  readonly options: ParserOptions;
  /** Variables that were met, with what they stand for. */
  readonly replacements: Replacement[] = [];
  /** Depth of the tree that was parsed last. */
  treeDepth = 0;
  readonly #tokens: readonly Token[];
  #at: number;
  readonly #end: number;
  readonly #expected = new Set<string>();
  #expectedAt = -1;
  #nesting = 0;

  /** @param tokens must have one more behind `end`: what stands there is the end of the statement */
  constructor(tokens: readonly Token[], options: ParserOptions = {}, from = 0, end = tokens.length - 1) {
    this.#tokens = tokens;
    this.#at = from;
    this.#end = end;
    this.options = options;
  }

  static of(text: string, options?: ParserOptions, origin?: SourcePosition): TokenCursor {
    return new TokenCursor(tokenize(text, origin), options);
  }

  get token(): Token {
    return this.#tokens[this.#at]!;
  }

  get index(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** A token further on; the end where there are no more. */
  ahead(count: number): Token {
    return this.#tokens[Math.min(this.#at + count, this.#end)]!;
  }

  /** Takes the token, whatever it is. */
  next(): Token {
    const token = this.token;
    if (this.#at < this.#end) this.#at++;
    return token;
  }

  /** From a place to behind the token that was taken last. */
  rangeFrom(start: SourcePosition): SourceRange {
    return { start, end: this.#tokens[Math.max(this.#at - 1, 0)]!.end };
  }

  isWord(word: string, count = 0): boolean {
    const token = this.ahead(count);
    return token.kind === 'word' && token.value === word && this.#at + count < this.#end;
  }

  isSymbol(symbol: string, count = 0): boolean {
    const token = this.ahead(count);
    return token.kind === 'symbol' && token.text === symbol && this.#at + count < this.#end;
  }

  /** Whether an identifier stands there. */
  isIdentifier(count = 0): boolean {
    if (this.#at + count >= this.#end) return false;
    const { kind, value } = this.ahead(count);
    return (
      kind === 'quoted' || kind === 'digits' || kind === 'variable' || (kind === 'word' && !reservedWords.has(value))
    );
  }

  /** Takes the keyword if it is there; else remembers that it could have been. */
  acceptWord(word: string): boolean {
    if (this.isWord(word)) {
      this.#at++;
      return true;
    }
    this.expecting(`'${word}'`);
    return false;
  }

  /** All of the words, or none. */
  acceptWords(...words: readonly string[]): boolean {
    for (let at = 0; at < words.length; at++) {
      if (!this.isWord(words[at]!, at)) {
        if (at === 0) this.expecting(`'${words[0]}'`);
        return false;
      }
    }
    this.#at += words.length;
    return true;
  }

  acceptSymbol(symbol: string): boolean {
    if (this.isSymbol(symbol)) {
      this.#at++;
      return true;
    }
    this.expecting(`'${symbol}'`);
    return false;
  }

  expectWord(word: string): Token {
    const token = this.token;
    if (!this.acceptWord(word)) throw this.unexpected();
    return token;
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.unexpected();
  }

  /** One of the words. */
  expectOneOf<Word extends string>(words: readonly Word[]): Word {
    for (const word of words) if (this.acceptWord(word)) return word;
    throw this.unexpected();
  }

  /** A name: upper case unless it is quoted. */
  expectIdentifier(): string {
    return this.#identifier(({ kind, value }) => (kind === 'digits' ? value.toUpperCase() : value));
  }

  /** A name as it is written, without quotes. */
  expectIdentifierAsWritten(): string {
    return this.#identifier((token) => (token.kind === 'quoted' ? token.value : token.text));
  }

  #identifier(textOf: (token: Token) => string): string {
    if (!this.isIdentifier()) {
      this.expecting('IDENTIFIER');
      throw this.unexpected();
    }
    const token = this.next();
    if (token.kind !== 'variable') return textOf(token);
    const replaced = variableAsIdentifier(token, this.options.variables);
    this.replacements.push({ token, text: replaced.text });
    return replaced.name;
  }

  expectString(): Token {
    if (this.token.kind === 'string' && !this.isAtEnd) return this.next();
    this.expecting('STRING');
    throw this.unexpected();
  }

  /** An integer without sign, at most 2^53-1. */
  expectInteger(): number {
    if (this.isAtEnd || this.token.kind !== 'integer') {
      this.expecting('INTEGER_VALUE');
      throw this.unexpected();
    }
    const token = this.next();
    const value = Number(token.text);
    if (!Number.isSafeInteger(value)) throw syntaxError(token.start, `Invalid numeric literal: ${token.text}`);
    return value;
  }

  expectSignedInteger(): number {
    const isNegative = this.isSymbol('-');
    if (isNegative) this.next();
    const value = this.expectInteger();
    return isNegative ? -value + 0 : value;
  }

  /** Remembers what could stand here, for the message. */
  expecting(what: string): void {
    if (this.#expectedAt !== this.#at) {
      this.#expected.clear();
      this.#expectedAt = this.#at;
    }
    this.#expected.add(what);
  }

  /** The error of a token that does not fit, with all that could have stood there. */
  unexpected(): Error {
    const expected = this.#expectedAt === this.#at ? [...this.#expected] : [];
    const token = this.isAtEnd ? this.#tokens[this.#end]! : this.token;
    return unexpectedToken(token, expected, this.#tokens[this.#at - 1]);
  }

  /** Runs a parser one level deeper. */
  nested<Result>(parse: () => Result): Result {
    if (++this.#nesting > nestingMax) throw tooDeep(this.token);
    try {
      return parse();
    } finally {
      this.#nesting--;
    }
  }

  /** Tells how deep the tree is that was just made. */
  grow(depth: number): void {
    if (depth > depthMax) throw tooDeep(this.token);
    this.treeDepth = depth;
  }
}

function tooDeep(token: Token): Error {
  return syntaxError(
    token.start,
    'Error processing statement: Statement is too large to parse. This may be caused by having too many nested expressions in the statement.',
    { hint: `At most ${nestingMax} levels of brackets, and ${depthMax} operators in a row` },
  );
}

/** Whether a word is a keyword of either kind. */
export function isKeyword(word: string): boolean {
  return reservedWords.has(word) || nonReservedWords.has(word);
}
