/**
 * The tokens of one text, as columns: a tokenizer fills them, filters change them in place.
 *
 * Positions are absolute, so a filter that drops a token leaves the hole that phrase queries count on.
 */
export class TokenBuffer {
  count = 0;
  readonly terms: string[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly positions: number[] = [];
  readonly types: string[] = [];
  /** How far the text reaches in positions; the next value of the same field continues from here. */
  positionCount = 0;

  reset(): void {
    this.count = 0;
    this.positionCount = 0;
  }

  push(term: string, start: number, end: number, type: string): void {
    const i = this.count++;
    this.terms[i] = term;
    this.starts[i] = start;
    this.ends[i] = end;
    this.types[i] = type;
    this.positions[i] = this.positionCount++;
  }

  /** Keeps the tokens for which `keep` holds. */
  retain(keep: (term: string, index: number) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (!keep(this.terms[i]!, i)) continue;
      if (kept !== i) {
        this.terms[kept] = this.terms[i]!;
        this.starts[kept] = this.starts[i]!;
        this.ends[kept] = this.ends[i]!;
        this.types[kept] = this.types[i]!;
        this.positions[kept] = this.positions[i]!;
      }
      kept++;
    }
    this.count = kept;
  }
}

export type Tokenizer = (text: string, out: TokenBuffer) => void;
export type TokenFilter = (tokens: TokenBuffer) => void;
