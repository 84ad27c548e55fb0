import type { ResponseBodyFilter, ResponseDraft } from '../routes/filters/filter.ts';
import type { Guard, InstancePicker, RetryPolicy } from '../stages/policies.ts';
import type { HeaderList } from './header-list.ts';

/** Where and how one call is forwarded: decided before the first byte goes out. */
export interface Plan {
  /** For messages: `part "search"`, `route "query"`. */
  name: string;
  picker: InstancePicker;
  guards: readonly Guard[];
  retry: RetryPolicy | undefined;
  /** Path and query. */
  path: string;
  /** All but `Host`, which depends on the instance. */
  headers: HeaderList;
  /** The Host to send; undefined: the instance's own. */
  host: string | undefined;
  /** The upstream is asked by HTTP/2. */
  isHttp2: boolean;
  /** The caller's Origin was the gateway's own: same-origin for the caller's browser stays same-origin for the service. */
  isSameOrigin: boolean;
  /** The caller sent `Expect: 100-continue`. */
  expectsContinue: boolean;
  maxBodyBytes: number | undefined;
  connectTimeoutMs: number | undefined;
  responseTimeoutMs: number | undefined;
  responseBodies: readonly ResponseBodyFilter[];
  filterResponse: ((draft: ResponseDraft) => void) | undefined;
}
