import type { Analyzer } from '../analysis/analyzer.ts';
import { illegalArgument, queryShardError } from '../errors.ts';
import type { JsonScanner } from '../json/json-scanner.ts';
import { type Json, JsonObject, RawNumber } from '../json/json-value.ts';
import type { Query } from '../search/query.ts';
import type { DocumentContext } from './document-context.ts';
import { type ParamSpec, renderParams } from './field-params.ts';

/** What a query may ask of the place where it runs. */
export interface QueryContext {
  readonly index: { readonly name: string; readonly uuid: string };
  readonly nowMs: number;
}

export interface RangeBounds {
  lower: Json | undefined;
  upper: Json | undefined;
  includeLower: boolean;
  includeUpper: boolean;
  format?: string | undefined;
  timeZone?: string | undefined;
  relation?: string | undefined;
}

/** How a field's values are read by document: ordinals of terms, or numbers of a kind. */
export type ValueKind = 'ordinals' | 'long' | 'double' | 'float' | null;

export interface FieldMapperOptions {
  path: string;
  params: ReadonlyMap<string, unknown>;
  fields: readonly FieldMapper[];
  copyTo: readonly string[];
}

/** A field of a mapping: how its values are indexed, queried, sorted and shown. Immutable. */
export abstract class FieldMapper {
  readonly path: string;
  readonly params: ReadonlyMap<string, unknown>;
  /** The same value, indexed in other ways under `path.name`. */
  readonly fields: readonly FieldMapper[];
  readonly copyTo: readonly string[];
  /** The object in which it was last seen, to notice a key that comes twice. */
  seenIn = 0;

  constructor(options: FieldMapperOptions) {
    this.path = options.path;
    this.params = options.params;
    this.fields = options.fields;
    this.copyTo = options.copyTo;
  }

  abstract get type(): string;
  abstract get specs(): readonly ParamSpec[];
  abstract get valueKind(): ValueKind;

  get name(): string {
    return this.path.slice(this.path.lastIndexOf('.') + 1);
  }

  /** Adds the value of the current token to the document; null never comes here. Throws for a value that does not fit. */
  abstract index(scanner: JsonScanner, context: DocumentContext): void;

  /** The value that stands for null, if the mapping names one. */
  indexNull(_context: DocumentContext): void {}

  abstract termQuery(value: Json, context: QueryContext): Query;

  termsQuery(values: readonly Json[], context: QueryContext): Query {
    const queries = values.map((value) => this.termQuery(value, context));
    return {
      kind: 'constantScore',
      query: { kind: 'bool', must: [], filter: [], should: queries, mustNot: [], minimumShouldMatch: 1 },
    };
  }

  abstract rangeQuery(bounds: RangeBounds, context: QueryContext): Query;

  prefixQuery(_text: string, _isCaseIgnored: boolean, context: QueryContext): Query {
    throw queryShardError(this.#onlyText('prefix'), context.index);
  }

  wildcardQuery(_pattern: string, _isCaseIgnored: boolean, context: QueryContext): Query {
    throw queryShardError(this.#onlyText('wildcard'), context.index);
  }

  regexpQuery(_pattern: string, _isCaseIgnored: boolean, context: QueryContext): Query {
    throw queryShardError(this.#onlyText('regexp'), context.index);
  }

  fuzzyQuery(_text: string, _options: FuzzyOptions, _context: QueryContext): Query {
    throw illegalArgument(this.#onlyText('fuzzy'));
  }

  #onlyText(query: string): string {
    return `Can only use ${query} queries on keyword and text fields - not on [${this.path}] which is of type [${this.type}]`;
  }

  get isIndexed(): boolean {
    return this.param<boolean>('index') ?? true;
  }

  get hasDocValues(): boolean {
    return this.param<boolean>('doc_values') ?? this.valueKind !== null;
  }

  get isStored(): boolean {
    return this.param<boolean>('store') ?? false;
  }

  /** Analyzed text: phrases and relevance make sense on it. */
  get isText(): boolean {
    return false;
  }

  get searchAnalyzer(): Analyzer | null {
    return null;
  }

  /** A value of the index as `docvalue_fields` and aggregations show it. */
  abstract formatValue(value: number | bigint | Buffer, format?: string): unknown;

  /** A value as `sort` shows it. */
  sortValue(value: number | bigint | Buffer): unknown {
    return this.formatValue(value);
  }

  /** A value of the source as `fields` shows it; undefined for one that was not indexed. */
  fetchValue(value: Json, _format?: string): unknown {
    return value;
  }

  param<T>(name: string): T | undefined {
    if (this.params.has(name)) return this.params.get(name) as T;
    return this.specs.find((spec) => spec.name === name)?.fallback as T | undefined;
  }

  /** The definition as a mapping shows it. */
  toJson(): JsonObject {
    const json = new JsonObject([['type', this.type]]);
    renderParams(this.specs, this.params, json);
    if (this.fields.length > 0) {
      const sorted = [...this.fields].sort((a, b) => (a.name < b.name ? -1 : 1));
      json.set('fields', new JsonObject(sorted.map((field) => [field.name, field.toJson()])));
    }
    if (this.copyTo.length > 0) json.set('copy_to', [...this.copyTo] as unknown as Json);
    return json;
  }
}

export interface FuzzyOptions {
  fuzziness: string;
  prefixLength: number;
  maxExpansions: number;
  transpositions: boolean;
}

/** A scalar of a query as text: `1.0` stays `1.0`. */
export function queryText(value: Json): string {
  return value instanceof RawNumber ? value.text : String(value);
}
