import { choiceParam, intParam, withParams } from '../../url/search-params.ts';

/** What one looks for, as the address says it. */
export interface TweetQuery {
  /** Empty: all tweets. */
  text: string;
  sort: 'newest' | 'best';
  /** Counted from 1. */
  page: number;
}

export const pageSize = 20;
/** The query service pages through the first 10,000 hits. */
export const pagesMax = 10_000 / pageSize;

export function readTweetQuery(params: URLSearchParams): TweetQuery {
  const text = (params.get('q') ?? '').trim();
  const sort = choiceParam(params.get('sort'), ['newest', 'best']);
  return {
    text,
    // Without words all tweets fit equally well.
    sort: text === '' ? 'newest' : sort,
    page: intParam(params.get('page'), 1, 1, pagesMax),
  };
}

/** The request that the gateway is asked with; all tweets are a list of their own. */
export function requestOf({ page, sort, text }: TweetQuery): { method: 'GET' | 'POST'; path: string; body?: string } {
  const paging = withParams('', { limit: pageSize, from: page > 1 ? (page - 1) * pageSize : null });
  if (text === '') return { method: 'GET', path: `/query/documents${paging}` };
  const path = `/query/documents/get-document-by-text${withParams(paging, { sort: sort === 'best' ? sort : null })}`;
  return { method: 'POST', path, body: JSON.stringify({ text }) };
}

/** The same search as server-sent events: the hits there are, then those that come. */
export function streamPath({ text }: TweetQuery): string {
  if (text === '') return `/query/documents?limit=${pageSize}`;
  return `/query/documents/get-document-by-text?${new URLSearchParams({ text, limit: String(pageSize) })}`;
}
