import type { ResponseDraft } from '../routes/filters/filter.ts';
import type { HeaderList } from './header-list.ts';
import type { Upstream } from './upstream.ts';

/** Where and how one request is forwarded: decided before the first byte goes out. */
export interface Plan {
  /** For messages: `part "search"`, `route "query"`. */
  name: string;
  upstream: Upstream;
  /** Path and query. */
  path: string;
  headers: HeaderList;
  correlationId: string;
  /** The caller sent `Expect: 100-continue`. */
  expectsContinue: boolean;
  maxBodyBytes: number | undefined;
  connectTimeoutMs: number | undefined;
  responseTimeoutMs: number | undefined;
  filterResponse: ((draft: ResponseDraft) => void) | undefined;
}
