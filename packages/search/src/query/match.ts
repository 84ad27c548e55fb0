import { illegalArgument, illegalState, parsingError } from '../errors.ts';
import { isJsonObject, type Json, type JsonArray, type JsonObject, tokenNameOf } from '../json/json-value.ts';
import { checkFuzziness } from '../mapping/term-patterns.ts';
import { matchNone } from '../search/query.ts';
import {
  analyzerOf,
  booleanOf,
  boostOf,
  type Dsl,
  decorate,
  integerOf,
  isScalar,
  type QueryBuilder,
  type QueryType,
  textOf,
} from './dsl.ts';
import { defaultTextOptions, type MatchKind, type TextOptions, textQuery } from './text-query.ts';

const names: Record<MatchKind, string> = {
  boolean: 'match',
  phrase: 'match_phrase',
  phrase_prefix: 'match_phrase_prefix',
  bool_prefix: 'match_bool_prefix',
};

/** Parameters that each kind takes besides query, analyzer, boost and _name. */
const parameters: Record<MatchKind, readonly string[]> = {
  boolean: [
    'operator',
    'minimum_should_match',
    'fuzziness',
    'prefix_length',
    'max_expansions',
    'fuzzy_transpositions',
    'fuzzy_rewrite',
    'lenient',
    'zero_terms_query',
    'auto_generate_synonyms_phrase_query',
    'cutoff_frequency',
  ],
  phrase: ['slop', 'zero_terms_query'],
  phrase_prefix: ['slop', 'max_expansions', 'zero_terms_query'],
  bool_prefix: [
    'operator',
    'minimum_should_match',
    'fuzziness',
    'prefix_length',
    'max_expansions',
    'fuzzy_transpositions',
    'fuzzy_rewrite',
  ],
};

function matchType(kind: MatchKind): QueryType {
  const name = names[kind];
  return {
    name,
    parse(body, dsl) {
      const single = dsl.singleField(name, body);
      if (single === null) throw parsingError('No text specified for text query', dsl.atEnd(body));
      const { field, value, at } = single;
      if (Array.isArray(value)) {
        throw illegalState(`Can't get text on a ${tokenNameOf(value)} at ${at.line}:${at.column}`);
      }
      if (!isJsonObject(value)) return matchBuilder(name, field, value, { ...defaultTextOptions, kind }, null, 1, null);
      return parseObject(kind, field, value, body, dsl);
    },
  };
}

function parseObject(kind: MatchKind, field: string, object: JsonObject, body: JsonObject, dsl: Dsl): QueryBuilder {
  const name = names[kind];
  const options: TextOptions = { ...defaultTextOptions, fuzzy: { ...defaultTextOptions.fuzzy }, kind };
  let text: Json | undefined;
  let analyzer: string | null = null;
  let boost = 1;
  let queryName: string | null = null;
  for (const [key, value] of object) {
    if (!isScalar(value)) {
      throw parsingError(`[${name}] unknown token [${tokenNameOf(value)}] after [${key}]`, dsl.at(object, key));
    }
    if (key === 'query') text = value;
    else if (key === 'analyzer') analyzer = textOf(value);
    else if (key === 'boost') boost = boostOf(value);
    else if (key === '_name') queryName = textOf(value);
    else if (!parameters[kind].includes(key)) throw dsl.unsupported(name, object, key);
    else setOption(options, key, value, name, dsl, object);
  }
  if (text === undefined || text === null) throw parsingError('No text specified for text query', dsl.atEnd(body));
  return matchBuilder(name, field, text, options, analyzer, boost, queryName);
}

/** Sets one of the parameters that full-text queries share. */
export function setOption(
  options: TextOptions,
  key: string,
  value: Json,
  name: string,
  dsl: Dsl,
  object: JsonObject,
): void {
  switch (key) {
    case 'operator':
      options.operator = operatorOf(value);
      return;
    case 'minimum_should_match':
      options.minimumShouldMatch = textOf(value);
      return;
    case 'fuzziness':
      options.fuzziness = checkFuzziness(textOf(value));
      return;
    case 'prefix_length':
      options.fuzzy.prefixLength = integerOf(value);
      return;
    case 'max_expansions':
      options.maxExpansions = integerOf(value);
      options.fuzzy.maxExpansions = integerOf(value);
      return;
    case 'fuzzy_transpositions':
      options.fuzzy.transpositions = booleanOf(value);
      return;
    case 'lenient':
      options.isLenient = booleanOf(value);
      return;
    case 'slop':
      options.slop = integerOf(value);
      if (options.slop < 0) throw illegalArgument('No negative slop allowed.');
      return;
    case 'zero_terms_query': {
      const choice = textOf(value).toLowerCase();
      if (choice !== 'none' && choice !== 'all') {
        throw parsingError(`Unsupported zero_terms_query value [${textOf(value)}]`, dsl.at(object, key));
      }
      options.zeroTerms = choice;
      return;
    }
    case 'auto_generate_synonyms_phrase_query':
    case 'cutoff_frequency':
    case 'fuzzy_rewrite':
      return;
    default:
      throw dsl.unsupported(name, object, key);
  }
}

export function operatorOf(value: Json): 'or' | 'and' {
  const text = textOf(value);
  const lower = text.toLowerCase();
  if (lower === 'or' || lower === 'and') return lower;
  throw illegalArgument(`No enum constant org.opensearch.index.query.Operator.${text.toUpperCase()}`);
}

function matchBuilder(
  name: string,
  field: string,
  text: Json,
  options: TextOptions,
  analyzer: string | null,
  boost: number,
  queryName: string | null,
): QueryBuilder {
  return {
    name,
    build(context) {
      const own = { ...options, analyzer: analyzerOf(analyzer, name, context) };
      const query = textQuery(field, text, own, context);
      return decorate(query ?? matchNone('no terms after analysis'), boost, queryName);
    },
  };
}

export const matchQuery = matchType('boolean');
export const matchPhraseQuery = matchType('phrase');
export const matchPhrasePrefixQuery = matchType('phrase_prefix');
export const matchBoolPrefixQuery = matchType('bool_prefix');

export type { JsonArray };
