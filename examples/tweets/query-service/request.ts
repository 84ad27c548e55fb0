import { type HttpContext, HttpError } from '@headwater/http';

const windowMax = 10_000;
const textLengthMax = 1_000;

export function wantsEvents(ctx: HttpContext): boolean {
  return /\btext\/event-stream\b/.test(ctx.req.headers.accept ?? '');
}

/** `limit` (20, at most 1,000), `from` (0) and `sort` (newest or best) of the query. */
export function paging(ctx: HttpContext): { limit: number; from: number; order: 'newest' | 'best' } {
  const limit = wholeNumber(ctx, 'limit', 20, 1_000);
  const from = wholeNumber(ctx, 'from', 0, windowMax);
  if (from + limit > windowMax) {
    throw invalid('from', `from + limit must not pass ${windowMax}: narrow the search instead`);
  }
  const order = ctx.query.get('sort') ?? 'newest';
  if (order !== 'newest' && order !== 'best') throw invalid('sort', 'must be newest or best');
  return { limit, from, order };
}

/** `{"id"?,"text"}` of the body, or `?text=&id=` of the query. */
export async function searchText(ctx: HttpContext): Promise<{ text: string; id?: string }> {
  const body = ctx.method === 'POST' ? await ctx.json() : Object.fromEntries(ctx.query);
  if (typeof body !== 'object' || body === null) throw invalid('text', 'must not be empty');
  const { text, id } = body as { text?: unknown; id?: unknown };
  if (typeof text !== 'string' || text.trim() === '') throw invalid('text', 'must not be empty');
  if (text.length > textLengthMax) throw invalid('text', `must not be longer than ${textLengthMax} characters`);
  if (id === undefined || id === null || id === '') return { text };
  if (typeof id !== 'string' || !/^\d{1,19}$/.test(id)) throw invalid('id', 'must be the digits of an id, as text');
  return { text, id };
}

/** The path that a gateway took away before it sent the request here: links must lead through it again. */
export function linkPrefix(ctx: HttpContext): string {
  const prefix = ctx.req.headers['x-forwarded-prefix'];
  return typeof prefix === 'string' && /^(\/[\w.~-]+)+$/.test(prefix) ? prefix : '';
}

function wholeNumber(ctx: HttpContext, name: string, fallback: number, max: number): number {
  const value = ctx.query.get(name);
  if (value === null) return fallback;
  const number = Number(value);
  if (value === '' || !Number.isInteger(number) || number < 0 || number > max) {
    throw invalid(name, `must be a whole number from 0 to ${max}`);
  }
  return number;
}

function invalid(field: string, message: string): HttpError {
  return new HttpError(400, 'HW_TWEETS_QUERY', `${field}: ${message}`, { fields: { [field]: message } });
}
