/**
 * Queries as they run against a shard: plain immutable nodes. The query DSL (`src/query`) makes them from requests and the
 * mapping, `src/search/weight.ts` gives them scores and walks them through segments.
 */
export type Query =
  | MatchAllQuery
  | MatchNoneQuery
  | TermQuery
  | TermsQuery
  | TermRangeQuery
  | MultiTermQuery
  | FuzzyQuery
  | PhraseQuery
  | NumberRangeQuery
  | NumberSetQuery
  | ExistsQuery
  | IdsQuery
  | BoolQuery
  | ConstantScoreQuery
  | DisMaxQuery
  | BoostQuery
  | BoostingQuery
  | BlendedQuery
  | NamedQuery;

export interface MatchAllQuery {
  readonly kind: 'matchAll';
}

export interface MatchNoneQuery {
  readonly kind: 'matchNone';
  readonly reason: string;
}

/** One term, scored by BM25. */
export interface TermQuery {
  readonly kind: 'term';
  readonly field: string;
  readonly term: Buffer;
}

/** Any of the terms; every match scores the same. */
export interface TermsQuery {
  readonly kind: 'terms';
  readonly field: string;
  readonly terms: readonly Buffer[];
}

export interface TermRangeQuery {
  readonly kind: 'termRange';
  readonly field: string;
  readonly lower: Buffer | null;
  readonly upper: Buffer | null;
  readonly includeLower: boolean;
  readonly includeUpper: boolean;
}

/** All terms of the dictionary that a pattern accepts: prefix, wildcard, regular expression. */
export interface MultiTermQuery {
  readonly kind: 'multiTerm';
  readonly field: string;
  /** What every accepted term begins with. */
  readonly prefix: Buffer;
  /** Null accepts all terms with the prefix. */
  readonly accepts: ((term: string) => boolean) | null;
  /** The query as text, for explanations. */
  readonly text: string;
}

export interface FuzzyQuery {
  readonly kind: 'fuzzy';
  readonly field: string;
  readonly term: string;
  readonly maxEdits: number;
  readonly prefixLength: number;
  readonly maxExpansions: number;
  readonly transpositions: boolean;
}

/** Terms at relative positions; several terms at one position are alternatives. */
export interface PhraseQuery {
  readonly kind: 'phrase';
  readonly field: string;
  readonly slop: number;
  readonly slots: readonly PhraseSlot[];
}

export interface PhraseSlot {
  readonly position: number;
  readonly terms: readonly Buffer[];
  /** The terms are prefixes, expanded to at most so many terms. */
  readonly maxExpansions?: number;
}

/** Both bounds belong to the range. */
export interface NumberRangeQuery {
  readonly kind: 'numberRange';
  readonly field: string;
  readonly lower: number | bigint;
  readonly upper: number | bigint;
}

export interface NumberSetQuery {
  readonly kind: 'numberSet';
  readonly field: string;
  readonly values: readonly (number | bigint)[];
}

export interface ExistsQuery {
  readonly kind: 'exists';
  readonly field: string;
}

export interface IdsQuery {
  readonly kind: 'ids';
  readonly ids: readonly Buffer[];
}

export interface BoolQuery {
  readonly kind: 'bool';
  readonly must: readonly Query[];
  readonly filter: readonly Query[];
  readonly should: readonly Query[];
  readonly mustNot: readonly Query[];
  readonly minimumShouldMatch: number;
}

export interface ConstantScoreQuery {
  readonly kind: 'constantScore';
  readonly query: Query;
}

export interface DisMaxQuery {
  readonly kind: 'disMax';
  readonly queries: readonly Query[];
  readonly tieBreaker: number;
}

export interface BoostQuery {
  readonly kind: 'boost';
  readonly query: Query;
  readonly boost: number;
}

export interface BoostingQuery {
  readonly kind: 'boosting';
  readonly positive: Query;
  readonly negative: Query;
  readonly negativeBoost: number;
}

/** One term in several fields, scored as if the fields were one. */
export interface BlendedQuery {
  readonly kind: 'blended';
  readonly terms: readonly { readonly field: string; readonly term: Buffer; readonly boost: number }[];
  readonly tieBreaker: number;
}

/** A query whose matches are reported by name. */
export interface NamedQuery {
  readonly kind: 'named';
  readonly name: string;
  readonly query: Query;
}

export const matchAll: MatchAllQuery = { kind: 'matchAll' };

export function matchNone(reason: string): MatchNoneQuery {
  return { kind: 'matchNone', reason };
}

export function boosted(query: Query, boost: number): Query {
  return boost === 1 ? query : { kind: 'boost', query, boost };
}

export function constantScore(query: Query): Query {
  return { kind: 'constantScore', query };
}

export function boolQuery(clauses: Partial<Omit<BoolQuery, 'kind'>>): BoolQuery {
  return { kind: 'bool', must: [], filter: [], should: [], mustNot: [], minimumShouldMatch: 0, ...clauses };
}
