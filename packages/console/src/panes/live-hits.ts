import { markTerms, queryTerms, type Segment, splitMarks } from '../format/highlight.ts';
import { nodeAt, parseJson, textOf } from '../json/parse.ts';

export interface LiveHit {
  id: string;
  userId: string;
  segments: Segment[];
  createdAtMs: number;
}

export interface LiveHits {
  /** First what there is, newest first; then what comes, on top. */
  hits: readonly LiveHit[];
  total: number | null;
  wordCount: number | null;
}

const hitsMax = 60;

export const noHits: LiveHits = { hits: [], total: null, wordCount: null };

/** The events of `GET /query/documents/get-document-by-text?text=…` as a list: documents, then `live`, then new documents. */
export function addHitEvent(before: LiveHits, name: string, data: string, query: string): LiveHits {
  if (name === 'live') {
    const { total, wordCount } = JSON.parse(data) as { total?: number; wordCount?: number | null };
    return { ...before, total: total ?? before.hits.length, wordCount: wordCount ?? null };
  }
  if (name !== 'document') return before;
  const hit = readHit(data, query);
  // After a reconnect the query service tells its hits again.
  if (hit === null || before.hits.some((other) => other.id === hit.id)) return before;
  if (before.total === null) return { ...before, hits: [...before.hits, hit].slice(0, hitsMax) };
  return { ...before, hits: [hit, ...before.hits].slice(0, hitsMax), total: before.total + 1 };
}

function readHit(data: string, query: string): LiveHit | null {
  const root = parseJson(data);
  const field = (name: string): string | undefined => textOf(data, nodeAt(data, root, [name]));
  const id = field('id');
  const text = field('text');
  if (id === undefined || text === undefined) return null;
  const highlight = field('highlight');
  return {
    id,
    userId: field('userId') ?? '',
    // The service marks with <em>: a mark counts only if taking the marks away gives the very text.
    segments: markedAs(highlight, text) ?? markTerms(text, queryTerms(query)),
    createdAtMs: Date.parse(field('createdAt') ?? ''),
  };
}

function markedAs(highlight: string | undefined, text: string): Segment[] | null {
  if (highlight === undefined) return null;
  const segments = splitMarks(highlight, '<em>', '</em>');
  return segments.map((segment) => segment.text).join('') === text ? segments : null;
}
