import type { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { contentParseError, EsError, illegalArgument, numberFormat, parsingError, queryShardError } from '../errors.ts';
import {
  isJsonObject,
  type Json,
  type JsonArray,
  type JsonDocument,
  type JsonObject,
  RawNumber,
  tokenNameOf,
} from '../json/json-value.ts';
import type { FieldMapper, QueryContext } from '../mapping/field-mapper.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Query } from '../search/query.ts';

/** The index that a query is made for. */
export interface BuildContext extends QueryContext {
  readonly mapping: Mapping;
  readonly analysis: AnalysisRegistry;
  /** `index.query.default_field` */
  readonly defaultFields: readonly string[];
  readonly isDefaultLenient: boolean;
}

/** A query of a request, checked; it becomes one that runs for each index on its own. */
export interface QueryBuilder {
  readonly name: string;
  build(context: BuildContext): Query;
}

/** A type of query: how its part of a request is read. */
export interface QueryType {
  readonly name: string;
  parse(body: JsonObject, dsl: Dsl): QueryBuilder;
}

export type At = { line: number; column: number };

/** Reads queries from one request body, and knows where everything stands in it. */
export class Dsl {
  readonly document: JsonDocument;
  readonly #types: ReadonlyMap<string, QueryType>;
  #depth = 0;

  constructor(document: JsonDocument, types: ReadonlyMap<string, QueryType>) {
    this.document = document;
    this.#types = types;
  }

  /** Where the value of a key stands. */
  at(object: JsonObject, key: string): At {
    return this.document.locate(object.positions?.get(key)?.value ?? object.offset);
  }

  atKey(object: JsonObject, key: string): At {
    return this.document.locate(object.positions?.get(key)?.key ?? object.offset);
  }

  atStart(value: Json): At {
    return this.document.locate(
      isJsonObject(value) || Array.isArray(value) ? (value as JsonObject | JsonArray).offset : 0,
    );
  }

  atEnd(value: JsonObject | JsonArray): At {
    return this.document.locate(value.endOffset);
  }

  /** Reads an object with one key that names a query: `{"match": {…}}`. */
  query(value: Json, at: At): QueryBuilder {
    if (!isJsonObject(value)) throw parsingError('[_na] query malformed, must start with start_object', at);
    const [name] = value.keys();
    if (name === undefined) {
      const end = this.atEnd(value);
      throw illegalArgument(`query malformed, empty clause found at [${end.line}:${end.column}]`);
    }
    const body = value.get(name)!;
    const bodyAt = this.at(value, name);
    if (!isJsonObject(body)) {
      throw parsingError(`[${name}] query malformed, no start_object after query name`, bodyAt);
    }
    const type = this.#types.get(name);
    if (type === undefined) {
      const { line, column } = bodyAt;
      const cause = new EsError(400, 'named_object_not_found_exception', `[${line}:${column}] unknown field [${name}]`);
      throw parsingError(`unknown query [${name}]${didYouMean(name, this.#types.keys())}`, bodyAt, cause);
    }
    if (++this.#depth > 100)
      throw illegalArgument('The nested depth of the query exceeds the maximum nested depth for queries set in [100]');
    const builder = type.parse(body, this);
    this.#depth--;
    const second = [...value.keys()][1];
    if (second !== undefined) {
      throw parsingError(
        `[${name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`,
        this.atKey(value, second),
      );
    }
    return builder;
  }

  /** A query, or a list of them. */
  queries(value: Json, at: At): QueryBuilder[] {
    if (!Array.isArray(value)) return [this.query(value, at)];
    const { positions } = value as JsonArray;
    return value.map((item, i) => this.query(item, this.document.locate(positions?.[i] ?? 0)));
  }

  /** The one field of `{"match": {"field": …}}`, with where its value stands. */
  singleField(
    type: string,
    body: JsonObject,
    skipped: readonly string[] = [],
  ): { field: string; value: Json; at: At } | null {
    const fields = [...body.keys()].filter((key) => !skipped.includes(key));
    if (fields.length === 0) return null;
    const [field, second] = fields as [string, string | undefined];
    if (second !== undefined) {
      const at = isJsonObject(body.get(second)!) ? this.at(body, second) : this.at(body, second);
      throw parsingError(`[${type}] query doesn't support multiple fields, found [${field}] and [${second}]`, at);
    }
    return { field, value: body.get(field)!, at: this.at(body, field) };
  }

  unsupported(type: string, object: JsonObject, key: string): EsError {
    return parsingError(`[${type}] query does not support [${key}]`, this.at(object, key));
  }

  /** For query types whose reader says it with another exception. */
  unknownField(type: string, object: JsonObject, key: string): EsError {
    return contentParseError(`[${type}] unknown field [${key}]`, this.atKey(object, key));
  }

  wrongType(type: string, object: JsonObject, key: string): EsError {
    const found = tokenNameOf(object.get(key));
    return contentParseError(`[${type}] ${key} doesn't support values of type: ${found}`, this.at(object, key));
  }
}

export function textOf(value: Json): string {
  if (value === null) return '';
  return value instanceof RawNumber ? value.text : String(value);
}

export function numberOf(value: Json): number {
  const text = textOf(value).trim();
  const number = Number(text);
  if (text === '' || typeof value === 'boolean' || Number.isNaN(number)) throw numberFormat(textOf(value));
  return number;
}

export function integerOf(value: Json): number {
  return Math.trunc(numberOf(value));
}

export function booleanOf(value: Json): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw illegalArgument(`Failed to parse value [${textOf(value)}] as only [true] or [false] are allowed.`);
}

export function boostOf(value: Json): number {
  const boost = Math.fround(numberOf(value));
  if (boost < 0)
    throw illegalArgument(
      `negative [boost] are not allowed in [${textOf(value)}], use a value between 0 and 1 to deboost`,
    );
  return boost;
}

export function isScalar(value: Json): boolean {
  return !isJsonObject(value) && !Array.isArray(value);
}

/** Wraps what a query is made into with its boost and name. */
export function decorate(query: Query, boost: number, queryName: string | null): Query {
  let result = query;
  if (boost !== 1) result = { kind: 'boost', query: result, boost };
  if (queryName !== null) result = { kind: 'named', name: queryName, query: result };
  return result;
}

/** Runs a builder; what goes wrong for this index is told as an error of the query on its shard. */
export function buildQuery(builder: QueryBuilder, context: BuildContext): Query {
  try {
    return builder.build(context);
  } catch (error) {
    if (!(error instanceof EsError)) throw error;
    if (['query_shard_exception', 'parsing_exception'].includes(error.type)) throw error;
    if (error.type === 'parse_exception' && builder.name === 'range') throw error;
    throw queryShardError(`failed to create query: ${error.reason}`, context.index, error);
  }
}

export function analyzerOf(name: string | null, type: string, context: BuildContext): Analyzer | null {
  if (name === null) return null;
  const found = context.analysis.find(name);
  if (found === undefined) throw queryShardError(`[${type}] analyzer [${name}] not found`, context.index);
  return found;
}

export function fieldOf(path: string, context: BuildContext): FieldMapper | undefined {
  return context.mapping.field(path);
}

/** ` did you mean [match]?` */
export function didYouMean(name: string, known: Iterable<string>): string {
  const close = [...known]
    .map((candidate) => ({ candidate, similarity: similarity(name, candidate) }))
    .filter((one) => one.similarity > 0.5)
    .sort((a, b) => b.similarity - a.similarity || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 5)
    .map((one) => one.candidate);
  if (close.length === 0) return '';
  return close.length === 1 ? ` did you mean [${close[0]}]?` : ` did you mean any of [${close.join(', ')}]?`;
}

function similarity(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    before = row;
  }
  return 1 - before[b.length]! / Math.max(a.length, b.length, 1);
}
