import { withoutLogin } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { Span } from '../spans/span.ts';

export interface ZipkinForwarderOptions {
  /** `http://127.0.0.1:9411`, user and password may stand in it; without a path `/api/v2/spans` is added. */
  url: string;
  /** Default 10,000; more than that are dropped and counted. */
  queueMax?: number;
  logger: Logger;
}

const batchMax = 500;
const lingerMs = 200;
const postTimeoutMs = 5_000;

/**
 * Sends spans on to a Zipkin elsewhere, in the background, one request at a time. What it does not take is dropped and counted: who sent them
 * has been answered, and the log has them.
 */
export class ZipkinForwarder {
  sent = 0;
  dropped = 0;
  readonly #url: string;
  readonly #headers: Record<string, string> = { 'content-type': 'application/json' };
  readonly #logger: Logger;
  readonly #queueMax: number;
  #queue: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #posting: Promise<void> | undefined;
  #isRefused = false;
  #isClosed = false;

  constructor({ logger, queueMax = 10_000, url }: ZipkinForwarderOptions) {
    const login = withoutLogin(url);
    Object.assign(this.#headers, login.headers);
    const target = new URL(login.url);
    this.#url = target.pathname === '/' ? new URL('/api/v2/spans', target).href : target.href;
    this.#logger = logger;
    this.#queueMax = queueMax;
  }

  forward(spans: readonly Span[]): void {
    const room = this.#isClosed ? 0 : Math.max(0, this.#queueMax - this.#queue.length);
    this.dropped += Math.max(0, spans.length - room);
    this.#queue.push(...spans.slice(0, room));
    if (!this.#isClosed) this.#postLater();
  }

  /** What waits is tried once more. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#posting;
    if (this.#queue.length > 0) await this.#post(this.#queue.length, 1_000);
  }

  #postLater(): void {
    if (this.#posting !== undefined || this.#timer !== undefined || this.#queue.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#posting = this.#post(batchMax, postTimeoutMs).finally(() => {
        this.#posting = undefined;
        if (!this.#isClosed) this.#postLater();
      });
    }, lingerMs);
    this.#timer.unref();
  }

  async #post(count: number, timeoutMs: number): Promise<void> {
    const batch = this.#queue.splice(0, count);
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
      if (this.#isRefused) this.#logger.info({ url: this.#url }, 'spans are taken again');
      this.#isRefused = false;
    } catch (error) {
      this.dropped += batch.length;
      const { cause, message } = error as Error;
      const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
      if (!this.#isRefused) this.#logger.warn({ url: this.#url, reason }, 'spans are not sent on: Zipkin takes none');
      this.#isRefused = true;
    }
  }
}
