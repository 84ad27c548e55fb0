import { EsError, illegalArgument, parsingError, queryShardError } from '../errors.ts';
import type { FieldMapper } from '../mapping/field-mapper.ts';
import { KeywordField } from '../mapping/keyword-field.ts';
import { checkFuzziness } from '../mapping/term-patterns.ts';
import { TextField } from '../mapping/text-field.ts';
import { boosted, matchAll, matchNone, type Query } from '../search/query.ts';
import {
  analyzerOf,
  type BuildContext,
  booleanOf,
  boostOf,
  decorate,
  integerOf,
  isScalar,
  numberOf,
  type QueryBuilder,
  type QueryType,
  textOf,
} from './dsl.ts';
import { operatorOf } from './match.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import { type MultiMatchType, multiMatch, multiMatchTypeOf } from './multi-match.ts';
import { QueryStringError, type RangeToken } from './query-string-lexer.ts';
import { type QueryStringHandlers, QueryStringParser } from './query-string-parser.ts';
import { exists } from './term-level.ts';
import { defaultTextOptions, parseFieldBoost, resolveFields, type TextOptions } from './text-query.ts';

export interface QueryStringOptions {
  query: string;
  fields: { pattern: string; boost: number }[];
  defaultField: string | null;
  operator: 'or' | 'and';
  analyzer: string | null;
  quoteAnalyzer: string | null;
  isLenient: boolean | null;
  allowsLeadingWildcard: boolean;
  analyzesWildcard: boolean;
  phraseSlop: number;
  fuzziness: string;
  fuzzyPrefixLength: number;
  fuzzyMaxExpansions: number;
  fuzzyTranspositions: boolean;
  minimumShouldMatch: string | null;
  timeZone: string | null;
  type: MultiMatchType;
  tieBreaker: number | null;
  quoteFieldSuffix: string | null;
  isEscaped: boolean;
  boost: number;
  queryName: string | null;
}

export function queryStringDefaults(query: string): QueryStringOptions {
  return {
    query,
    fields: [],
    defaultField: null,
    operator: 'or',
    analyzer: null,
    quoteAnalyzer: null,
    isLenient: null,
    allowsLeadingWildcard: true,
    analyzesWildcard: false,
    phraseSlop: 0,
    fuzziness: 'AUTO',
    fuzzyPrefixLength: 0,
    fuzzyMaxExpansions: 50,
    fuzzyTranspositions: true,
    minimumShouldMatch: null,
    timeZone: null,
    type: 'best_fields',
    tieBreaker: null,
    quoteFieldSuffix: null,
    isEscaped: false,
    boost: 1,
    queryName: null,
  };
}

const ignored = [
  'max_determinized_states',
  'enable_position_increments',
  'fuzzy_rewrite',
  'rewrite',
  'auto_generate_synonyms_phrase_query',
];

export const queryStringQuery: QueryType = {
  name: 'query_string',
  parse(body, dsl) {
    let query: string | null = null;
    const options = queryStringDefaults('');
    for (const [key, value] of body) {
      if (key === 'fields' && Array.isArray(value)) {
        for (const item of value) options.fields.push(parseFieldBoost(textOf(item)));
        continue;
      }
      if (!isScalar(value)) throw dsl.unsupported('query_string', body, key);
      if (key === 'query') query = textOf(value);
      else if (key === 'default_field') options.defaultField = textOf(value);
      else if (key === 'default_operator') options.operator = operatorOf(value);
      else if (key === 'analyzer') options.analyzer = textOf(value);
      else if (key === 'quote_analyzer') options.quoteAnalyzer = textOf(value);
      else if (key === 'lenient') options.isLenient = booleanOf(value);
      else if (key === 'allow_leading_wildcard') options.allowsLeadingWildcard = booleanOf(value);
      else if (key === 'analyze_wildcard') options.analyzesWildcard = booleanOf(value);
      else if (key === 'phrase_slop') options.phraseSlop = integerOf(value);
      else if (key === 'fuzziness') options.fuzziness = checkFuzziness(textOf(value));
      else if (key === 'fuzzy_prefix_length') options.fuzzyPrefixLength = integerOf(value);
      else if (key === 'fuzzy_max_expansions') options.fuzzyMaxExpansions = integerOf(value);
      else if (key === 'fuzzy_transpositions') options.fuzzyTranspositions = booleanOf(value);
      else if (key === 'minimum_should_match') options.minimumShouldMatch = textOf(value);
      else if (key === 'time_zone') options.timeZone = textOf(value);
      else if (key === 'type') options.type = multiMatchTypeOf(textOf(value));
      else if (key === 'tie_breaker') options.tieBreaker = Math.fround(numberOf(value));
      else if (key === 'quote_field_suffix') options.quoteFieldSuffix = textOf(value);
      else if (key === 'escape') options.isEscaped = booleanOf(value);
      else if (key === 'boost') options.boost = boostOf(value);
      else if (key === '_name') options.queryName = textOf(value);
      else if (!ignored.includes(key)) throw dsl.unsupported('query_string', body, key);
    }
    if (query === null) throw parsingError('[query_string] must be provided with a [query]', dsl.atEnd(body));
    if (options.defaultField !== null && options.fields.length > 0) {
      throw illegalArgument('cannot use [fields] parameter in conjunction with [default_field]');
    }
    options.query = query;
    return queryStringBuilder(options);
  },
};

export function queryStringBuilder(options: QueryStringOptions): QueryBuilder {
  return {
    name: 'query_string',
    build(context) {
      if (options.query.trim() === '') return decorate(matchNone('empty query'), options.boost, options.queryName);
      const text = options.isEscaped ? options.query.replace(/[\\+\-!():^[\]"{}~*?|&/]/g, '\\$&') : options.query;
      let query: Query | null;
      try {
        query = new QueryStringParser(text, handlersOf(options, context)).parse();
      } catch (error) {
        if (!(error instanceof QueryStringError)) throw error;
        throw queryShardError(`Failed to parse query [${options.query}]`, context.index, error);
      }
      if (query === null) return decorate(matchNone('no terms after analysis'), options.boost, options.queryName);
      if (query.kind === 'bool') {
        if (query.must.length + query.should.length + query.filter.length === 0 && query.mustNot.length > 0) {
          query = { ...query, filter: [matchAll] };
        }
        if (options.minimumShouldMatch !== null && query.should.length > 0) {
          query = { ...query, minimumShouldMatch: minimumShouldMatch(options.minimumShouldMatch, query.should.length) };
        }
      }
      return decorate(query, options.boost, options.queryName);
    },
  };
}

/** What a part of the query string becomes on this index. */
function handlersOf(options: QueryStringOptions, context: BuildContext): QueryStringHandlers {
  const given =
    options.fields.length > 0
      ? options.fields
      : options.defaultField !== null
        ? [parseFieldBoost(options.defaultField)]
        : null;
  const defaults = given ?? context.defaultFields.map(parseFieldBoost);
  const isAllFields =
    given === null ? defaults.some(({ pattern }) => pattern === '*') : given.length === 1 && given[0]!.pattern === '*';
  const isLenient = options.isLenient ?? (context.isDefaultLenient || isAllFields);
  const text: TextOptions = {
    ...defaultTextOptions,
    operator: options.operator,
    isLenient,
    slop: options.phraseSlop,
    analyzer: analyzerOf(options.analyzer, 'query_string', context),
  };
  const quoteAnalyzer = analyzerOf(options.quoteAnalyzer, 'query_string', context);

  const fieldsOf = (field: string | null): Map<string, number> => {
    if (field === null) return resolveFields(defaults, context);
    if (field.includes('*')) return resolveFields([{ pattern: field, boost: 1 }], context);
    return new Map([[field, 1]]);
  };

  /** The same for each field; where there are several the best counts. */
  const each = (field: string | null, make: (mapper: FieldMapper, path: string) => Query | null): Query | null => {
    const fields = fieldsOf(field);
    const queries: Query[] = [];
    for (const [path, boost] of fields) {
      const mapper = context.mapping.field(path);
      if (mapper === undefined) {
        if (fields.size === 1) return matchNone(`unmapped fields [${path}]`);
        continue;
      }
      try {
        const query = make(mapper, path);
        if (query !== null) queries.push(boosted(query, boost));
      } catch (error) {
        if (!isLenient || !(error instanceof EsError)) throw error;
        queries.push(matchNone(`failed [${path}] query, caused by ${error.type}:[${error.reason}]`));
      }
    }
    if (queries.length === 0) return matchNone('No fields to query');
    return queries.length === 1 ? queries[0]! : { kind: 'disMax', queries, tieBreaker: options.tieBreaker ?? 0 };
  };

  const normalized = (mapper: FieldMapper, part: string): string => {
    if (mapper instanceof TextField) return (text.analyzer ?? mapper.searchAnalyzer).normalize(part);
    return mapper instanceof KeywordField ? mapper.normalize(part) : part;
  };

  const rangeBounds = (field: string | null, token: RangeToken): Query | null =>
    each(field, (mapper) => {
      const bound = (value: string, isQuoted: boolean): string | undefined => {
        if (value === '*' && !isQuoted) return undefined;
        return mapper instanceof TextField ? normalized(mapper, value) : value;
      };
      const bounds = {
        lower: bound(token.lower, token.isLowerQuoted),
        upper: bound(token.upper, token.isUpperQuoted),
        includeLower: token.includeLower,
        includeUpper: token.includeUpper,
        timeZone: options.timeZone ?? undefined,
      };
      if (bounds.lower === undefined && bounds.upper === undefined) return exists(mapper.path, context);
      return mapper.rangeQuery(bounds, context);
    });

  return {
    operator: options.operator,
    words(field, part) {
      if (field === '_exists_') return exists(part, context);
      const comparison = field === null ? null : /^(>=|<=|>|<)(.+)$/.exec(part);
      if (comparison !== null) {
        const [, sign, value] = comparison as unknown as [string, string, string];
        const isLower = sign.startsWith('>');
        return rangeBounds(field, {
          lower: isLower ? value : '*',
          upper: isLower ? '*' : value,
          includeLower: sign !== '>',
          includeUpper: sign !== '<',
          isLowerQuoted: isLower,
          isUpperQuoted: !isLower,
        });
      }
      const fields = fieldsOf(field);
      if (fields.size === 1) {
        const [[path, boost]] = [...fields] as [[string, number]];
        const query = multiMatch(new Map([[path, 1]]), part, options.type, options.tieBreaker, text, context);
        if (query.kind === 'matchNone' && query.reason === 'no terms after analysis') return null;
        return boosted(query, boost);
      }
      const query = multiMatch(fields, part, options.type, options.tieBreaker, text, context);
      return query.kind === 'matchNone' && query.reason === 'no terms after analysis' ? null : query;
    },
    phrase(field, part, slop) {
      if (field === '_exists_') return exists(part, context);
      let fields = fieldsOf(field);
      const suffix = options.quoteFieldSuffix;
      if (suffix !== null) {
        const has = (path: string): boolean => context.mapping.field(path + suffix) !== undefined;
        fields = new Map([...fields].map(([path, boost]) => [has(path) ? path + suffix : path, boost]));
      }
      const own = {
        ...text,
        slop: slop ?? options.phraseSlop,
        isQuoted: true,
        analyzer: quoteAnalyzer ?? text.analyzer,
      };
      const query = multiMatch(fields, part, 'phrase', options.tieBreaker, own, context);
      return query.kind === 'matchNone' && query.reason === 'no terms after analysis' ? null : query;
    },
    prefix(field, part) {
      if (field === '_exists_') return exists(`${part}*`, context);
      return each(field, (mapper) => mapper.prefixQuery(normalized(mapper, part), false, context));
    },
    wildcard(field, pattern) {
      if (field === '_exists_') return exists(pattern, context);
      if (pattern === '*') {
        if (field === '*' || (field === null && isAllFields)) return matchAll;
        return each(field, (mapper) => exists(mapper.path, context));
      }
      if (!options.allowsLeadingWildcard && /^[*?]/.test(pattern)) {
        throw new QueryStringError("'*' or '?' not allowed as first character in WildcardQuery");
      }
      return each(field, (mapper) => mapper.wildcardQuery(normalized(mapper, pattern), false, context));
    },
    regexp: (field, pattern) => each(field, (mapper) => mapper.regexpQuery(pattern, false, context)),
    fuzzy(field, part, fuzziness) {
      const chosen = fuzziness ?? options.fuzziness;
      // An old similarity between 0 and 1 becomes a number of edits.
      const share = Number(chosen);
      const isShare = Number.isFinite(share) && share > 0 && share < 1;
      const edits = isShare ? String(Math.min(2, Math.trunc((1 - share) * [...part].length))) : chosen;
      return each(field, (mapper) =>
        mapper.fuzzyQuery(
          normalized(mapper, part),
          {
            fuzziness: edits,
            prefixLength: options.fuzzyPrefixLength,
            maxExpansions: options.fuzzyMaxExpansions,
            transpositions: options.fuzzyTranspositions,
          },
          context,
        ),
      );
    },
    range: rangeBounds,
  };
}
