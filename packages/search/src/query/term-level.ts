import { illegalArgument, parsingError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, tokenNameOf } from '../json/json-value.ts';
import type { FuzzyOptions } from '../mapping/field-mapper.ts';
import { checkFuzziness } from '../mapping/term-patterns.ts';
import { matchNone, type Query } from '../search/query.ts';
import {
  type BuildContext,
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

const unmapped = (path: string): Query => matchNone(`unmapped fields [${path}]`);

/** What `{"field": value}` and `{"field": {"value": …, …}}` have in common. */
interface Parsed {
  field: string;
  value: Json;
  isCaseIgnored: boolean;
  boost: number;
  queryName: string | null;
  extras: Map<string, Json>;
}

function parseField(
  type: string,
  body: JsonObject,
  dsl: Dsl,
  valueKeys: readonly string[],
  extraKeys: readonly string[],
): Parsed {
  const parsed: Parsed = { field: '', value: null, isCaseIgnored: false, boost: 1, queryName: null, extras: new Map() };
  for (const [key, value] of body) {
    if (key === '_name' && isScalar(value)) {
      parsed.queryName = textOf(value);
      continue;
    }
    if (key === 'boost' && isScalar(value) && body.size > 1) {
      parsed.boost = boostOf(value);
      continue;
    }
    if (parsed.field !== '') {
      const reason = `[${type}] query doesn't support multiple fields, found [${parsed.field}] and [${key}]`;
      throw parsingError(reason, dsl.at(body, key));
    }
    parsed.field = key;
    if (Array.isArray(value)) throw parsingError(`[${type}] query does not support array of values`, dsl.at(body, key));
    if (!isJsonObject(value)) {
      parsed.value = value;
      continue;
    }
    for (const [name, setting] of value) {
      if (valueKeys.includes(name) && isScalar(setting)) parsed.value = setting;
      else if (name === '_name') parsed.queryName = textOf(setting);
      else if (name === 'boost') parsed.boost = boostOf(setting);
      else if (name === 'case_insensitive') parsed.isCaseIgnored = booleanOf(setting);
      else if (extraKeys.includes(name)) parsed.extras.set(name, setting);
      else if (valueKeys.includes(name)) {
        throw parsingError(`[${type}] query does not support [${tokenNameOf(setting)}]`, dsl.at(value, name));
      } else throw dsl.unsupported(type, value, name);
    }
  }
  if (parsed.field === '') throw illegalArgument('field name is null or empty');
  if (parsed.value === null) throw illegalArgument('value cannot be null');
  return parsed;
}

function builder(name: string, parsed: Parsed, make: (context: BuildContext) => Query): QueryBuilder {
  return { name, build: (context) => decorate(make(context), parsed.boost, parsed.queryName) };
}

export const termQuery: QueryType = {
  name: 'term',
  parse(body, dsl) {
    const parsed = parseField('term', body, dsl, ['value', 'term'], []);
    return builder('term', parsed, (context) => {
      const mapper = context.mapping.field(parsed.field);
      if (mapper === undefined) return unmapped(parsed.field);
      if (!parsed.isCaseIgnored) return mapper.termQuery(parsed.value, context);
      return mapper.wildcardQuery(textOf(parsed.value).replace(/[*?\\]/g, '\\$&'), true, context);
    });
  },
};

export const prefixQuery: QueryType = {
  name: 'prefix',
  parse(body, dsl) {
    const parsed = parseField('prefix', body, dsl, ['value', 'prefix'], ['rewrite']);
    return builder('prefix', parsed, (context) => {
      const mapper = context.mapping.field(parsed.field);
      return mapper === undefined
        ? unmapped(parsed.field)
        : mapper.prefixQuery(textOf(parsed.value), parsed.isCaseIgnored, context);
    });
  },
};

export const wildcardQuery: QueryType = {
  name: 'wildcard',
  parse(body, dsl) {
    const parsed = parseField('wildcard', body, dsl, ['value', 'wildcard'], ['rewrite']);
    return builder('wildcard', parsed, (context) => {
      const mapper = context.mapping.field(parsed.field);
      return mapper === undefined
        ? unmapped(parsed.field)
        : mapper.wildcardQuery(textOf(parsed.value), parsed.isCaseIgnored, context);
    });
  },
};

const regexpLengthMax = 1000;

export const regexpQuery: QueryType = {
  name: 'regexp',
  parse(body, dsl) {
    const keys = ['flags', 'flags_value', 'max_determinized_states', 'rewrite'];
    const parsed = parseField('regexp', body, dsl, ['value'], keys);
    return builder('regexp', parsed, (context) => {
      const pattern = textOf(parsed.value);
      if (pattern.length > regexpLengthMax) {
        throw illegalArgument(
          `The length of regex [${pattern.length}] used in the Regexp Query request has exceeded the allowed maximum of [${regexpLengthMax}]. This maximum can be set by changing the [index.max_regex_length] index level setting.`,
        );
      }
      const mapper = context.mapping.field(parsed.field);
      return mapper === undefined ? unmapped(parsed.field) : mapper.regexpQuery(pattern, parsed.isCaseIgnored, context);
    });
  },
};

export const fuzzyQuery: QueryType = {
  name: 'fuzzy',
  parse(body, dsl) {
    const keys = ['fuzziness', 'prefix_length', 'max_expansions', 'transpositions', 'rewrite'];
    const parsed = parseField('fuzzy', body, dsl, ['value', 'term'], keys);
    const options: FuzzyOptions = { fuzziness: 'AUTO', prefixLength: 0, maxExpansions: 50, transpositions: true };
    for (const [key, value] of parsed.extras) {
      if (key === 'fuzziness') options.fuzziness = checkFuzziness(textOf(value));
      else if (key === 'prefix_length') options.prefixLength = integerOf(value);
      else if (key === 'max_expansions') options.maxExpansions = integerOf(value);
      else if (key === 'transpositions') options.transpositions = booleanOf(value);
    }
    return builder('fuzzy', parsed, (context) => {
      const mapper = context.mapping.field(parsed.field);
      return mapper === undefined ? unmapped(parsed.field) : mapper.fuzzyQuery(textOf(parsed.value), options, context);
    });
  },
};

const termsCountMax = 65_536;

export const termsQuery: QueryType = {
  name: 'terms',
  parse(body, dsl) {
    let field = '';
    let values: Json[] = [];
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (Array.isArray(value)) {
        if (field !== '') throw parsingError('[terms] query does not support multiple fields', dsl.at(body, key));
        field = key;
        values = value;
      } else if (isJsonObject(value))
        throw parsingError('[terms] query does not support terms lookup in this store', dsl.at(body, key));
      else if (key === 'boost') boost = boostOf(value);
      else if (key === '_name') queryName = textOf(value);
      else if (key !== 'value_type') throw dsl.unsupported('terms', body, key);
    }
    if (field === '') {
      const reason =
        '[terms] query requires a field name, followed by array of terms or a document lookup specification';
      throw parsingError(reason, dsl.atEnd(body));
    }
    for (const value of values)
      if (value === null || !isScalar(value)) throw illegalArgument('No value specified for terms query');
    return {
      name: 'terms',
      build(context) {
        if (values.length > termsCountMax) {
          throw illegalArgument(
            `The number of terms [${values.length}] used in the Terms Query request has exceeded the allowed maximum of [${termsCountMax}]. This maximum can be set by changing the [index.max_terms_count] index level setting.`,
          );
        }
        const mapper = context.mapping.field(field);
        if (mapper === undefined) return decorate(unmapped(field), boost, queryName);
        const query =
          values.length === 0 ? matchNone('No terms supplied for "terms" query.') : mapper.termsQuery(values, context);
        return decorate(query, boost, queryName);
      },
    };
  },
};

export const existsQuery: QueryType = {
  name: 'exists',
  parse(body, dsl) {
    let field: string | null = null;
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (key === 'field' && isScalar(value)) field = textOf(value);
      else if (key === 'boost' && isScalar(value)) boost = boostOf(value);
      else if (key === '_name' && isScalar(value)) queryName = textOf(value);
      else throw dsl.unsupported('exists', body, key);
    }
    if (field === null) throw parsingError('[exists] must be provided with a [field]', dsl.atEnd(body));
    if (field === '') throw illegalArgument('field name is null or empty');
    const pattern = field;
    return { name: 'exists', build: (context) => decorate(exists(pattern, context), boost, queryName) };
  },
};

/** Documents with a value in the field, or in any field of an object or a pattern. */
export function exists(pattern: string, context: BuildContext): Query {
  const { mapping } = context;
  if (pattern === '_id' || pattern === '_index') return { kind: 'matchAll' };
  const paths = mapping.isObject(pattern) ? mapping.matchingFields(`${pattern}.*`) : mapping.matchingFields(pattern);
  const fields = [...new Set(paths.map((path) => mapping.field(path)!.path))];
  if (fields.length === 0) return matchNone('User requested "match_none" query.');
  const queries = fields.map((path): Query => ({ kind: 'exists', field: path }));
  const query: Query =
    queries.length === 1
      ? queries[0]!
      : { kind: 'bool', must: [], filter: [], should: queries, mustNot: [], minimumShouldMatch: 1 };
  return { kind: 'constantScore', query };
}

export const idsQuery: QueryType = {
  name: 'ids',
  parse(body, dsl) {
    let ids: Json[] = [];
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (key === 'values') {
        if (!Array.isArray(value) && typeof value !== 'string') {
          const cause = dsl.wrongType('ids', body, key);
          throw parsingError(cause.reason, dsl.at(body, key), cause);
        }
        ids = Array.isArray(value) ? value : [value];
      } else if (key === 'boost') boost = boostOf(value);
      else if (key === '_name') queryName = textOf(value);
      else {
        const cause = dsl.unknownField('ids', body, key);
        throw parsingError(cause.reason, dsl.at(body, key), cause);
      }
    }
    return {
      name: 'ids',
      build() {
        const query: Query =
          ids.length === 0
            ? matchNone('Missing ids in "ids" query.')
            : { kind: 'constantScore', query: { kind: 'ids', ids: ids.map((id) => Buffer.from(textOf(id))) } };
        return decorate(query, boost, queryName);
      },
    };
  },
};
