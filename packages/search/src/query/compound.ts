import { contentParseError, EsError, parsingError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json-value.ts';
import { boolQuery as makeBool, matchAll, matchNone, type Query } from '../search/query.ts';
import { checkClauseCount } from '../search/weight.ts';
import { boostOf, type Dsl, decorate, isScalar, numberOf, type QueryBuilder, type QueryType, textOf } from './dsl.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';

const clauseNames: Record<string, 'must' | 'filter' | 'should' | 'mustNot'> = {
  must: 'must',
  filter: 'filter',
  should: 'should',
  must_not: 'mustNot',
  mustNot: 'mustNot',
};

export const boolQuery: QueryType = {
  name: 'bool',
  parse(body, dsl) {
    const clauses = {
      must: [] as QueryBuilder[],
      filter: [] as QueryBuilder[],
      should: [] as QueryBuilder[],
      mustNot: [] as QueryBuilder[],
    };
    let minimum: string | null = null;
    let boost = 1;
    let queryName: string | null = null;
    let isPureNegativeAdjusted = true;
    for (const [key, value] of body) {
      const clause = Object.hasOwn(clauseNames, key) ? clauseNames[key]! : null;
      if (clause !== null) clauses[clause].push(...parseClauses(key, value, body, dsl));
      else if (key === 'minimum_should_match') minimum = textOf(value);
      else if (key === 'boost') boost = boostOf(value);
      else if (key === '_name') queryName = textOf(value);
      else if (key === 'adjust_pure_negative') isPureNegativeAdjusted = value !== false && value !== 'false';
      else throw dsl.unknownField('bool', body, key);
    }
    return {
      name: 'bool',
      build(context) {
        const build = (builder: QueryBuilder): Query => builder.build(context);
        const must = clauses.must.map(build);
        const filter = clauses.filter.map(build);
        const should = clauses.should.map(build);
        const mustNot = clauses.mustNot.map(build);
        const count = must.length + filter.length + should.length + mustNot.length;
        checkClauseCount(count);
        if (count === 0) return decorate(matchAll, boost, queryName);
        const hasRequired = must.length + filter.length > 0;
        let wanted = hasRequired || should.length === 0 ? 0 : 1;
        if (minimum !== null) wanted = minimumOf(minimum, should.length, wanted);
        if (must.length + filter.length + should.length === 0 && isPureNegativeAdjusted) filter.push(matchAll);
        return decorate(makeBool({ must, filter, should, mustNot, minimumShouldMatch: wanted }), boost, queryName);
      },
    };
  },
};

/** More than there are optional clauses can never match; a share is taken of those there are. */
function minimumOf(spec: string, count: number, fallback: number): number {
  if (/^\d+$/.test(spec.trim())) return Math.max(fallback, Number(spec));
  if (count === 0) return 0;
  return Math.max(fallback, minimumShouldMatch(spec, count));
}

function parseClauses(key: string, value: Json, body: JsonObject, dsl: Dsl): QueryBuilder[] {
  if (!isJsonObject(value) && !Array.isArray(value)) throw dsl.wrongType('bool', body, key);
  try {
    return dsl.queries(value, dsl.at(body, key));
  } catch (error) {
    if (!(error instanceof EsError) || error.type !== 'parsing_exception' || !error.reason.startsWith('[_na]'))
      throw error;
    const at = { line: error.details['line'] as number, column: error.details['col'] as number };
    throw contentParseError(`[bool] failed to parse field [${key}]`, at, error);
  }
}

export const constantScoreQuery: QueryType = {
  name: 'constant_score',
  parse(body, dsl) {
    let inner: QueryBuilder | null = null;
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (key === 'filter' && isJsonObject(value)) inner = dsl.query(value, dsl.at(body, key));
      else if (key === 'boost' && isScalar(value)) boost = boostOf(value);
      else if (key === '_name' && isScalar(value)) queryName = textOf(value);
      else throw dsl.unsupported('constant_score', body, key);
    }
    if (inner === null) throw parsingError("[constant_score] requires a 'filter' element", dsl.atEnd(body));
    const filter = inner;
    return {
      name: 'constant_score',
      build: (context) => decorate({ kind: 'constantScore', query: filter.build(context) }, boost, queryName),
    };
  },
};

export const disMaxQuery: QueryType = {
  name: 'dis_max',
  parse(body, dsl) {
    let parts: QueryBuilder[] = [];
    let tieBreaker = 0;
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (key === 'queries' && !isScalar(value)) parts = dsl.queries(value, dsl.at(body, key));
      else if (key === 'tie_breaker' && isScalar(value)) tieBreaker = Math.fround(numberOf(value));
      else if (key === 'boost' && isScalar(value)) boost = boostOf(value);
      else if (key === '_name' && isScalar(value)) queryName = textOf(value);
      else throw dsl.unsupported('dis_max', body, key);
    }
    if (parts.length === 0) {
      throw parsingError("[dis_max] requires 'queries' field with at least one clause", dsl.atEnd(body));
    }
    return {
      name: 'dis_max',
      build(context) {
        const queries = parts.map((part) => part.build(context));
        return decorate({ kind: 'disMax', queries, tieBreaker }, boost, queryName);
      },
    };
  },
};

export const boostingQuery: QueryType = {
  name: 'boosting',
  parse(body, dsl) {
    let positive: QueryBuilder | null = null;
    let negative: QueryBuilder | null = null;
    let negativeBoost = -1;
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (key === 'positive' && isJsonObject(value)) positive = dsl.query(value, dsl.at(body, key));
      else if (key === 'negative' && isJsonObject(value)) negative = dsl.query(value, dsl.at(body, key));
      else if (key === 'negative_boost' && isScalar(value)) negativeBoost = Math.fround(numberOf(value));
      else if (key === 'boost' && isScalar(value)) boost = boostOf(value);
      else if (key === '_name' && isScalar(value)) queryName = textOf(value);
      else throw dsl.unsupported('boosting', body, key);
    }
    if (positive === null) throw parsingError("[boosting] query requires 'positive' query to be set'", dsl.atEnd(body));
    if (negative === null) throw parsingError("[boosting] query requires 'negative' query to be set'", dsl.atEnd(body));
    if (negativeBoost < 0) {
      throw parsingError(
        "[boosting] query requires 'negative_boost' to be set to be a positive value'",
        dsl.atEnd(body),
      );
    }
    const [good, bad] = [positive, negative];
    return {
      name: 'boosting',
      build(context) {
        const query: Query = {
          kind: 'boosting',
          positive: good.build(context),
          negative: bad.build(context),
          negativeBoost,
        };
        return decorate(query, boost, queryName);
      },
    };
  },
};

/** `match_all` and `match_none` take a boost and a name. */
function trivialType(name: string, make: () => Query): QueryType {
  return {
    name,
    parse(body, dsl) {
      let boost = 1;
      let queryName: string | null = null;
      for (const [key, value] of body) {
        if (key === 'boost' && isScalar(value)) boost = boostOf(value);
        else if (key === '_name' && isScalar(value)) queryName = textOf(value);
        else {
          const cause = dsl.unknownField(name, body, key);
          throw parsingError(cause.reason, dsl.at(body, key), cause);
        }
      }
      return { name, build: () => decorate(make(), boost, queryName) };
    },
  };
}

export const matchAllQuery = trivialType('match_all', () => matchAll);
export const matchNoneQuery = trivialType('match_none', () => matchNone('User requested "match_none" query.'));
