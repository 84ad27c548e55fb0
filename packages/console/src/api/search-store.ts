import { markEnd, markStart, type Segment, splitMarks } from '../format/highlight.ts';
import { type JsonNode, nodeAt, parseJson, textOf } from '../json/parse.ts';
import { send } from './http.ts';

export interface IndexFacts {
  index: string;
  documents: number;
  sizeText: string;
}

/** `_cat/indices?format=json`: every value is text there. */
export function readIndices(rows: Record<string, string>[]): IndexFacts[] {
  return rows
    .map((row) => ({
      index: row['index'] ?? '',
      documents: Number(row['docs.count'] ?? 0),
      sizeText: row['store.size'] ?? '',
    }))
    .sort((a, b) => (a.index < b.index ? -1 : 1));
}

export interface SearchHit {
  id: string;
  score: string | null;
  /** `_source` as the text that the store keeps: 64-bit integers are exact. */
  source: string;
  highlights: { field: string; fragments: Segment[][] }[];
}

export interface SearchAnswer {
  total: number;
  isTotalExact: boolean;
  tookMs: number;
  hits: SearchHit[];
}

export interface SearchRequest {
  index: string;
  query: string;
  size: number;
  from?: number;
}

/** The body of the request: also what the page shows for a terminal. Text and `field:value`, newest or best first. */
export function searchBody({ query, size, from = 0 }: SearchRequest): Record<string, unknown> {
  return {
    from,
    size,
    track_total_hits: true,
    query: query.trim() === '' ? { match_all: {} } : { query_string: { query, default_operator: 'AND' } },
    ...(query.trim() === ''
      ? {}
      : {
          highlight: {
            pre_tags: [markStart],
            post_tags: [markEnd],
            fields: { '*': { number_of_fragments: 2, fragment_size: 200 } },
          },
        }),
  };
}

export async function searchIndex(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer> {
  const path = `/api/search/${encodeURIComponent(request.index)}/_search`;
  return readAnswer(await send('POST', path, JSON.stringify(searchBody(request)), {}, signal));
}

/** Reads the answer by places in its text, so that a `_source` comes out byte for byte. */
export function readAnswer(text: string): SearchAnswer {
  const root = parseJson(text);
  const at = (node: JsonNode | undefined, ...path: (string | number)[]): JsonNode | undefined =>
    node && nodeAt(text, node, path);
  const total = at(root, 'hits', 'total');
  const count = total?.kind === 'object' ? at(total, 'value') : total;
  const list = at(root, 'hits', 'hits');
  return {
    total: Number(textOf(text, count) ?? 0),
    isTotalExact: textOf(text, at(total, 'relation')) !== 'gte',
    tookMs: Number(textOf(text, at(root, 'took')) ?? 0),
    hits: (list?.kind === 'array' ? list.items : []).map((hit) => ({
      id: textOf(text, at(hit, '_id')) ?? '',
      score: scoreOf(textOf(text, at(hit, '_score'))),
      source: textOf(text, at(hit, '_source')) ?? '{}',
      highlights: readHighlights(text, at(hit, 'highlight')),
    })),
  };
}

const scoreOf = (score: string | undefined): string | null =>
  score === undefined || score === 'null' ? null : Number(score).toFixed(2);

function readHighlights(text: string, node: JsonNode | undefined): SearchHit['highlights'] {
  if (node?.kind !== 'object') return [];
  return node.members.map(({ keyStart, keyEnd, value }) => ({
    field: JSON.parse(text.slice(keyStart, keyEnd)) as string,
    fragments: (value.kind === 'array' ? value.items : []).map((item) => splitMarks(textOf(text, item) ?? '')),
  }));
}
