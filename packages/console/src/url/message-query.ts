import { choiceParam, intParam } from './search-params.ts';

/** What the message browser shows, as its URL says it: a link opened elsewhere shows the same. */
export interface MessageQuery {
  partition: number | null;
  start: 'newest' | 'oldest' | 'offset' | 'time' | 'last';
  /** Offset, time (ISO, or `-15m` before now) or count, as `start` wants it. */
  at: string;
  contains: string;
  limit: number;
  isLive: boolean;
}

export const messageLimits = [50, 100, 500, 1000, 5000] as const;

export function readMessageQuery(params: URLSearchParams): MessageQuery {
  const partition = params.get('partition');
  return {
    partition: partition === null ? null : intParam(partition, 0, 0, 1_000_000),
    start: choiceParam(params.get('from'), ['newest', 'oldest', 'offset', 'time', 'last']),
    at: params.get('at') ?? '',
    contains: params.get('contains') ?? '',
    limit: intParam(params.get('limit'), 100, 1, 10_000),
    isLive: params.get('live') === '1',
  };
}

export function messageQueryParams(query: MessageQuery): Record<string, string | number | null> {
  return {
    partition: query.partition,
    from: query.start === 'newest' ? null : query.start,
    at: query.start === 'newest' || query.start === 'oldest' ? null : query.at,
    contains: query.contains,
    limit: query.limit === 100 ? null : query.limit,
    live: query.isLive ? 1 : null,
  };
}

/** Times that one asks for most; any ISO time is possible besides. */
export const relativeTimes = [
  { value: '-5m', name: '5 minutes ago' },
  { value: '-1h', name: '1 hour ago' },
  { value: '-6h', name: '6 hours ago' },
  { value: '-1d', name: '1 day ago' },
  { value: '-7d', name: '7 days ago' },
] as const;

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `-15m` as an ISO time before `nowMs`; an ISO time as it is; what is neither as null. */
export function resolveTime(at: string, nowMs: number): string | null {
  const [, count, unit] = /^-(\d{1,6})([smhd])$/.exec(at) ?? [];
  if (count !== undefined && unit !== undefined) return new Date(nowMs - Number(count) * unitMs[unit]!).toISOString();
  return Number.isNaN(Date.parse(at)) ? null : at;
}

/** The page of `GET /api/consume/{topic}` that answers the query; `cursor` continues an earlier page. */
export function consumePath(topic: string, query: MessageQuery, nowMs: number, cursor?: string): string {
  const params = new URLSearchParams({ format: 'text', limit: String(query.limit) });
  if (query.partition !== null) params.set('partition', String(query.partition));
  if (query.contains !== '') params.set('contains', query.contains);
  if (query.start === 'newest') params.set('order', 'desc');
  if (cursor !== undefined) params.set('cursor', cursor);
  else addStart(params, query, nowMs);
  return `/api/consume/${encodeURIComponent(topic)}?${params}`;
}

function addStart(params: URLSearchParams, query: MessageQuery, nowMs: number): void {
  if (query.start === 'oldest') params.set('from', 'earliest');
  if (query.start === 'time') params.set('from', resolveTime(query.at, nowMs) ?? 'earliest');
  if (query.start === 'last') params.set('from', `-${intParam(query.at, 10, 1, 10_000)}`);
  if (query.start === 'offset') {
    // An offset belongs to a partition: of "all", the first is meant.
    params.set('partition', String(query.partition ?? 0));
    params.set('offset', String(intParam(query.at, 0, 0, Number.MAX_SAFE_INTEGER)));
  }
}

/** The live stream of the same: from now on, of one partition or of all, filtered by the server. */
export function tailPath(topic: string, query: Pick<MessageQuery, 'partition' | 'contains'>): string {
  const params = new URLSearchParams({ format: 'text', from: 'latest' });
  if (query.partition !== null) params.set('partition', String(query.partition));
  if (query.contains !== '') params.set('contains', query.contains);
  return `/api/consume/${encodeURIComponent(topic)}?${params}`;
}

/** The same request for a terminal: what the page teaches. */
export function consumeCurl(origin: string, path: string, isLive = false): string {
  return `curl ${isLive ? "-N -H 'accept: text/event-stream' " : ''}'${origin}${path.replaceAll("'", '%27')}'`;
}

/** Whether the log has more beyond a page: below its older end when it reads backwards, else above its newer one. */
export function hasMoreRecords(
  page: {
    cursor: string;
    previousCursor: string;
    partitions: { partition: number; earliest: number; latest: number }[];
  },
  isBackward: boolean,
): boolean {
  const places = new Map(
    (isBackward ? page.previousCursor : page.cursor)
      .split(',')
      .map((part) => part.split(':').map(Number) as [number, number]),
  );
  return page.partitions.some(({ partition, earliest, latest }) => {
    const place = places.get(partition);
    return place !== undefined && (isBackward ? place > earliest : place < latest);
  });
}
