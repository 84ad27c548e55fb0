import type { IndexHandle } from '../cluster/index-handle.ts';
import type { ViewEntry } from '../engine/view.ts';
import { type EsError, illegalArgument } from '../errors.ts';
import { JavaFloat, RawJson } from '../json/json-writer.ts';
import { filterSource } from '../json/source-filter.ts';
import type { FieldMapper } from '../mapping/field-mapper.ts';
import type { BuildContext } from '../query/dsl.ts';
import type { TopHit } from './collect.ts';
import { Highlighter } from './highlight/highlighter.ts';
import type { Query } from './query.ts';
import type { SearchRequest, SourceRequest } from './search-request.ts';
import type { SortKey } from './sort-key.ts';
import { SourceValues } from './source-values.ts';
import type { Statistics } from './statistics.ts';
import { makeWeight, type Weight } from './weight.ts';

/** Turns the best documents of one index into hits. */
export class Fetcher {
  readonly #index: IndexHandle;
  readonly #request: SearchRequest;
  readonly #context: BuildContext;
  readonly #keys: readonly SortKey[] | null;
  readonly #showsScore: boolean;
  readonly #highlighter: Highlighter | null;
  readonly #named: { name: string; weight: Weight }[];
  readonly #docvalues: { name: string; field: FieldMapper; format: string | null }[] = [];
  readonly #fetched: { name: string; field: FieldMapper; format: string | null }[] = [];
  readonly #stored: { name: string; field: FieldMapper }[] = [];

  constructor(options: {
    index: IndexHandle;
    request: SearchRequest;
    context: BuildContext;
    query: Query;
    keys: readonly SortKey[] | null;
    showsScore: boolean;
    statistics: Statistics;
  }) {
    const { index, request, context } = options;
    this.#index = index;
    this.#request = request;
    this.#context = context;
    this.#keys = options.keys;
    this.#showsScore = options.showsScore;
    const { mapping } = context;
    this.#highlighter =
      request.highlight === null
        ? null
        : new Highlighter(
            request.highlight,
            options.query,
            context,
            index.settings.integer('index.highlight.max_analyzed_offset'),
          );
    this.#named = namedQueries(options.query).map(({ name, query }) => ({
      name,
      weight: makeWeight(query, options.statistics, false),
    }));
    const docvalueMax = index.settings.integer('index.max_docvalue_fields_search');
    if (request.docvalueFields.length > docvalueMax) {
      throw illegalArgument(
        `Trying to retrieve too many docvalue_fields. Must be less than or equal to: [${docvalueMax}] but was [${request.docvalueFields.length}]. This limit can be set by changing the [index.max_docvalue_fields_search] index level setting.`,
      );
    }
    for (const { field: pattern, format } of request.docvalueFields) {
      for (const name of mapping.matchingFields(pattern)) {
        const field = mapping.field(name)!;
        if (pattern.includes('*') && field.valueKind === null) continue;
        assertHasValues(field);
        this.#docvalues.push({ name, field, format });
      }
    }
    if (request.fields.length > 0 && !mapping.isSourceEnabled) {
      throw illegalArgument(
        `Unable to retrieve the requested [fields] since _source is disabled in the mappings for index [${index.name}]`,
      );
    }
    for (const { field: pattern, format } of request.fields) {
      for (const name of mapping.matchingFields(pattern)) {
        const field = mapping.field(name)!;
        if (pattern.includes('*') && name.startsWith('_')) continue;
        this.#fetched.push({ name, field, format });
      }
    }
    for (const pattern of request.storedFields ?? []) {
      for (const name of mapping.matchingFields(pattern)) {
        const field = mapping.field(name)!;
        if (field.isStored) this.#stored.push({ name, field });
      }
    }
  }

  hit(top: TopHit): Record<string, unknown> {
    const { segment } = top.entry;
    const { doc } = top;
    const request = this.#request;
    const isBare = request.storedFields?.[0] === '_none_';
    const hit: Record<string, unknown> = { _index: this.#index.name };
    const id = segment.id(doc);
    if (!isBare) hit['_id'] = id;
    if (request.version) hit['_version'] = segment.version(doc);
    if (request.seqNoPrimaryTerm) {
      hit['_seq_no'] = segment.seqNo(doc);
      hit['_primary_term'] = segment.primaryTerm(doc);
    }
    hit['_score'] = this.#showsScore ? new JavaFloat(top.score) : null;
    const routing = segment.routing(doc);
    if (routing !== null && !isBare) hit['_routing'] = routing;
    const ignored = this.#ignored(top.entry, doc);
    if (ignored.length > 0 && !isBare) hit['_ignored'] = ignored;
    const bytes = segment.readSource(doc);
    const values = new SourceValues(bytes);
    const source = this.#source(bytes);
    if (source !== null) hit['_source'] = new RawJson(source);
    const fields = this.#fields(top, values);
    if (fields !== null) hit['fields'] = fields;
    const highlight = this.#highlighter?.highlight(id, values) ?? null;
    if (highlight !== null) hit['highlight'] = highlight;
    if (this.#keys !== null) hit['sort'] = this.#keys.map((key, i) => key.show(top.values[i]!));
    const matched = this.#named.filter(({ weight }) => matches(weight, top)).map(({ name }) => name);
    if (matched.length > 0) hit['matched_queries'] = matched;
    return hit;
  }

  #ignored(entry: ViewEntry, doc: number): string[] {
    const field = entry.segment.terms('_ignored');
    if (field === undefined || field.ordinals === null || !field.ordinals.seek(doc)) return [];
    const names: string[] = [];
    for (let at = field.ordinals.start; at < field.ordinals.end; at++) {
      names.push(field.dictionary.text(Number(field.ordinals.values[at]!)));
    }
    return names;
  }

  #source(bytes: Buffer): Buffer | null {
    const { source, storedFields } = this.#request;
    if (source === null && storedFields !== null && !storedFields.includes('_source')) return null;
    return selectSource(bytes, source, this.#context.mapping);
  }

  #fields({ entry, doc }: TopHit, values: SourceValues): Record<string, unknown[]> | null {
    const result = new Map<string, unknown[]>();
    const add = (name: string, found: unknown[]): void => {
      if (found.length > 0) result.set(name, [...(result.get(name) ?? []), ...found]);
    };
    for (const { name, field, format } of this.#docvalues) add(name, readValues(entry, doc, field, format));
    for (const { name, field } of this.#stored) {
      add(
        name,
        values
          .of(field.path, this.#context.mapping)
          .map((value) => field.fetchValue(value))
          .filter((value) => value !== undefined),
      );
    }
    for (const { name, field, format } of this.#fetched) {
      const found = values
        .of(field.path, this.#context.mapping)
        .map((value) => field.fetchValue(value, format ?? undefined))
        .filter((value) => value !== undefined);
      if (found.length > 0) result.set(name, found);
    }
    return result.size === 0 ? null : Object.fromEntries(result);
  }
}

/** What of a source is shown: what the request wants of what the mapping keeps. */
export function selectSource(
  bytes: Buffer,
  request: SourceRequest | null,
  mapping: BuildContext['mapping'],
): Buffer | null {
  if (!mapping.isSourceEnabled || request?.isEnabled === false) return null;
  let source = bytes;
  if (mapping.sourceIncludes.length > 0 || mapping.sourceExcludes.length > 0) {
    source = filterSource(source, { includes: mapping.sourceIncludes, excludes: mapping.sourceExcludes });
  }
  return request === null ? source : filterSource(source, request);
}

export const textFieldReason = (path: string): string =>
  `Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [${path}] in order to load field data by uninverting the inverted index. Note that this can use significant memory.`;

/** Refuses fields whose values cannot be read by document. */
export function assertHasValues(field: FieldMapper): void {
  if (field.isText) throw illegalArgument(textFieldReason(field.path));
  if (field.valueKind === null || !field.hasDocValues) {
    throw illegalArgument(
      `Can't load fielddata on [${field.path}] because fielddata is unsupported on fields of type [${field.type}]. Use doc values instead.`,
    );
  }
}

/** The values of a field of one document, from the index. */
export function readValues(entry: ViewEntry, doc: number, field: FieldMapper, format: string | null): unknown[] {
  const { segment } = entry;
  const shown: unknown[] = [];
  const formatName = format ?? undefined;
  const terms = segment.terms(field.path);
  if (terms?.ordinals != null) {
    const { ordinals, dictionary } = terms;
    if (!ordinals.seek(doc)) return shown;
    for (let at = ordinals.start; at < ordinals.end; at++) {
      shown.push(field.formatValue(dictionary.term(Number(ordinals.values[at]!)), formatName));
    }
    return shown;
  }
  const numbers = segment.numbers(field.path);
  if (numbers === undefined || !numbers.seek(doc)) return shown;
  for (let at = numbers.start; at < numbers.end; at++) shown.push(field.formatValue(numbers.values[at]!, formatName));
  return shown;
}

function matches(weight: Weight, { entry, doc }: TopHit): boolean {
  return weight.scorer(entry)?.advance(doc) === doc;
}

function namedQueries(query: Query): { name: string; query: Query }[] {
  const found: { name: string; query: Query }[] = [];
  const walk = (part: Query): void => {
    switch (part.kind) {
      case 'named':
        found.push({ name: part.name, query: part.query });
        walk(part.query);
        return;
      case 'bool':
        for (const one of [...part.must, ...part.filter, ...part.should, ...part.mustNot]) walk(one);
        return;
      case 'disMax':
        for (const one of part.queries) walk(one);
        return;
      case 'boosting':
        walk(part.positive);
        walk(part.negative);
        return;
      case 'boost':
      case 'constantScore':
        walk(part.query);
        return;
      default:
        return;
    }
  };
  walk(query);
  return found;
}

export type { EsError };
