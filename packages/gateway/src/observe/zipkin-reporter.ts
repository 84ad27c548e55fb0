import { withoutLogin } from '@headwater/http';
import type { Logger } from '@headwater/logger';

/** A span as Zipkin's API v2 takes it (https://zipkin.io/zipkin-api/#/default/post_spans). */
export interface ZipkinSpan {
  traceId: string;
  id: string;
  parentId?: string;
  kind: 'SERVER' | 'CLIENT';
  name: string;
  /** Epoch microseconds. */
  timestamp: number;
  /** Microseconds, at least 1. */
  duration: number;
  localEndpoint: { serviceName: string };
  remoteEndpoint?: { serviceName?: string; ipv4?: string; ipv6?: string; port?: number };
  tags: Record<string, string>;
}

export interface ZipkinOptions {
  /** `http://127.0.0.1:9411`, user and password may stand in it; without a path `/api/v2/spans` is added. */
  url: string;
  logger: Logger;
  /** Default 5,000; one more is dropped and counted. */
  queueMax?: number;
}

const batchMax = 200;
const lingerMs = 500;
const postTimeoutMs = 5_000;

/** Sends spans to Zipkin in the background. A batch that is not taken is dropped: traces are not worth a queue that grows. */
export class ZipkinReporter {
  sent = 0;
  dropped = 0;
  error: string | null = null;
  readonly #url: string;
  readonly #headers: Record<string, string> = { 'content-type': 'application/json' };
  readonly #logger: Logger;
  readonly #queueMax: number;
  #queue: ZipkinSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #posting: Promise<void> | undefined;
  #isClosed = false;

  constructor({ url, logger, queueMax = 5_000 }: ZipkinOptions) {
    const login = withoutLogin(url);
    Object.assign(this.#headers, login.headers);
    const target = new URL(login.url);
    this.#url = target.pathname === '/' ? new URL('/api/v2/spans', target).href : target.href;
    this.#logger = logger;
    this.#queueMax = queueMax;
  }

  report(span: ZipkinSpan): void {
    if (this.#isClosed || this.#queue.length >= this.#queueMax) {
      this.dropped++;
      return;
    }
    this.#queue.push(span);
    if (this.#queue.length >= batchMax) void this.flush();
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => void this.flush(), lingerMs);
      this.#timer.unref();
    }
  }

  /** Sends what waits; one request at a time. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#posting ??= this.#post().finally(() => {
      this.#posting = undefined;
      if (this.#queue.length > 0 && !this.#isClosed) {
        this.#timer = setTimeout(() => void this.flush(), lingerMs);
        this.#timer.unref();
      }
    });
    return this.#posting;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#posting;
    if (this.#queue.length > 0) await this.#post(1_000);
  }

  async #post(timeoutMs = postTimeoutMs): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    try {
      const answer = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify(batch),
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      this.sent += batch.length;
      if (this.error !== null) this.#logger.info({ url: this.#url }, 'spans are taken again');
      this.error = null;
    } catch (error) {
      this.dropped += batch.length;
      const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
      const reason = cause?.code ?? (error as Error).message;
      if (this.error === null)
        this.#logger.warn({ url: this.#url, reason }, 'spans are dropped: Zipkin does not take them');
      this.error = reason;
    }
  }
}
