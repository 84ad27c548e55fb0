import { contentParseError, EsError, illegalArgument, parsingError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject, tokenNameOf } from '../../json/json-value.ts';
import { booleanOf, type Dsl, integerOf, type QueryBuilder, textOf } from '../../query/dsl.ts';

/** How one field is highlighted; what is undefined is taken from the request's own settings, then from the defaults. */
export interface HighlightOptions {
  type?: string;
  preTags?: string[];
  postTags?: string[];
  fragmentSize?: number;
  numberOfFragments?: number;
  noMatchSize?: number;
  order?: string;
  requireFieldMatch?: boolean;
  boundaryScanner?: string;
  fragmenter?: string;
  query?: QueryBuilder;
}

export interface HighlightRequest {
  options: HighlightOptions;
  isHtml: boolean;
  fields: { pattern: string; options: HighlightOptions }[];
}

const ignored = [
  'highlight_filter',
  'boundary_max_scan',
  'boundary_chars',
  'boundary_scanner_locale',
  'force_source',
  'phrase_limit',
  'max_analyzer_offset',
  'options',
];

export function parseHighlight(body: JsonObject, dsl: Dsl): HighlightRequest {
  const request: HighlightRequest = { options: {}, isHtml: false, fields: [] };
  for (const [key, value] of body) {
    if (key === 'fields') {
      if (!isJsonObject(value) && !Array.isArray(value)) throw dsl.wrongType('highlight', body, key);
      const groups = Array.isArray(value) ? value : [value];
      for (const group of groups) {
        if (!isJsonObject(group)) {
          throw illegalArgument('[highlight] fields must be an object, or an array of objects with one field each');
        }
        for (const [pattern, options] of group)
          request.fields.push({ pattern, options: fieldOptions(pattern, options, group, dsl) });
      }
    } else if (key === 'encoder') request.isHtml = textOf(value) === 'html';
    else if (key === 'tags_schema') {
      if (textOf(value) === 'styled') {
        request.options.preTags = Array.from({ length: 10 }, (_, i) => `<em class="hlt${i + 1}">`);
        request.options.postTags = ['</em>'];
      }
    } else if (!setOption(request.options, key, value, body, dsl)) {
      throw contentParseError(`[highlight] unknown field [${key}]`, dsl.atKey(body, key));
    }
  }
  checkTags(request.options, body, dsl);
  return request;
}

function fieldOptions(pattern: string, value: Json, group: JsonObject, dsl: Dsl): HighlightOptions {
  if (!isJsonObject(value)) {
    throw contentParseError(
      `[fields] ${pattern} doesn't support values of type: ${tokenNameOf(value)}`,
      dsl.at(group, pattern),
    );
  }
  const options: HighlightOptions = {};
  try {
    for (const [key, setting] of value) {
      if (key === 'matched_fields' || key === 'fragment_offset') continue;
      if (!setOption(options, key, setting, value, dsl)) {
        throw contentParseError(`[highlight_field] unknown field [${key}]`, dsl.atKey(value, key));
      }
    }
    checkTags(options, value, dsl);
  } catch (error) {
    if (!(error instanceof EsError)) throw error;
    const at = dsl.atEnd(value);
    const inner = contentParseError(`[fields] failed to parse field [${pattern}]`, at, error);
    throw contentParseError('[highlight] failed to parse field [fields]', at, inner);
  }
  return options;
}

function checkTags(options: HighlightOptions, at: JsonObject, dsl: Dsl): void {
  if (options.preTags !== undefined && options.postTags === undefined) {
    throw parsingError('pre_tags are set but post_tags are not set', dsl.atEnd(at));
  }
}

function setOption(options: HighlightOptions, key: string, value: Json, body: JsonObject, dsl: Dsl): boolean {
  switch (key) {
    case 'pre_tags':
      options.preTags = listOf(value);
      return true;
    case 'post_tags':
      options.postTags = listOf(value);
      return true;
    case 'type':
      options.type = textOf(value);
      return true;
    case 'fragment_size':
      options.fragmentSize = integerOf(value);
      return true;
    case 'number_of_fragments':
      options.numberOfFragments = integerOf(value);
      return true;
    case 'no_match_size':
      options.noMatchSize = integerOf(value);
      return true;
    case 'order':
      options.order = textOf(value).toLowerCase();
      return true;
    case 'require_field_match':
      options.requireFieldMatch = booleanOf(value);
      return true;
    case 'boundary_scanner':
      options.boundaryScanner = textOf(value).toLowerCase();
      if (!['chars', 'word', 'sentence'].includes(options.boundaryScanner)) {
        throw illegalArgument(
          `No enum constant org.opensearch.search.fetch.subphase.highlight.HighlightBuilder.BoundaryScannerType.${textOf(value).toUpperCase()}`,
        );
      }
      return true;
    case 'fragmenter':
      options.fragmenter = textOf(value);
      return true;
    case 'highlight_query':
      options.query = dsl.query(value, dsl.at(body, key));
      return true;
    default:
      return ignored.includes(key);
  }
}

function listOf(value: Json): string[] {
  return Array.isArray(value) ? value.map(textOf) : [textOf(value)];
}

export type { JsonObject };
