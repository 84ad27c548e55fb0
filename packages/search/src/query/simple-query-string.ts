import { EsError, illegalArgument, parsingError } from '../errors.ts';
import type { FieldMapper } from '../mapping/field-mapper.ts';
import { KeywordField } from '../mapping/keyword-field.ts';
import { TextField } from '../mapping/text-field.ts';
import { boolQuery, boosted, matchAll, matchNone, type Query } from '../search/query.ts';
import {
  analyzerOf,
  type BuildContext,
  booleanOf,
  boostOf,
  decorate,
  integerOf,
  isScalar,
  type QueryType,
  textOf,
} from './dsl.ts';
import { operatorOf } from './match.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import { multiMatch } from './multi-match.ts';
import { defaultTextOptions, parseFieldBoost, resolveFields, type TextOptions } from './text-query.ts';

const flagNames = [
  'ALL',
  'NONE',
  'AND',
  'NOT',
  'OR',
  'PREFIX',
  'PHRASE',
  'PRECEDENCE',
  'ESCAPE',
  'WHITESPACE',
  'FUZZY',
  'NEAR',
  'SLOP',
];

interface Options {
  operator: 'or' | 'and';
  flags: Set<string>;
  isLenient: boolean;
  fuzzyPrefixLength: number;
  fuzzyMaxExpansions: number;
  fuzzyTranspositions: boolean;
}

export const simpleQueryStringQuery: QueryType = {
  name: 'simple_query_string',
  parse(body, dsl) {
    let query: string | null = null;
    const patterns: { pattern: string; boost: number }[] = [];
    const options: Options = {
      operator: 'or',
      flags: new Set(['ALL']),
      isLenient: false,
      fuzzyPrefixLength: 0,
      fuzzyMaxExpansions: 50,
      fuzzyTranspositions: true,
    };
    let isLenientSet = false;
    let analyzer: string | null = null;
    let wanted: string | null = null;
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (key === 'fields' && Array.isArray(value)) {
        for (const item of value) patterns.push(parseFieldBoost(textOf(item)));
        continue;
      }
      if (!isScalar(value)) throw dsl.unsupported('simple_query_string', body, key);
      if (key === 'query') query = textOf(value);
      else if (key === 'boost') boost = boostOf(value);
      else if (key === 'analyzer') analyzer = textOf(value);
      else if (key === 'default_operator') options.operator = operatorOf(value);
      else if (key === 'flags') options.flags = parseFlags(textOf(value));
      else if (key === 'lenient') {
        options.isLenient = booleanOf(value);
        isLenientSet = true;
      } else if (key === 'minimum_should_match') wanted = textOf(value);
      else if (key === 'fuzzy_prefix_length') options.fuzzyPrefixLength = integerOf(value);
      else if (key === 'fuzzy_max_expansions') options.fuzzyMaxExpansions = integerOf(value);
      else if (key === 'fuzzy_transpositions') options.fuzzyTranspositions = booleanOf(value);
      else if (key === '_name') queryName = textOf(value);
      else if (!['analyze_wildcard', 'quote_field_suffix', 'auto_generate_synonyms_phrase_query'].includes(key)) {
        throw dsl.unsupported('simple_query_string', body, key);
      }
    }
    if (query === null) throw parsingError('[simple_query_string] query text missing', dsl.atEnd(body));
    const text = query;
    return {
      name: 'simple_query_string',
      build(context) {
        const hasFields = patterns.length > 0;
        const all = hasFields ? patterns : context.defaultFields.map(parseFieldBoost);
        const isAll = all.some(({ pattern }) => pattern === '*');
        const own = { ...options, isLenient: isLenientSet ? options.isLenient : isAll };
        const textOptions: TextOptions = {
          ...defaultTextOptions,
          operator: options.operator,
          isLenient: own.isLenient,
          analyzer: analyzerOf(analyzer, 'simple_query_string', context),
        };
        const fields = resolveFields(all, context);
        let result = new SimpleParser(text, own, fields, textOptions, context).parse() ?? matchNone('no terms');
        if (wanted !== null && result.kind === 'bool' && result.should.length > 0) {
          result = { ...result, minimumShouldMatch: minimumShouldMatch(wanted, result.should.length) };
        }
        return decorate(result, boost, queryName);
      },
    };
  },
};

function parseFlags(text: string): Set<string> {
  const flags = new Set<string>();
  for (const part of text.split('|')) {
    const name = part.trim().toUpperCase();
    if (name === '') continue;
    if (!flagNames.includes(name)) throw illegalArgument(`Unknown simple_query_string flag [${name}]`);
    flags.add(name);
  }
  return flags;
}

/** Lucene's SimpleQueryParser: it takes every text, what it cannot read is read as words. */
class SimpleParser {
  readonly #text: string;
  readonly #options: Options;
  readonly #fields: ReadonlyMap<string, number>;
  readonly #textOptions: TextOptions;
  readonly #context: BuildContext;
  #at = 0;

  constructor(
    text: string,
    options: Options,
    fields: ReadonlyMap<string, number>,
    textOptions: TextOptions,
    context: BuildContext,
  ) {
    this.#text = text;
    this.#options = options;
    this.#fields = fields;
    this.#textOptions = textOptions;
    this.#context = context;
  }

  parse(): Query | null {
    if (this.#text.trim() === '*') return matchAll;
    return this.#sub(this.#text.length);
  }

  #has(flag: string): boolean {
    return this.#options.flags.has('ALL') || this.#options.flags.has(flag);
  }

  /** Reads up to `end`; operators combine what came before with the next part, left to right. */
  #sub(end: number): Query | null {
    const text = this.#text;
    let top: Query | null = null;
    let lastOperator: 'and' | 'or' | null = null;
    let operator: 'and' | 'or' | null = null;
    let nots = 0;
    const combine = (branch: Query | null): void => {
      if (branch === null) {
        operator = null;
        nots = 0;
        return;
      }
      let query = branch;
      if (nots % 2 === 1) query = boolQuery({ mustNot: [branch], should: [matchAll] });
      const chosen = operator ?? this.#options.operator;
      if (top === null) top = query;
      else {
        if (lastOperator !== chosen || top.kind !== 'bool') {
          top = chosen === 'and' ? boolQuery({ must: [top, query] }) : boolQuery({ should: [top, query] });
        } else if (chosen === 'and') top = { ...top, must: [...top.must, query] };
        else top = { ...top, should: [...top.should, query] };
        lastOperator = chosen;
      }
      operator = null;
      nots = 0;
    };
    while (this.#at < end) {
      const character = text[this.#at]!;
      if (character === '(' && this.#has('PRECEDENCE')) {
        const close = this.#closing(end);
        if (close < 0) this.#at++;
        else {
          this.#at++;
          const inner = this.#sub(close);
          this.#at = close + 1;
          combine(inner);
        }
      } else if (character === ')' && this.#has('PRECEDENCE')) this.#at++;
      else if (character === '"' && this.#has('PHRASE')) {
        const phrase = this.#phrase(end);
        if (phrase !== undefined) combine(phrase);
      } else if (character === '+' && this.#has('AND')) {
        if (operator === null && top !== null) operator = 'and';
        this.#at++;
      } else if (character === '|' && this.#has('OR')) {
        if (operator === null && top !== null) operator = 'or';
        this.#at++;
      } else if (character === '-' && this.#has('NOT')) {
        nots++;
        this.#at++;
      } else if (/[ \t\n\r]/.test(character) && this.#has('WHITESPACE')) this.#at++;
      else combine(this.#token(end));
    }
    return top;
  }

  #closing(end: number): number {
    let depth = 0;
    for (let i = this.#at; i < end; i++) {
      const character = this.#text[i];
      if (character === '\\' && this.#has('ESCAPE')) i++;
      else if (character === '(') depth++;
      else if (character === ')' && --depth === 0) return i;
    }
    return -1;
  }

  #phrase(end: number): Query | null | undefined {
    let text = '';
    let i = this.#at + 1;
    for (; i < end && this.#text[i] !== '"'; i++) {
      if (this.#text[i] === '\\' && i + 1 < end && this.#has('ESCAPE')) i++;
      text += this.#text[i];
    }
    if (i >= end) {
      // A quote that is never closed is no quote.
      this.#at++;
      return undefined;
    }
    this.#at = i + 1;
    let slop = 0;
    const near = /^~(\d+)/.exec(this.#text.slice(this.#at, end));
    if (near !== null && (this.#has('NEAR') || this.#has('SLOP'))) {
      slop = Number(near[1]);
      this.#at += near[0].length;
    }
    if (text === '') return null;
    return orNull(
      multiMatch(this.#fields, text, 'phrase', 1, { ...this.#textOptions, slop, isQuoted: true }, this.#context),
    );
  }

  #token(end: number): Query | null {
    let text = '';
    let isPrefix = false;
    let fuzziness: string | null = null;
    let i = this.#at;
    for (; i < end; i++) {
      const character = this.#text[i]!;
      if (character === '\\' && i + 1 < end && this.#has('ESCAPE')) {
        text += this.#text[++i];
        isPrefix = false;
        continue;
      }
      if (character === '"' && this.#has('PHRASE')) break;
      if ((character === '|' && this.#has('OR')) || (character === '+' && this.#has('AND'))) break;
      if ((character === '(' || character === ')') && this.#has('PRECEDENCE')) break;
      if (/[ \t\n\r]/.test(character) && this.#has('WHITESPACE')) break;
      if (character === '~' && this.#has('FUZZY') && text !== '') {
        const edits = /^~(\d*)(?=[\s"|+()]|$)/.exec(this.#text.slice(i, end));
        if (edits !== null) {
          fuzziness = edits[1] === '' ? '2' : edits[1]!;
          i += edits[0].length;
          break;
        }
      }
      isPrefix = character === '*' && this.#has('PREFIX');
      text += character;
    }
    this.#at = Math.max(i, this.#at + 1);
    if (text === '') return null;
    if (fuzziness !== null) return this.#each((mapper) => this.#fuzzy(mapper, text, fuzziness));
    if (isPrefix && text.length > 1) {
      const prefix = text.slice(0, -1);
      return this.#each((mapper) => mapper.prefixQuery(this.#normalize(mapper, prefix), false, this.#context));
    }
    return orNull(multiMatch(this.#fields, text, 'best_fields', 1, this.#textOptions, this.#context));
  }

  #fuzzy(mapper: FieldMapper, text: string, fuzziness: string): Query {
    const { fuzzyPrefixLength: prefixLength, fuzzyMaxExpansions: maxExpansions, fuzzyTranspositions } = this.#options;
    const options = { fuzziness, prefixLength, maxExpansions, transpositions: fuzzyTranspositions };
    return mapper.fuzzyQuery(this.#normalize(mapper, text), options, this.#context);
  }

  #normalize(mapper: FieldMapper, text: string): string {
    if (mapper instanceof TextField) return (this.#textOptions.analyzer ?? mapper.searchAnalyzer).normalize(text);
    return mapper instanceof KeywordField ? mapper.normalize(text) : text;
  }

  #each(make: (mapper: FieldMapper) => Query): Query | null {
    const queries: Query[] = [];
    for (const [path, boost] of this.#fields) {
      const mapper = this.#context.mapping.field(path);
      if (mapper === undefined) continue;
      try {
        queries.push(boosted(make(mapper), boost));
      } catch (error) {
        if (!this.#options.isLenient || !(error instanceof EsError)) throw error;
      }
    }
    if (queries.length === 0) return null;
    return queries.length === 1 ? queries[0]! : { kind: 'disMax', queries, tieBreaker: 1 };
  }
}

function orNull(query: Query): Query | null {
  return query.kind === 'matchNone' && query.reason === 'no terms after analysis' ? null : query;
}
