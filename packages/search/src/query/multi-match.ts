import { illegalArgument, parseException, parsingError } from '../errors.ts';
import type { Json } from '../json/json-value.ts';
import { TextField } from '../mapping/text-field.ts';
import { boolQuery, boosted, matchNone, type Query } from '../search/query.ts';
import { analyzerOf, type BuildContext, boostOf, decorate, isScalar, numberOf, type QueryType, textOf } from './dsl.ts';
import { setOption } from './match.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import {
  defaultTextOptions,
  type MatchKind,
  parseFieldBoost,
  resolveFields,
  type TextOptions,
  textQuery,
} from './text-query.ts';

export type MultiMatchType =
  | 'best_fields'
  | 'most_fields'
  | 'cross_fields'
  | 'phrase'
  | 'phrase_prefix'
  | 'bool_prefix';

const kinds: Record<MultiMatchType, { kind: MatchKind; tieBreaker: number }> = {
  best_fields: { kind: 'boolean', tieBreaker: 0 },
  most_fields: { kind: 'boolean', tieBreaker: 1 },
  cross_fields: { kind: 'boolean', tieBreaker: 0 },
  phrase: { kind: 'phrase', tieBreaker: 0 },
  phrase_prefix: { kind: 'phrase_prefix', tieBreaker: 0 },
  bool_prefix: { kind: 'bool_prefix', tieBreaker: 1 },
};

export function multiMatchTypeOf(text: string): MultiMatchType {
  const name = text.toLowerCase();
  if (!Object.hasOwn(kinds, name))
    throw parseException(`failed to parse [multi_match] query type [${text}]. unknown type.`);
  return name as MultiMatchType;
}

export const multiMatchQuery: QueryType = {
  name: 'multi_match',
  parse(body, dsl) {
    const options: TextOptions = { ...defaultTextOptions, fuzzy: { ...defaultTextOptions.fuzzy } };
    const patterns: { pattern: string; boost: number }[] = [];
    let text: Json | undefined;
    let type: MultiMatchType = 'best_fields';
    let tieBreaker: number | null = null;
    let analyzer: string | null = null;
    let boost = 1;
    let queryName: string | null = null;
    let isLenientSet = false;
    for (const [key, value] of body) {
      if (key === 'fields') {
        for (const item of Array.isArray(value) ? value : [value]) patterns.push(parseFieldBoost(textOf(item)));
      } else if (!isScalar(value)) throw dsl.unsupported('multi_match', body, key);
      else if (key === 'query') text = value;
      else if (key === 'type') type = multiMatchTypeOf(textOf(value));
      else if (key === 'tie_breaker') tieBreaker = Math.fround(numberOf(value));
      else if (key === 'analyzer') analyzer = textOf(value);
      else if (key === 'boost') boost = boostOf(value);
      else if (key === '_name') queryName = textOf(value);
      else {
        if (key === 'lenient') isLenientSet = true;
        setOption(options, key, value, 'multi_match', dsl, body);
      }
    }
    if (text === undefined || text === null)
      throw parsingError('No text specified for multi_match query', dsl.atEnd(body));
    if (options.fuzziness !== null && (type === 'cross_fields' || type === 'phrase' || type === 'phrase_prefix')) {
      throw parsingError(`Fuzziness not allowed for type [${type}]`, dsl.atEnd(body));
    }
    if (options.slop !== 0 && type === 'bool_prefix')
      throw parsingError('[slop] not allowed for type [bool_prefix]', dsl.atEnd(body));
    const wanted = text;
    return {
      name: 'multi_match',
      build(context) {
        const hasDefaults = patterns.length === 0;
        const all = hasDefaults ? context.defaultFields.map(parseFieldBoost) : patterns;
        const isAll = all.length === 1 && all[0]!.pattern === '*';
        const own: TextOptions = {
          ...options,
          analyzer: analyzerOf(analyzer, 'multi_match', context),
          isLenient: isLenientSet ? options.isLenient : options.isLenient || isAll,
        };
        const fields = resolveFields(all, context);
        return decorate(multiMatch(fields, wanted, type, tieBreaker, own, context), boost, queryName);
      },
    };
  },
};

/** One text in several fields. */
export function multiMatch(
  fields: ReadonlyMap<string, number>,
  text: Json,
  type: MultiMatchType,
  tieBreaker: number | null,
  options: TextOptions,
  context: BuildContext,
): Query {
  if (fields.size === 0) return matchNone('No fields to query');
  const { kind, tieBreaker: fallback } = kinds[type];
  const tie = tieBreaker ?? fallback;
  if (type === 'cross_fields') return crossFields(fields, text, tie, options, context);
  const queries: Query[] = [];
  for (const [field, boost] of fields) {
    const query = textQuery(field, text, { ...options, kind }, context);
    if (query !== null) queries.push(boosted(query, boost));
  }
  if (queries.length === 0) return matchNone('no terms after analysis');
  return queries.length === 1 ? queries[0]! : { kind: 'disMax', queries, tieBreaker: tie };
}

/** The terms may be spread over the fields: fields with the same analyzer count as one. */
function crossFields(
  fields: ReadonlyMap<string, number>,
  text: Json,
  tieBreaker: number,
  options: TextOptions,
  context: BuildContext,
): Query {
  const groups = new Map<unknown, [TextField, number][]>();
  const queries: Query[] = [];
  for (const [field, boost] of fields) {
    const mapper = context.mapping.field(field);
    if (!(mapper instanceof TextField)) {
      const query = textQuery(field, text, { ...options, isLenient: true }, context);
      if (query !== null) queries.push(boosted(query, boost));
      continue;
    }
    const analyzer = options.analyzer ?? mapper.searchAnalyzer;
    const group = groups.get(analyzer) ?? [];
    group.push([mapper, boost]);
    groups.set(analyzer, group);
  }
  for (const [, members] of groups) {
    const analyzer = options.analyzer ?? members[0]![0].searchAnalyzer;
    const tokens = analyzer.analyze(textOf(text));
    const clauses: Query[] = [];
    for (let i = 0; i < tokens.count; i++) {
      const term = Buffer.from(tokens.terms[i]!);
      clauses.push({
        kind: 'blended',
        tieBreaker,
        terms: members.map(([mapper, boost]) => ({ field: mapper.path, term, boost })),
      });
    }
    if (clauses.length === 0) continue;
    if (clauses.length === 1) queries.push(clauses[0]!);
    else if (options.operator === 'and') queries.push(boolQuery({ must: clauses }));
    else {
      const wanted =
        options.minimumShouldMatch === null ? 0 : minimumShouldMatch(options.minimumShouldMatch, clauses.length);
      queries.push(boolQuery({ should: clauses, minimumShouldMatch: wanted }));
    }
  }
  if (queries.length === 0) return matchNone('no terms after analysis');
  return queries.length === 1 ? queries[0]! : { kind: 'disMax', queries, tieBreaker };
}

export function checkTieBreaker(value: number): number {
  if (Number.isNaN(value)) throw illegalArgument('[tie_breaker] must be a number');
  return value;
}
