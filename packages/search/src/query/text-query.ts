import type { Analyzer } from '../analysis/analyzer.ts';
import type { TokenBuffer } from '../analysis/token-buffer.ts';
import { EsError, illegalState } from '../errors.ts';
import type { Json } from '../json/json-value.ts';
import type { FieldMapper, FuzzyOptions } from '../mapping/field-mapper.ts';
import { KeywordField } from '../mapping/keyword-field.ts';
import { TextField } from '../mapping/text-field.ts';
import { boolQuery, matchAll, matchNone, type PhraseSlot, type Query } from '../search/query.ts';
import { type BuildContext, textOf } from './dsl.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';

export type MatchKind = 'boolean' | 'phrase' | 'phrase_prefix' | 'bool_prefix';

/** How a text becomes a query on a field. */
export interface TextOptions {
  kind: MatchKind;
  operator: 'or' | 'and';
  minimumShouldMatch: string | null;
  fuzziness: string | null;
  fuzzy: Omit<FuzzyOptions, 'fuzziness'>;
  maxExpansions: number;
  slop: number;
  isLenient: boolean;
  zeroTerms: 'none' | 'all';
  analyzer: Analyzer | null;
  /** Phrases of `query_string` are cut by the quote analyzer. */
  isQuoted?: boolean;
}

export const defaultTextOptions: TextOptions = {
  kind: 'boolean',
  operator: 'or',
  minimumShouldMatch: null,
  fuzziness: null,
  fuzzy: { prefixLength: 0, maxExpansions: 50, transpositions: true },
  maxExpansions: 50,
  slop: 0,
  isLenient: false,
  zeroTerms: 'none',
  analyzer: null,
};

/** A full-text query on one field; `null` when the text has no terms. */
export function textQuery(path: string, value: Json, options: TextOptions, context: BuildContext): Query | null {
  const mapper = context.mapping.field(path);
  if (mapper === undefined) return matchNone(`unmapped fields [${path}]`);
  if (mapper instanceof TextField) return analyzed(mapper, textOf(value), options, context);
  if (mapper instanceof KeywordField) {
    if (options.analyzer !== null) return analyzed(mapper, textOf(value), options, context);
    return keyword(mapper, value, options);
  }
  try {
    if (options.kind === 'phrase_prefix' || options.kind === 'bool_prefix') {
      if (options.kind === 'bool_prefix') return mapper.termQuery(value, context);
      throw new EsError(
        400,
        'illegal_argument_exception',
        `Can only use phrase prefix queries on text fields - not on [${path}] which is of type [${mapper.type}]`,
      );
    }
    return mapper.termQuery(value, context);
  } catch (error) {
    if (options.isLenient && error instanceof EsError) {
      return matchNone(`failed [${path}] query, caused by ${error.type}:[${error.reason}]`);
    }
    throw error;
  }
}

function keyword(mapper: KeywordField, value: Json, options: TextOptions): Query {
  if (options.kind === 'phrase_prefix' || options.kind === 'bool_prefix') {
    if (options.kind === 'bool_prefix') return mapper.prefixQuery(textOf(value), false);
    throw new EsError(
      400,
      'illegal_argument_exception',
      `Can only use phrase prefix queries on text fields - not on [${mapper.path}] which is of type [keyword]`,
    );
  }
  if (options.fuzziness !== null && options.kind === 'boolean') {
    return mapper.fuzzyQuery(textOf(value), { ...options.fuzzy, fuzziness: options.fuzziness });
  }
  if (options.kind === 'boolean' && mapper.param<boolean>('split_queries_on_whitespace')) {
    const words = textOf(value)
      .split(/\s+/)
      .filter((word) => word !== '');
    return combine(
      words.map((word) => mapper.termQuery(word)),
      options,
    );
  }
  return mapper.termQuery(value);
}

function analyzed(mapper: FieldMapper, text: string, options: TextOptions, context: BuildContext): Query | null {
  const isPhrase = options.kind === 'phrase' || options.kind === 'phrase_prefix';
  const own =
    mapper instanceof TextField && (isPhrase || options.isQuoted) ? mapper.searchQuoteAnalyzer : mapper.searchAnalyzer;
  const analyzer = options.analyzer ?? own;
  if (analyzer === null) return mapper.termQuery(text, context);
  const tokens = analyzer.analyze(text);
  if (tokens.count === 0) return options.zeroTerms === 'all' ? matchAll : null;
  switch (options.kind) {
    case 'phrase':
      return phrase(mapper, tokens, options, false);
    case 'phrase_prefix':
      return phrase(mapper, tokens, options, true);
    default:
      return words(mapper, tokens, options, context);
  }
}

/** One clause a position; tokens at the same position are alternatives. */
function words(mapper: FieldMapper, tokens: TokenBuffer, options: TextOptions, context: BuildContext): Query {
  const groups: { position: number; terms: string[] }[] = [];
  for (let i = 0; i < tokens.count; i++) {
    const last = groups.at(-1);
    if (last !== undefined && last.position === tokens.positions[i]) last.terms.push(tokens.terms[i]!);
    else groups.push({ position: tokens.positions[i]!, terms: [tokens.terms[i]!] });
  }
  const clauses = groups.map(({ terms }, i) => {
    const isLast = i === groups.length - 1;
    if (options.kind === 'bool_prefix' && isLast) return mapper.prefixQuery(terms[0]!, false, context);
    const queries = terms.map((term) => one(mapper, term, options, context));
    return queries.length === 1 ? queries[0]! : boolQuery({ should: queries, minimumShouldMatch: 1 });
  });
  return combine(clauses, options);
}

function one(mapper: FieldMapper, term: string, options: TextOptions, context: BuildContext): Query {
  if (options.fuzziness !== null)
    return mapper.fuzzyQuery(term, { ...options.fuzzy, fuzziness: options.fuzziness }, context);
  return mapper.termQuery(term, context);
}

function combine(clauses: Query[], options: TextOptions): Query {
  if (clauses.length === 0) return matchNone('no terms');
  if (clauses.length === 1) return clauses[0]!;
  if (options.operator === 'and') return boolQuery({ must: clauses });
  const wanted =
    options.minimumShouldMatch === null ? 0 : minimumShouldMatch(options.minimumShouldMatch, clauses.length);
  return boolQuery({ should: clauses, minimumShouldMatch: wanted });
}

function phrase(mapper: FieldMapper, tokens: TokenBuffer, options: TextOptions, isPrefix: boolean): Query {
  if (mapper instanceof TextField && !mapper.hasPositions && (tokens.count > 1 || isPrefix)) {
    throw illegalState(`field:[${mapper.path}] was indexed without position data; cannot run PhraseQuery`);
  }
  const slots: { position: number; terms: Buffer[]; maxExpansions?: number }[] = [];
  const first = tokens.positions[0]!;
  for (let i = 0; i < tokens.count; i++) {
    const position = tokens.positions[i]! - first;
    const term = Buffer.from(tokens.terms[i]!);
    const last = slots.at(-1);
    if (last !== undefined && last.position === position) last.terms.push(term);
    else slots.push({ position, terms: [term] });
  }
  if (isPrefix) slots.at(-1)!.maxExpansions = options.maxExpansions;
  if (slots.length === 1 && !isPrefix && slots[0]!.terms.length === 1) {
    return { kind: 'term', field: mapper.path, term: slots[0]!.terms[0]! };
  }
  return { kind: 'phrase', field: mapper.path, slop: options.slop, slots: slots as PhraseSlot[] };
}

/** `field^2.5` as the field and its boost. */
export function parseFieldBoost(text: string): { pattern: string; boost: number } {
  const caret = text.indexOf('^');
  if (caret < 0) return { pattern: text, boost: 1 };
  return { pattern: text.slice(0, caret), boost: Math.fround(Number(text.slice(caret + 1))) };
}

/** The fields that patterns like `title^3` and `user.*` mean; those a pattern finds are only what can be searched as text. */
export function resolveFields(
  patterns: readonly { pattern: string; boost: number }[],
  context: BuildContext,
): Map<string, number> {
  const fields = new Map<string, number>();
  for (const { pattern, boost } of patterns) {
    const isPattern = pattern.includes('*');
    const names = isPattern ? context.mapping.matchingFields(pattern) : [pattern];
    for (const name of names) {
      const mapper = context.mapping.field(name);
      if (isPattern && (mapper === undefined || mapper.path.startsWith('_') || mapper.type === 'binary')) continue;
      if (isPattern && mapper?.path !== name) continue;
      fields.set(name, (fields.get(name) ?? 1) * boost);
    }
  }
  return fields;
}
