import { parseTimeMs } from '../cluster/units.ts';
import { contentParseError, EsError, illegalArgument, parsingError } from '../errors.ts';
import {
  isJsonObject,
  type Json,
  type JsonArray,
  JsonDocument,
  type JsonObject,
  tokenNameOf,
} from '../json/json-value.ts';
import { Dsl, integerOf, numberOf, type QueryBuilder, textOf } from '../query/dsl.ts';
import { queryTypes } from '../query/query-types.ts';
import { type HighlightRequest, parseHighlight } from './highlight/highlight-request.ts';
import type { SortMode, SortSpec } from './sort-key.ts';

export interface SourceRequest {
  isEnabled: boolean;
  includes: string[];
  excludes: string[];
}

export interface FieldRequest {
  field: string;
  format: string | null;
}

/** A search as a request asks for it, checked as far as no index is needed. */
export interface SearchRequest {
  query: QueryBuilder | null;
  postFilter: QueryBuilder | null;
  from: number;
  size: number;
  sort: SortSpec[];
  searchAfter: Json[] | null;
  source: SourceRequest | null;
  /** Null: not asked for; `_none_` leaves out even the ids. */
  storedFields: string[] | null;
  docvalueFields: FieldRequest[];
  fields: FieldRequest[];
  highlight: HighlightRequest | null;
  /** Counted exactly up to here; -1 leaves the total out. */
  trackTotalHits: number;
  trackScores: boolean;
  explain: boolean;
  version: boolean;
  seqNoPrimaryTerm: boolean;
  minScore: number | null;
  terminateAfter: number;
  timeoutMs: number;
  indicesBoost: [string, number][];
}

export const trackTotalHitsDefault = 10_000;

export function emptySearchRequest(): SearchRequest {
  return {
    query: null,
    postFilter: null,
    from: 0,
    size: 10,
    sort: [],
    searchAfter: null,
    source: null,
    storedFields: null,
    docvalueFields: [],
    fields: [],
    highlight: null,
    trackTotalHits: trackTotalHitsDefault,
    trackScores: false,
    explain: false,
    version: false,
    seqNoPrimaryTerm: false,
    minScore: null,
    terminateAfter: 0,
    timeoutMs: Number.POSITIVE_INFINITY,
    indicesBoost: [],
  };
}

type Shape = 'scalar' | 'object' | 'array';

interface KeyReader {
  shapes: readonly Shape[];
  read(request: SearchRequest, value: Json, body: JsonObject, dsl: Dsl, key: string): void;
}

const scalar: readonly Shape[] = ['scalar'];
const object: readonly Shape[] = ['object'];
const array: readonly Shape[] = ['array'];

const notServed = (shapes: readonly Shape[]): KeyReader => ({
  shapes,
  read(_request, _value, _body, _dsl, key) {
    throw illegalArgument(`[${key}] is not supported by this store`);
  },
});

const readers: Record<string, KeyReader> = {
  from: {
    shapes: scalar,
    read(request, value) {
      request.from = checkFrom(integerOf(value));
    },
  },
  size: {
    shapes: scalar,
    read(request, value) {
      request.size = checkSize(integerOf(value));
    },
  },
  timeout: {
    shapes: scalar,
    read(request, value) {
      const ms = parseTimeMs(textOf(value), 'timeout');
      request.timeoutMs = ms < 0 ? Number.POSITIVE_INFINITY : ms;
    },
  },
  terminate_after: {
    shapes: scalar,
    read(request, value) {
      request.terminateAfter = integerOf(value);
      if (request.terminateAfter < 0) throw illegalArgument('terminateAfter must be > 0');
    },
  },
  min_score: {
    shapes: scalar,
    read(request, value) {
      request.minScore = Math.fround(numberOf(value));
    },
  },
  version: {
    shapes: scalar,
    read(request, value, body, dsl, key) {
      request.version = strictBoolean(value, body, dsl, key);
    },
  },
  seq_no_primary_term: {
    shapes: scalar,
    read(request, value, body, dsl, key) {
      request.seqNoPrimaryTerm = strictBoolean(value, body, dsl, key);
    },
  },
  explain: {
    shapes: scalar,
    read(request, value, body, dsl, key) {
      request.explain = strictBoolean(value, body, dsl, key);
    },
  },
  track_scores: {
    shapes: scalar,
    read(request, value, body, dsl, key) {
      request.trackScores = strictBoolean(value, body, dsl, key);
    },
  },
  track_total_hits: {
    shapes: scalar,
    read(request, value) {
      request.trackTotalHits = trackTotalHitsOf(value);
    },
  },
  _source: {
    shapes: ['scalar', 'object', 'array'],
    read(request, value, body, dsl) {
      request.source = parseSource(value, body, dsl);
    },
  },
  stored_fields: {
    shapes: ['scalar', 'array'],
    read(request, value) {
      request.storedFields = Array.isArray(value) ? value.map(textOf) : [textOf(value)];
    },
  },
  sort: {
    shapes: ['scalar', 'object', 'array'],
    read(request, value, body, dsl) {
      request.sort = parseSort(value, body, dsl);
    },
  },
  query: {
    shapes: object,
    read(request, value, body, dsl, key) {
      request.query = dsl.query(value, dsl.at(body, key));
    },
  },
  post_filter: {
    shapes: object,
    read(request, value, body, dsl, key) {
      request.postFilter = dsl.query(value, dsl.at(body, key));
    },
  },
  highlight: {
    shapes: object,
    read(request, value, _body, dsl) {
      request.highlight = parseHighlight(value as JsonObject, dsl);
    },
  },
  docvalue_fields: {
    shapes: array,
    read(request, value) {
      request.docvalueFields = parseFields('docvalue_fields', value as JsonArray);
    },
  },
  fields: {
    shapes: array,
    read(request, value) {
      request.fields = parseFields('fields', value as JsonArray);
    },
  },
  search_after: {
    shapes: array,
    read(request, value) {
      const values = value as JsonArray;
      if (values.length === 0) throw illegalArgument('Values must contains at least one value.');
      request.searchAfter = [...values];
    },
  },
  indices_boost: {
    shapes: ['object', 'array'],
    read(request, value) {
      const entries = Array.isArray(value)
        ? value.flatMap((item) => (isJsonObject(item) ? [...item] : []))
        : [...(value as JsonObject)];
      request.indicesBoost = entries.map(([name, boost]) => [name, numberOf(boost)]);
    },
  },
  stats: { shapes: array, read() {} },
  ext: { shapes: object, read() {} },
  profile: {
    shapes: scalar,
    read(_request, value) {
      if (value === true) throw illegalArgument('[profile] is not supported by this store');
    },
  },
  aggs: notServed(object),
  aggregations: notServed(object),
  suggest: notServed(object),
  rescore: notServed(['object', 'array']),
  collapse: notServed(object),
  slice: notServed(object),
  script_fields: notServed(object),
  pit: notServed(object),
  derived: notServed(object),
};

/** Reads a search body; `null` for a request without one. */
export function parseSearchBody(document: JsonDocument | null): SearchRequest {
  const request = emptySearchRequest();
  if (document === null) return request;
  const dsl = new Dsl(document, queryTypes);
  const body = bodyObject(document);
  for (const [key, value] of body) {
    const reader = Object.hasOwn(readers, key) ? readers[key]! : null;
    const shape: Shape = Array.isArray(value) ? 'array' : isJsonObject(value) ? 'object' : 'scalar';
    if (reader === null || !reader.shapes.includes(shape)) throw unknownKey(key, value, body, dsl);
    if (value === null && shape === 'scalar' && key !== 'sort') throw unknownKey(key, value, body, dsl);
    reader.read(request, value, body, dsl, key);
  }
  return request;
}

/** Reads a body that may only have a query: `_count`, `_delete_by_query`. */
export function parseQueryBody(document: JsonDocument | null): QueryBuilder | null {
  if (document === null) return null;
  const dsl = new Dsl(document, queryTypes);
  const body = bodyObject(document);
  let query: QueryBuilder | null = null;
  for (const [key, value] of body) {
    if (key !== 'query') throw parsingError(`request does not support [${key}]`, dsl.atKey(body, key));
    query = dsl.query(value, dsl.at(body, key));
  }
  return query;
}

/** A query that stands in metadata: the filter of an alias. */
export function parseStoredQuery(value: JsonObject): QueryBuilder {
  const document = new JsonDocument(Buffer.alloc(0), value);
  return new Dsl(document, queryTypes).query(value, { line: 1, column: 1 });
}

function bodyObject(document: JsonDocument): JsonObject {
  const { root } = document;
  if (isJsonObject(root)) return root;
  throw parsingError(`Expected [START_OBJECT] but found [${tokenNameOf(root)}]`, { line: 1, column: 1 });
}

function unknownKey(key: string | null, value: Json, body: JsonObject, dsl: Dsl): EsError {
  const at = key === null ? dsl.atStart(body) : dsl.at(body, key);
  return parsingError(`Unknown key for a ${tokenNameOf(value)} in [${key}].`, at);
}

export function checkFrom(from: number): number {
  if (from < 0) throw illegalArgument(`[from] parameter cannot be negative, found [${from}]`);
  return from;
}

export function checkSize(size: number): number {
  if (size < 0) throw illegalArgument(`[size] parameter cannot be negative, found [${size}]`);
  return size;
}

export function trackTotalHitsOf(value: Json): number {
  if (value === true || value === 'true') return Number.POSITIVE_INFINITY;
  if (value === false || value === 'false') return -1;
  const count = integerOf(value);
  if (count < -1) throw illegalArgument(`[track_total_hits] parameter must be positive or equals to -1, got ${count}`);
  return count === -1 ? Number.POSITIVE_INFINITY : count;
}

function strictBoolean(value: Json, body: JsonObject, dsl: Dsl, key: string): boolean {
  if (typeof value === 'boolean') return value;
  const { line, column } = dsl.at(body, key);
  const kind = typeof value === 'string' ? 'VALUE_STRING' : 'VALUE_NUMBER_INT';
  throw new EsError(
    400,
    'input_coercion_exception',
    `Current token (${kind}) not of boolean type\n at [line: ${line}, column: ${column}]`,
  );
}

export function parseSource(value: Json, body: JsonObject, dsl: Dsl): SourceRequest {
  if (typeof value === 'boolean') return { isEnabled: value, includes: [], excludes: [] };
  if (typeof value === 'string') return { isEnabled: true, includes: [value], excludes: [] };
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      if (typeof item === 'string') return;
      const at = dsl.document.locate((value as JsonArray).positions?.[i] ?? 0);
      throw parsingError(`Unknown key for a ${tokenNameOf(item)} in [null].`, at);
    });
    return { isEnabled: true, includes: value.map(textOf), excludes: [] };
  }
  if (!isJsonObject(value)) {
    throw parsingError(
      `Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, START_OBJECT] but found [${tokenNameOf(value)}]`,
      dsl.at(body, '_source'),
    );
  }
  const source: SourceRequest = { isEnabled: true, includes: [], excludes: [] };
  for (const [key, item] of value) {
    const isInclude = key === 'includes' || key === 'include';
    if ((!isInclude && key !== 'excludes' && key !== 'exclude') || isJsonObject(item))
      throw unknownKey(key, item, value, dsl);
    const names = Array.isArray(item) ? item.map(textOf) : [textOf(item)];
    if (isInclude) source.includes = names;
    else source.excludes = names;
  }
  return source;
}

function parseFields(name: string, value: JsonArray): FieldRequest[] {
  return value.map((item) => {
    if (!isJsonObject(item)) return { field: textOf(item), format: null };
    const field = item.get('field');
    if (field === undefined) throw illegalArgument('Required [field]');
    for (const key of item.keys()) {
      if (key !== 'field' && key !== 'format') {
        throw new EsError(400, 'x_content_parse_exception', `[${name}] unknown field [${key}]`);
      }
    }
    const format = item.get('format') ?? null;
    return { field: textOf(field), format: format === null ? null : textOf(format) };
  });
}

const modes: readonly string[] = ['min', 'max', 'sum', 'avg', 'median'];

function parseSort(value: Json, body: JsonObject, dsl: Dsl): SortSpec[] {
  const items = Array.isArray(value) ? [...value] : [value];
  const specs: SortSpec[] = [];
  for (const item of items) {
    if (isJsonObject(item)) for (const [field, setting] of item) specs.push(parseSortField(field, setting, item, dsl));
    else if (Array.isArray(item) || item === null) {
      throw illegalArgument('malformed sort format, within the sort array, an object, or an actual string are allowed');
    } else specs.push(sortSpec(textOf(item)));
  }
  void body;
  return specs;
}

export function sortSpec(field: string, isDescending = field === '_score'): SortSpec {
  return { field, isDescending, missing: '_last', mode: null, unmappedType: null, format: null };
}

function parseSortField(field: string, setting: Json, parent: JsonObject, dsl: Dsl): SortSpec {
  if (field === '_script' || field === '_geo_distance')
    throw illegalArgument(`sort by [${field}] is not supported by this store`);
  const spec = { ...sortSpec(field) } as { -readonly [K in keyof SortSpec]: SortSpec[K] };
  if (!isJsonObject(setting)) {
    spec.isDescending = orderOf(textOf(setting));
    return spec;
  }
  for (const [key, value] of setting) {
    switch (key) {
      case 'order':
        spec.isDescending = orderOf(textOf(value));
        break;
      case 'missing':
        spec.missing = value;
        break;
      case 'mode': {
        const mode = textOf(value).toLowerCase();
        if (!modes.includes(mode)) {
          const cause = illegalArgument(`Unknown SortMode [${textOf(value)}]`);
          throw contentParseError('[field_sort] failed to parse field [mode]', dsl.at(setting, key), cause);
        }
        spec.mode = mode as SortMode;
        break;
      }
      case 'unmapped_type':
        spec.unmappedType = textOf(value);
        break;
      case 'format':
        spec.format = textOf(value);
        break;
      case 'numeric_type':
        break;
      case 'nested':
      case 'nested_path':
      case 'nested_filter':
        throw illegalArgument(`[${key}] in a sort is not supported by this store`);
      default:
        throw contentParseError(`[field_sort] unknown field [${key}]`, dsl.atKey(setting, key));
    }
  }
  void parent;
  return spec;
}

function orderOf(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower === 'asc') return false;
  if (lower === 'desc') return true;
  throw illegalArgument(`No enum constant org.opensearch.search.sort.SortOrder.${text.toUpperCase()}`);
}
