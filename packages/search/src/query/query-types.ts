import {
  boolQuery,
  boostingQuery,
  constantScoreQuery,
  disMaxQuery,
  matchAllQuery,
  matchNoneQuery,
} from './compound.ts';
import type { QueryType } from './dsl.ts';
import { matchBoolPrefixQuery, matchPhrasePrefixQuery, matchPhraseQuery, matchQuery } from './match.ts';
import { multiMatchQuery } from './multi-match.ts';
import { queryStringQuery } from './query-string.ts';
import { rangeQuery } from './range.ts';
import { simpleQueryStringQuery } from './simple-query-string.ts';
import {
  existsQuery,
  fuzzyQuery,
  idsQuery,
  prefixQuery,
  regexpQuery,
  termQuery,
  termsQuery,
  wildcardQuery,
} from './term-level.ts';

/** Every query that the store knows, by its name in requests. */
export const queryTypes: ReadonlyMap<string, QueryType> = new Map(
  [
    matchQuery,
    matchPhraseQuery,
    matchPhrasePrefixQuery,
    matchBoolPrefixQuery,
    multiMatchQuery,
    matchAllQuery,
    matchNoneQuery,
    termQuery,
    termsQuery,
    rangeQuery,
    prefixQuery,
    wildcardQuery,
    regexpQuery,
    fuzzyQuery,
    existsQuery,
    idsQuery,
    boolQuery,
    constantScoreQuery,
    disMaxQuery,
    boostingQuery,
    queryStringQuery,
    simpleQueryStringQuery,
  ].map((type) => [type.name, type]),
);
