import type { ServerResponse } from 'node:http';
import { documentEvent } from './answers.ts';
import { seededRandom } from './random.ts';
import { type World, wordsOf } from './world.ts';

/** What the query service refuses for as long as it is set. */
export interface QueryRefusal {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** The example's query service behind the gateway: documents, a search, both also as events. Undefined: not its path. */
export function queryAnswer(
  world: World,
  { accept, body, path, query }: { path: string; query: URLSearchParams; body: string; accept: string },
  response: ServerResponse,
): { status: number; text: string } | 'streaming' | undefined {
  if (path === '/query/permissions') {
    const everyone = { principal: 'role:viewer', documentId: '*', permission: 'READ' };
    const permissions = query.get('documentId') === '*' ? [everyone] : [];
    return { status: 200, text: JSON.stringify({ total: permissions.length, permissions }) };
  }
  if (/^\/query\/documents\/[^/]+\/permissions\/[^/]+$/.test(path)) return { status: 201, text: '{}' };
  const isSearch = path === '/query/documents/get-document-by-text';
  if (!isSearch && path !== '/query/documents') return oneDocument(world, path);
  const text = isSearch ? String(body === '' ? query.get('text') : (JSON.parse(body) as { text: string }).text) : null;
  if (accept.includes('text/event-stream')) {
    streamHits(world, text, response);
    return 'streaming';
  }
  const [limit, from] = [Number(query.get('limit') ?? 20), Number(query.get('from') ?? 0)];
  const found = matching(world, text).reverse();
  if (query.get('sort') === 'best') found.sort((a, b) => a.length - b.length);
  const page = found.slice(from, from + limit);
  if (text === null) return { status: 200, text: `[${page.map(withoutHighlight).join(',')}]` };
  const words = [...new Set(wordsOf(text))].map((word) => [word, world.words.get(word) ?? 0] as const);
  const highlights = page.map((event) => JSON.parse(event) as { id: string; highlight: string });
  const rest = JSON.stringify({
    wordCount: words.reduce((sum, [, count]) => sum + count, 0),
    wordCounts: Object.fromEntries(words),
    wordCountSource: 'streams',
    total: found.length,
    highlights: Object.fromEntries(highlights.map(({ highlight, id }) => [id, highlight])),
  });
  return { status: 200, text: `{"queryResponseModels":[${page.map(withoutHighlight).join(',')}],${rest.slice(1)}` };
}

function oneDocument(world: World, path: string): { status: number; text: string } | undefined {
  const id = /^\/query\/documents\/(\d+)$/.exec(path)?.[1];
  if (id === undefined) return undefined;
  const found = world.documents.find((document) => document.id === id);
  if (found) return { status: 200, text: withoutHighlight(eventOf(found.source, null)!) };
  return { status: 404, text: `{"error":{"code":"HW_TWEETS_NO_DOCUMENT","message":"there is no tweet ${id}"}}` };
}

const matching = (world: World, text: string | null): string[] =>
  world.documents.flatMap(({ source }) => eventOf(source, text) ?? []);

function eventOf(source: string, text: string | null): string | null {
  return documentEvent(source, text ?? (JSON.parse(source) as { text: string }).text);
}

const withoutHighlight = (event: string): string => event.replace(/,"highlight":"(?:[^"\\]|\\.)*"\}$/, '}');

function streamHits(world: World, text: string | null, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (name: string, data: string): void => void response.write(`event: ${name}\ndata: ${data}\n\n`);
  const found = matching(world, text);
  for (const event of found.slice(-20).reverse()) send('document', event);
  send('live', JSON.stringify({ total: found.length }));
  let seen = world.documents.length;
  const timer = setInterval(() => {
    for (; seen < world.documents.length; seen += 1) {
      const event = eventOf(world.documents[seen]!.source, text);
      if (event !== null) send('document', event);
    }
  }, 200);
  response.on('close', () => clearInterval(timer));
}

/** Rows of a windowed table of words as `/query-stream` sends them; undefined for any other statement. */
export function trendRows(body: string): string | undefined {
  const { sql } = JSON.parse(body) as { sql: string };
  const found = /FROM tweet_words_(minute|hour)\b/i.exec(sql);
  if (!found) return undefined;
  const windowMs = found[1] === 'minute' ? 60_000 : 3_600_000;
  const currentMs = Math.floor(Date.now() / windowMs) * windowMs;
  const random = seededRandom(7);
  const lines = ['{"columnNames":["WORD","WINDOWSTART","TIMES"],"columnTypes":["STRING","BIGINT","BIGINT"]}'];
  for (const word of [
    'kafka',
    'streams',
    'gateway',
    'typescript',
    'broker',
    'rebalance',
    'offsets',
    'compacts',
    'topic',
  ]) {
    const base = 20 + Math.floor(random() * 180);
    for (let back = 15; back >= 0; back -= 1) {
      const count = Math.round(base * (0.5 + random()));
      if (word === 'rebalance' && back > 1) continue;
      lines.push(JSON.stringify([word, currentMs - back * windowMs, count]));
    }
  }
  return `${lines.join('\n')}\n`;
}
