import { TokenBuffer, type TokenFilter, type Tokenizer } from './token-buffer.ts';

/** A chain from text to tokens. Its buffer is used again: read the tokens before the next call. */
export class Analyzer {
  readonly name: string;
  readonly tokenizer: Tokenizer;
  readonly filters: readonly TokenFilter[];
  /** Positions between two values of one field, so that phrases do not match across them. */
  readonly positionIncrementGap: number;
  readonly #tokens = new TokenBuffer();

  constructor(name: string, tokenizer: Tokenizer, filters: readonly TokenFilter[] = [], positionIncrementGap = 100) {
    this.name = name;
    this.tokenizer = tokenizer;
    this.filters = filters;
    this.positionIncrementGap = positionIncrementGap;
  }

  analyze(text: string): TokenBuffer {
    const tokens = this.#tokens;
    tokens.reset();
    this.tokenizer(text, tokens);
    for (const filter of this.filters) filter(tokens);
    return tokens;
  }

  /** The one token that a text normalizes to (prefixes, wildcards, normalizers): filters without cutting. */
  normalize(text: string): string {
    const tokens = new TokenBuffer();
    tokens.push(text, 0, text.length, 'word');
    for (const filter of this.filters) if (this.normalizers.has(filter)) filter(tokens);
    return tokens.terms[0] ?? '';
  }

  normalizers: ReadonlySet<TokenFilter> = new Set();
}
