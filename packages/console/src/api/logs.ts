import type { HistogramBucket } from '../components/time-histogram.tsx';
import { type LogLine, readLogLine } from '../logs/log-line.ts';
import { bucketStarts, bucketWidthMs, type TimeWindow } from '../url/time-range.ts';
import { send } from './http.ts';

export const logIndex = 'headwater-logs';
export const logTopic = 'headwater-logs';

/** What the list keeps at once; the newest come first. */
export const linesPerPage = 500;
const bucketsMax = 60;

export interface FoundLines {
  lines: LogLine[];
  total: number;
  tookMs: number;
  /** Where the next page goes on; null at the end. */
  after: unknown[] | null;
}

/** Words and `field:value` as the store's query_string has them, in a window of time. */
export function logQuery(query: string, { fromMs, toMs }: TimeWindow): Record<string, unknown> {
  return {
    bool: {
      filter: [
        { range: { '@timestamp': { gte: iso(fromMs), lte: iso(toMs) } } },
        ...(query.trim() === ''
          ? []
          : [{ query_string: { query, fields: ['message', 'stack'], default_operator: 'AND' } }]),
      ],
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const newestFirst = [{ '@timestamp': 'desc' }];

interface Answer {
  took?: number;
  hits?: { total?: number | { value: number }; hits?: { _id: string; _source?: unknown; sort?: unknown[] }[] };
}

const totalOf = ({ hits }: Answer): number => (typeof hits?.total === 'object' ? hits.total.value : (hits?.total ?? 0));

async function ask(body: object, signal: AbortSignal): Promise<Answer> {
  return JSON.parse(await send('POST', `/api/search/${logIndex}/_search`, JSON.stringify(body), {}, signal)) as Answer;
}

const linesOf = ({ hits }: Answer): LogLine[] =>
  (hits?.hits ?? []).map(({ _id, _source }) => readLogLine(_id, _source));

export async function findLines(
  query: string,
  window: TimeWindow,
  signal: AbortSignal,
  { size = linesPerPage, after = null }: { size?: number; after?: unknown[] | null } = {},
): Promise<FoundLines> {
  const answer = await ask(
    {
      size,
      track_total_hits: true,
      query: logQuery(query, window),
      sort: newestFirst,
      ...(after && { search_after: after }),
    },
    signal,
  );
  const lines = linesOf(answer);
  return {
    lines,
    total: totalOf(answer),
    tookMs: answer.took ?? 0,
    after: lines.length < size ? null : (answer.hits?.hits?.at(-1)?.sort ?? null),
  };
}

export interface Histogram {
  window: TimeWindow;
  widthMs: number;
  buckets: HistogramBucket[];
}

/** How many lines of which gravity when: the store counts each bucket, in one request. */
export async function countLines(query: string, window: TimeWindow, signal: AbortSignal): Promise<Histogram> {
  const widthMs = bucketWidthMs(window, bucketsMax);
  const starts = bucketStarts(window, widthMs);
  const kinds = [query, `${query} level:WARN`, `${query} level:(ERROR OR FATAL)`];
  const body = starts
    .flatMap((startMs) =>
      kinds.map((kind) => {
        const part = { fromMs: Math.max(startMs, window.fromMs), toMs: Math.min(startMs + widthMs - 1, window.toMs) };
        return `{}\n${JSON.stringify({ size: 0, track_total_hits: true, query: logQuery(kind === query ? query : and(query, kind), part) })}\n`;
      }),
    )
    .join('');
  const text = await send(
    'POST',
    `/api/search/${logIndex}/_msearch`,
    body,
    { 'content-type': 'application/x-ndjson' },
    signal,
  );
  const { responses = [] } = JSON.parse(text) as { responses?: Answer[] };
  const buckets = starts.map((startMs, index) => {
    const [all, warning, bad] = kinds.map((_, kind) => totalOf(responses[index * kinds.length + kind] ?? {})) as [
      number,
      number,
      number,
    ];
    return { startMs, counts: { warning, bad, quiet: Math.max(0, all - warning - bad) } };
  });
  return { window, widthMs, buckets };
}

/** Both, whatever binds loosely in the first. */
const and = (query: string, both: string): string =>
  query.trim() === '' ? both.trim() : `(${query}) AND ${both.slice(query.length).trim()}`;

/** One line by its id; null when the index has none. */
export async function lineById(id: string, signal: AbortSignal): Promise<LogLine | null> {
  const answer = await ask({ size: 1, query: { ids: { values: [id] } } }, signal);
  return linesOf(answer)[0] ?? null;
}

/** What the same instance said just before and just after, in order of time, the line itself in the middle. */
export async function surroundingLines(line: LogLine, signal: AbortSignal, count = 6): Promise<LogLine[]> {
  const same = ['service', 'instance'].flatMap((field) =>
    line.fields[field] === undefined ? [] : [{ term: { [field]: line.fields[field] } }],
  );
  const part = async (range: object, order: 'asc' | 'desc'): Promise<LogLine[]> =>
    linesOf(
      await ask(
        {
          size: count + 1,
          query: { bool: { filter: [{ range: { '@timestamp': range } }, ...same] } },
          sort: [{ '@timestamp': order }],
        },
        signal,
      ),
    );
  const at = iso(line.atMs);
  const [before, after] = await Promise.all([part({ lte: at }, 'desc'), part({ gte: at }, 'asc')]);
  const others = new Map([...before, ...after].map((other) => [other.id, other]));
  others.set(line.id, line);
  const sorted = [...others.values()].sort((a, b) => a.atMs - b.atMs || offsetOf(a) - offsetOf(b));
  const index = sorted.findIndex(({ id }) => id === line.id);
  return sorted.slice(Math.max(0, index - count), index + count + 1);
}

const offsetOf = (line: LogLine): number => line.record?.offset ?? 0;
