import type { Query } from '../search/query.ts';
import { boolQuery } from '../search/query.ts';
import {
  lex,
  queryStringError,
  type RangeToken,
  type Token,
  type TokenKind,
  unescapeQuery,
} from './query-string-lexer.ts';

/** What the parts of a query string become: given by the query that uses the parser. */
export interface QueryStringHandlers {
  operator: 'or' | 'and';
  /** Words, cut and combined by each field's analyzer; null when nothing is left of them. */
  words(field: string | null, text: string): Query | null;
  phrase(field: string | null, text: string, slop: number | null): Query | null;
  prefix(field: string | null, text: string): Query | null;
  wildcard(field: string | null, pattern: string): Query | null;
  regexp(field: string | null, pattern: string): Query | null;
  fuzzy(field: string | null, text: string, fuzziness: string | null): Query | null;
  range(field: string | null, range: RangeToken): Query | null;
}

type Occur = 'must' | 'should' | 'mustNot';

interface Clause {
  occur: Occur;
  query: Query;
}

/**
 * Lucene's classic query grammar: `field:(a OR "b c"~2) AND -d^3 [x TO y}`.
 *
 * AND and OR have no precedence: AND makes the clause before and after it required, as the original does.
 */
export class QueryStringParser {
  readonly #query: string;
  readonly #tokens: Token[];
  readonly #handlers: QueryStringHandlers;
  #at = 0;
  #depth = 0;

  constructor(query: string, handlers: QueryStringHandlers) {
    this.#query = query;
    this.#tokens = lex(query);
    this.#handlers = handlers;
  }

  parse(): Query | null {
    const query = this.#disjunction(null);
    if (this.#peek().kind !== 'EOF') throw this.#unexpected();
    return query;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  #take(kind: TokenKind): Token {
    if (this.#peek().kind !== kind) throw this.#unexpected();
    return this.#tokens[this.#at++]!;
  }

  #unexpected() {
    const token = this.#peek();
    const what = token.kind === 'EOF' ? '"<EOF>"' : `" ${nameOf(token)} "${token.image} ""`;
    return queryStringError(this.#query, `Encountered ${what} at line 1, column ${token.column}.`);
  }

  #disjunction(field: string | null): Query | null {
    if (++this.#depth > 100) throw queryStringError(this.#query, 'Query contains too many nested clauses');
    const clauses: Clause[] = [];
    let first: Query | null = null;
    let isPlain = false;
    if (this.#isMultiTerm()) {
      first = this.#multiTerm(field, clauses);
      isPlain = true;
    } else {
      const modifier = this.#modifier();
      const query = this.#clause(field);
      this.#add(clauses, null, modifier, query);
      if (modifier === null) {
        first = query;
        isPlain = true;
      }
    }
    while (this.#peek().kind !== 'EOF' && this.#peek().kind !== 'RPAREN') {
      if (this.#isMultiTerm()) this.#multiTerm(field, clauses);
      else {
        const conjunction = this.#conjunction();
        const modifier = this.#modifier();
        this.#add(clauses, conjunction, modifier, this.#clause(field));
      }
    }
    this.#depth--;
    if (clauses.length === 1 && isPlain && first !== null) return first;
    return toBool(clauses);
  }

  /** Two or more words with nothing between them but spaces are one text. */
  #isMultiTerm(): boolean {
    return this.#peek().kind === 'TERM' && this.#isFollowing(1);
  }

  #isFollowing(ahead: number): boolean {
    if (this.#peek(ahead).kind !== 'TERM') return false;
    return !['COLON', 'STAR', 'FUZZY_SLOP', 'CARAT', 'AND', 'OR'].includes(this.#peek(ahead + 1).kind);
  }

  #multiTerm(field: string | null, clauses: Clause[]): Query | null {
    let text = this.#take('TERM').image;
    while (this.#isFollowing(0)) text += ` ${this.#take('TERM').image}`;
    const query = this.#handlers.words(field, unescapeQuery(text));
    if (query === null) return null;
    const occur: Occur = this.#handlers.operator === 'or' ? 'should' : 'must';
    if (query.kind === 'bool' && query.filter.length === 0 && query.minimumShouldMatch === 0) {
      const all = [...query.must, ...query.should];
      const areTerms = query.mustNot.length === 0 && all.every((part) => part.kind === 'term');
      if (areTerms) {
        for (const part of query.must) clauses.push({ occur: 'must', query: part });
        for (const part of query.should) clauses.push({ occur: 'should', query: part });
      } else for (const part of all) clauses.push({ occur, query: part });
    } else clauses.push({ occur, query });
    return query;
  }

  #conjunction(): 'AND' | 'OR' | null {
    const { kind } = this.#peek();
    if (kind !== 'AND' && kind !== 'OR') return null;
    this.#at++;
    return kind;
  }

  #modifier(): 'PLUS' | 'MINUS' | null {
    const { kind } = this.#peek();
    if (kind === 'PLUS') {
      this.#at++;
      return 'PLUS';
    }
    if (kind !== 'MINUS' && kind !== 'NOT') return null;
    this.#at++;
    return 'MINUS';
  }

  #add(
    clauses: Clause[],
    conjunction: 'AND' | 'OR' | null,
    modifier: 'PLUS' | 'MINUS' | null,
    query: Query | null,
  ): void {
    const isAnd = this.#handlers.operator === 'and';
    const last = clauses.at(-1);
    if (last !== undefined && conjunction === 'AND' && last.occur !== 'mustNot') last.occur = 'must';
    if (last !== undefined && isAnd && conjunction === 'OR' && last.occur !== 'mustNot') last.occur = 'should';
    if (query === null) return;
    let occur: Occur;
    if (modifier === 'MINUS') occur = 'mustNot';
    else if (isAnd) occur = conjunction === 'OR' && modifier !== 'PLUS' ? 'should' : 'must';
    else occur = modifier === 'PLUS' || conjunction === 'AND' ? 'must' : 'should';
    clauses.push({ occur, query });
  }

  #clause(outer: string | null): Query | null {
    let field = outer;
    const { kind, image } = this.#peek();
    if (
      (kind === 'TERM' || kind === 'STAR' || kind === 'WILDTERM' || kind === 'PREFIXTERM') &&
      this.#peek(1).kind === 'COLON'
    ) {
      if (kind === 'WILDTERM' || kind === 'PREFIXTERM') throw this.#unexpected();
      field = kind === 'STAR' ? '*' : unescapeQuery(image);
      this.#at += 2;
    }
    if (this.#peek().kind === 'LPAREN') {
      this.#at++;
      const inner = this.#disjunction(field);
      this.#take('RPAREN');
      return boost(inner, this.#boost());
    }
    return this.#term(field);
  }

  #boost(): number | null {
    if (this.#peek().kind !== 'CARAT') return null;
    this.#at++;
    return Number(this.#take('NUMBER').image);
  }

  #term(field: string | null): Query | null {
    const token = this.#peek();
    const handlers = this.#handlers;
    switch (token.kind) {
      case 'RANGE': {
        this.#at++;
        const query = handlers.range(field, token.range!);
        return boost(query, this.#boost());
      }
      case 'QUOTED': {
        this.#at++;
        let slop: number | null = null;
        let factor = this.#boost();
        if (this.#peek().kind === 'FUZZY_SLOP') {
          const text = this.#tokens[this.#at++]!.image.slice(1);
          slop = text === '' ? null : Math.trunc(Number(text));
        }
        factor ??= this.#boost();
        const text = unescapeQuery(token.image.slice(1, -1));
        return boost(handlers.phrase(field, text, Number.isNaN(slop) ? null : slop), factor);
      }
      case 'TERM':
      case 'STAR':
      case 'PREFIXTERM':
      case 'WILDTERM':
      case 'REGEXPTERM':
      case 'NUMBER':
      case 'BAREOPER':
        return this.#bareTerm(field, token);
      default:
        throw this.#unexpected();
    }
  }

  #bareTerm(field: string | null, token: Token): Query | null {
    this.#at++;
    let factor = this.#boost();
    let fuzziness: string | null = null;
    let isFuzzy = false;
    if (this.#peek().kind === 'FUZZY_SLOP') {
      fuzziness = this.#tokens[this.#at++]!.image.slice(1) || null;
      isFuzzy = true;
    }
    factor ??= this.#boost();
    const { image } = token;
    const handlers = this.#handlers;
    let query: Query | null;
    if (token.kind === 'STAR') query = handlers.wildcard(field, '*');
    else if (token.kind === 'WILDTERM') query = handlers.wildcard(field, image);
    else if (token.kind === 'PREFIXTERM') query = handlers.prefix(field, unescapeQuery(image.slice(0, -1)));
    else if (token.kind === 'REGEXPTERM') query = handlers.regexp(field, image.slice(1, -1));
    else if (isFuzzy) query = handlers.fuzzy(field, unescapeQuery(image), fuzziness);
    else query = handlers.words(field, unescapeQuery(token.kind === 'BAREOPER' ? image[0]! : image));
    return boost(query, factor);
  }
}

function boost(query: Query | null, factor: number | null): Query | null {
  return query === null || factor === null ? query : { kind: 'boost', query, boost: factor };
}

function toBool(clauses: readonly Clause[]): Query | null {
  if (clauses.length === 0) return null;
  const of = (occur: Occur): Query[] =>
    clauses.filter((clause) => clause.occur === occur).map((clause) => clause.query);
  return boolQuery({ must: of('must'), should: of('should'), mustNot: of('mustNot') });
}

function nameOf(token: Token): string {
  const plain: Partial<Record<TokenKind, string>> = { RPAREN: '")"', LPAREN: '"("', COLON: '":"', CARAT: '"^"' };
  return plain[token.kind] ?? `<${token.kind}>`;
}
