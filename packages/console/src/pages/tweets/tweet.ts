import { markTerms, queryTerms, type Segment, splitMarks } from '../../format/highlight.ts';
import { type JsonNode, nodeAt, parseJson, textOf } from '../../json/parse.ts';

/** A tweet as the page shows it. Ids are digits: they are larger than a number of JavaScript can say. */
export interface Tweet {
  id: string;
  userId: string;
  text: string;
  segments: Segment[];
  createdAtMs: number;
  lang: string | null;
}

/** What a search found. */
export interface SearchAnswer {
  tweets: readonly Tweet[];
  /** Null where the service does not say, e.g. of all tweets. */
  total: number | null;
  /** How often the words were tweeted; null: not known, and why. */
  wordCount: number | null;
  wordCountProblem: string | null;
  words: readonly { word: string; count: number }[];
  /** Who counted: `streams` or `analytics`. */
  source: string | null;
  /** Given instead of an answer by the gateway while the query service is away. */
  fallbackMessage: string | null;
}

/** Reads an answer of the query service: the canonical shape, or a plain list of documents. */
export function readAnswer(text: string, query: string): SearchAnswer {
  const root = parseJson(text);
  const at = (...path: (string | number)[]): JsonNode | undefined => nodeAt(text, root, path);
  const documents = root.kind === 'array' ? root : at('queryResponseModels');
  const counts = at('wordCounts');
  return {
    tweets:
      documents?.kind === 'array'
        ? documents.items.flatMap((item) => {
            const id = textOf(text, nodeAt(text, item, ['id']));
            const highlight = id === undefined ? undefined : textOf(text, at('highlights', id));
            return tweetAt(text, item, query, highlight) ?? [];
          })
        : [],
    total: numberAt(text, at('total')),
    wordCount: numberAt(text, at('wordCount')),
    wordCountProblem: textOf(text, at('wordCountError')) ?? null,
    words:
      counts?.kind === 'object'
        ? counts.members.map(({ keyEnd, keyStart, value }) => ({
            word: JSON.parse(text.slice(keyStart, keyEnd)) as string,
            count: numberAt(text, value) ?? 0,
          }))
        : [],
    source: textOf(text, at('wordCountSource')) ?? null,
    fallbackMessage: textOf(text, at('fallbackMessage')) ?? null,
  };
}

/** One document of an answer, or of an event of the live stream. Null: it is none. */
export function readTweet(text: string, query: string): Tweet | null {
  const root = parseJson(text);
  return tweetAt(text, root, query, textOf(text, nodeAt(text, root, ['highlight'])));
}

function tweetAt(json: string, node: JsonNode, query: string, highlight: string | undefined): Tweet | null {
  const field = (name: string): string | undefined => textOf(json, nodeAt(json, node, [name]));
  const [id, text] = [field('id'), field('text')];
  if (id === undefined || text === undefined) return null;
  return {
    id,
    userId: field('userId') ?? '',
    text,
    segments: markedAs(highlight, text) ?? markTerms(text, queryTerms(query)),
    createdAtMs: Date.parse(field('createdAt') ?? ''),
    lang: field('lang') ?? null,
  };
}

/** The service marks with <em>: its marks count only if taking them away gives the very text. */
function markedAs(highlight: string | undefined, text: string): Segment[] | null {
  if (highlight === undefined) return null;
  const segments = splitMarks(highlight, '<em>', '</em>');
  return segments.some(({ isHit }) => isHit) && segments.map((segment) => segment.text).join('') === text
    ? segments
    : null;
}

function numberAt(text: string, node: JsonNode | undefined): number | null {
  return node?.kind === 'number' ? Number(text.slice(node.start, node.end)) : null;
}
