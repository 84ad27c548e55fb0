import type { Call } from '../../stages/call.ts';
import type { FilterKind, ResponseDraft } from './filter.ts';

const entryMaxBytes = 1024 * 1024;
/** What an entry costs beside its texts. */
const overheadBytes = 512;
const varyMax = 10_000;
/** Of one answer, or given anew. */
const notKept: ReadonlySet<string> = new Set(['content-length', 'age', 'x-correlation-id', 'connection']);

interface Entry {
  status: number;
  headers: string[];
  body: Buffer;
  storedMs: number;
  ttlMs: number;
  sizeBytes: number;
}

/**
 * `LocalResponseCache=30m,100MB`: answers GET requests from memory for so long (5 minutes), up to so much of it (50 MB; what was used longest ago goes).
 * Kept are answers with 200, a length up to 1 MB, no `Set-Cookie`, and no `no-store`, `private` or `no-cache`, no longer than their own `max-age`; apart for each Authorization, Cookie, Host and
 * each value of what `Vary` names. A request with `no-store` goes by it, one with `no-cache` refreshes it. It comes after authentication and limits.
 */
export const localResponseCache: FilterKind = {
  name: 'LocalResponseCache',
  shape: { fields: ['timeToLive', 'size'] },
  create(args, route) {
    const ttlMs = args.durationMs('timeToLive', 300_000);
    const cache = new ResponseCache(ttlMs, args.sizeBytes('size', '50MB'));
    return {
      stage: {
        phase: 'prepare',
        begin(call) {
          const wish = call.req.headers['cache-control'] ?? '';
          if (call.method !== 'GET' || call.body.exists || /no-store|no-cache/i.test(wish)) return undefined;
          const entry = cache.get(call, keyOf(call, route.id));
          if (entry === undefined) return undefined;
          const ageSeconds = Math.floor((performance.now() - entry.storedMs) / 1_000);
          const { status, body } = entry;
          return { status, body, headers: [...entry.headers, 'Age', String(ageSeconds)] };
        },
      },
      responseBody: {
        maxBytes: entryMaxBytes,
        wants: (draft) => mayKeep(draft),
        change(body, draft) {
          cache.set(keyOf(draft.call, route.id), draft, body);
          return body;
        },
      },
    };
  },
};

function keyOf(call: Call, route: string): string {
  const { host, authorization, cookie } = call.req.headers;
  return JSON.stringify([route, call.request.path, call.request.search, host, authorization, cookie]);
}

function mayKeep({ call, status, headers }: ResponseDraft): boolean {
  if (call.method !== 'GET' || call.body.exists || status !== 200) return false;
  if (/no-store/i.test(call.req.headers['cache-control'] ?? '') || call.req.headers.range !== undefined) return false;
  if (/no-store|private|no-cache/i.test(headers.all('cache-control').join())) return false;
  if (headers.has('set-cookie') || headers.all('vary').join().includes('*')) return false;
  const length = headers.get('content-length');
  return length !== undefined && Number(length) <= entryMaxBytes;
}

/** Answers by request, the one used last at the end. */
class ResponseCache {
  readonly #ttlMs: number;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  /** What the answers to a request differ by, where they do. */
  readonly #vary = new Map<string, readonly string[]>();
  #sizeBytes = 0;

  constructor(ttlMs: number, maxBytes: number) {
    this.#ttlMs = ttlMs;
    this.#maxBytes = maxBytes;
  }

  get(call: Call, key: string): Entry | undefined {
    const full = this.#fullKey(call, key);
    const entry = this.#entries.get(full);
    if (entry === undefined) return undefined;
    this.#entries.delete(full);
    if (performance.now() - entry.storedMs >= entry.ttlMs) {
      this.#sizeBytes -= entry.sizeBytes;
      return undefined;
    }
    this.#entries.set(full, entry);
    return entry;
  }

  set(key: string, { call, status, headers }: ResponseDraft, body: Buffer): void {
    const vary = headers.all('vary').join().toLowerCase().split(',');
    const names = vary.map((name) => name.trim()).filter((name) => name !== '');
    if (names.length > 0) this.#vary.set(key, names.sort());
    else this.#vary.delete(key);
    if (this.#vary.size > varyMax) this.#vary.delete(this.#vary.keys().next().value!);
    const kept = headers.raw.filter((_, i) => !notKept.has(headers.raw[i - (i % 2)]!.toLowerCase()));
    const full = this.#fullKey(call, key);
    const text = kept.reduce((sum, each) => sum + each.length, full.length);
    const maxAge = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers.all('cache-control').join())?.[1];
    const ttlMs = maxAge === undefined ? this.#ttlMs : Math.min(this.#ttlMs, Number(maxAge) * 1_000);
    const sizeBytes = overheadBytes + text + body.length;
    this.#sizeBytes += sizeBytes - (this.#entries.get(full)?.sizeBytes ?? 0);
    this.#entries.delete(full);
    this.#entries.set(full, { status, headers: kept, body, storedMs: performance.now(), ttlMs, sizeBytes });
    for (const [oldest, entry] of this.#entries) {
      if (this.#sizeBytes <= this.#maxBytes) break;
      this.#entries.delete(oldest);
      this.#sizeBytes -= entry.sizeBytes;
    }
  }

  #fullKey(call: Call, key: string): string {
    const names = this.#vary.get(key);
    if (names === undefined) return key;
    return `${key} ${JSON.stringify(names.map((name) => call.req.headers[name]))}`;
  }
}
