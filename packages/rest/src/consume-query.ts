import { type Positions, parseCursor } from './cursor.ts';
import type { RecordFormat } from './record-json.ts';
import { badRequest } from './rest-error.ts';

/** Where to begin: the ends of the log, a time in epoch ms, or so many records before the end of each partition. */
export type From = 'earliest' | 'latest' | { timestampMs: number } | { last: number };

export interface ConsumeQuery {
  partition: number | null;
  from: From | null;
  /** By cursor, or by partition and offset. */
  positions: Positions | null;
  limit: number;
  maxBytes: number;
  order: 'asc' | 'desc';
  /** Only records whose key, value or headers hold this text, in whatever case. */
  contains: string | null;
  format: RecordFormat;
  isLive: boolean;
  onSlow: 'drop' | 'wait';
}

export const limitMax = 10_000;
export const maxBytesMax = 64 * 1024 * 1024;

/** Reads the query of `GET /api/consume/{topic}`. Throws HttpError 400 that says what is allowed. */
export function parseConsumeQuery(
  query: URLSearchParams,
  accept: string | undefined,
  lastEventId: string | undefined,
): ConsumeQuery {
  const partition = optionalInteger(query, 'partition', 0, 1_000_000);
  const offset = optionalInteger(query, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const cursor = query.get('cursor');
  if (offset !== null && partition === null) {
    throw badRequest(
      'HW_REST_INVALID_QUERY',
      'an offset belongs to a partition: give partition too, or use cursor=0:12,1:40',
    );
  }
  if (cursor !== null && offset !== null) {
    throw badRequest('HW_REST_INVALID_QUERY', 'give either cursor, or partition and offset');
  }
  const isLive =
    query.get('live') === 'true' || (query.get('live') !== 'false' && (accept ?? '').includes('text/event-stream'));
  // A reader that reconnects goes on where it was, whatever its first question said.
  const resumed = isLive && lastEventId ? parseCursor(lastEventId) : null;
  const positions =
    resumed ?? (cursor !== null ? parseCursor(cursor) : offset !== null ? new Map([[partition!, offset]]) : null);
  return {
    partition,
    from: parseFrom(query.get('from')),
    positions,
    limit: optionalInteger(query, 'limit', 1, limitMax) ?? 100,
    maxBytes: optionalInteger(query, 'maxBytes', 1, maxBytesMax) ?? 8 * 1024 * 1024,
    order: oneOf(query, 'order', ['asc', 'desc']),
    contains: query.get('contains') || null,
    format: oneOf(query, 'format', ['json', 'text']),
    isLive,
    onSlow: oneOf(query, 'onSlow', ['drop', 'wait']),
  };
}

function parseFrom(text: string | null): From | null {
  if (text === null || text === '') return null;
  if (text === 'earliest' || text === 'latest') return text;
  if (/^-\d{1,9}$/.test(text)) return { last: Number(text.slice(1)) };
  if (/^\d{1,15}$/.test(text)) return { timestampMs: Number(text) };
  const timestampMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(timestampMs)) return { timestampMs };
  throw badRequest(
    'HW_REST_INVALID_QUERY',
    `from=${text.slice(0, 60)} is not understood: use earliest, latest, epoch milliseconds, an ISO time, or -100 for the last 100 of each partition`,
  );
}

function optionalInteger(query: URLSearchParams, name: string, min: number, max: number): number | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw badRequest(
    'HW_REST_INVALID_QUERY',
    `${name}=${text.slice(0, 40)} must be a whole number from ${min} to ${max}`,
  );
}

/** One of the values; the first when absent. */
function oneOf<T extends string>(query: URLSearchParams, name: string, values: readonly [T, ...T[]]): T {
  const text = query.get(name);
  if (text === null || text === '') return values[0];
  if ((values as readonly string[]).includes(text)) return text as T;
  throw badRequest('HW_REST_INVALID_QUERY', `${name}=${text.slice(0, 40)} must be ${values.join(' or ')}`);
}
