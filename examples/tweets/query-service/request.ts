import { type HttpContext, HttpError } from '@headwater/http';

const windowMax = 10_000;

export function wantsEvents(ctx: HttpContext): boolean {
  return /\btext\/event-stream\b/.test(ctx.req.headers.accept ?? '');
}

export interface Paging {
  limit: number;
  from: number;
  order: 'newest' | 'best';
}

/** Which hits are asked for; a store does not page deeper than its window. */
export function paging({ from, limit, sort }: { limit: number; from: number; sort: 'newest' | 'best' }): Paging {
  if (from + limit > windowMax) {
    throw invalid('from', `from + limit must not pass ${windowMax}: narrow the search instead`);
  }
  return { limit, from, order: sort };
}

/** What a search is for. */
export function searchFor({ id, text }: { text: string; id?: string | null | undefined }): {
  text: string;
  id?: string;
} {
  if (text.trim() === '') throw invalid('text', 'must not be empty');
  return id === undefined || id === null || id === '' ? { text } : { text, id };
}

/** The path that a gateway took away before it sent the request here: links must lead through it again. */
export function linkPrefix(ctx: HttpContext): string {
  const prefix = ctx.req.headers['x-forwarded-prefix'];
  return typeof prefix === 'string' && /^(\/[\w.~-]+)+$/.test(prefix) ? prefix : '';
}

/** An error as the canonical service writes it: a map from field to message where fields do not fit. */
export function answerError(error: HttpError, ctx: HttpContext): void {
  const { errors, fields, ...details } = error.details as {
    errors?: readonly { in: string; pointer: string; message: string }[];
    fields?: Record<string, string>;
  };
  const misfits = errors?.map(({ in: where, message, pointer }) => [pointer.split('/')[1] || where, message]);
  const body = fields ??
    (misfits && Object.fromEntries(misfits.reverse())) ?? {
      error: { code: error.code, message: error.message, ...details },
    };
  if (error.status === 503 && error.headers['retry-after'] === undefined) ctx.res.setHeader('retry-after', '1');
  ctx.sendJson(error.status, body);
}

function invalid(field: string, message: string): HttpError {
  return new HttpError(400, 'HW_TWEETS_QUERY', `${field}: ${message}`, { fields: { [field]: message } });
}
