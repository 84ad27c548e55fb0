import { type LineLevel, type LogLine, readLine } from './log-line.ts';
import { type LogOrigin, otlpLogRequest } from './otlp-log-request.ts';

export interface LogShipperOptions {
  /** A receiver of OTLP/HTTP, without the path: `http://127.0.0.1:4318`; user and password may stand in it. */
  url: string;
  /** Lines that wait; one more is dropped and counted. Default 10,000. */
  queueMax?: number;
  /** Milliseconds that lines wait for others. Default 300. */
  lingerMs?: number;
  /** Told when the receiver begins, and when it ceases, to refuse: `null` when it takes lines again. */
  onState?: (reason: string | null) => void;
}

const batchMax = 500;
const requestTimeoutMs = 5_000;
const retryMinMs = 500;
const retryMaxMs = 15_000;
const closeTimeoutMs = 1_000;

/**
 * Sends log lines by OTLP/HTTP in the background, those of many services by one. `ship` never waits and never fails: lines wait in a bounded queue while the
 * receiver is away and go out in their order; what does not fit is counted, and told by a line of its own when it takes lines again.
 *
 * @example
 * const shipper = new LogShipper({ url: 'http://127.0.0.1:4318' });
 * shipper.ship({ service: 'orders' }, { timeMs: Date.now(), level: 'info', message: 'placed', fields: { id: 7 } });
 * await shipper.close();
 */
export class LogShipper {
  sent = 0;
  dropped = 0;
  /** Why the last attempt failed; null: it did not. */
  error: string | null = null;
  readonly #options: LogShipperOptions;
  readonly #url: string;
  readonly #headers: Record<string, string> = { 'content-type': 'application/json' };
  readonly #queue: { origin: LogOrigin; line: LogLine }[] = [];
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #retryMs = retryMinMs;
  #toldDropped = 0;
  #closed: Promise<void> | undefined;

  constructor(options: LogShipperOptions) {
    this.#options = options;
    const url = new URL(options.url);
    if (url.username !== '') {
      const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#headers['authorization'] = `Basic ${Buffer.from(login).toString('base64')}`;
      url.username = '';
      url.password = '';
    }
    this.#url = url.pathname.endsWith('/v1/logs') ? url.href : `${url.href.replace(/\/+$/, '')}/v1/logs`;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** @param origin the same object for all lines of a service: it groups them */
  ship(origin: LogOrigin, line: LogLine): void {
    if (this.#closed !== undefined || this.#queue.length >= (this.#options.queueMax ?? 10_000)) {
      this.dropped++;
      return;
    }
    this.#queue.push({ origin, line });
    if (this.#timer === undefined && this.#sending === undefined) this.#wait(this.#options.lingerMs ?? 300);
  }

  /** A line as a process wrote it: JSON of any usual logger, or text. */
  shipLine(origin: LogOrigin, line: string, otherwise: LineLevel = 'info'): void {
    this.ship(origin, readLine(line, otherwise, Date.now()));
  }

  /** Sends what waits, within a bound of time. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      const deadline = setTimeout(() => this.#stopping.abort(), closeTimeoutMs);
      while (this.#queue.length > 0 && !this.#stopping.signal.aborted) {
        const before = this.#queue.length;
        await this.#sendOnce();
        if (this.#queue.length === before) break;
      }
      clearTimeout(deadline);
      this.#stopping.abort();
      await this.#sending;
      this.dropped += this.#queue.length;
      this.#queue.length = 0;
    })();
    return this.#closed;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#sendOnce().then(() => {
        if (this.#queue.length === 0 || this.#timer !== undefined || this.#closed !== undefined) return;
        const isFull = this.#queue.length >= batchMax;
        this.#wait(this.error !== null ? this.#retryMs : isFull ? 0 : (this.#options.lingerMs ?? 300));
      });
    }, ms);
    this.#timer.unref();
  }

  #sendOnce(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #send(): Promise<void> {
    const batch = this.#queue.slice(0, batchMax);
    try {
      await this.#post(otlpLogRequest(batch));
      this.#queue.splice(0, batch.length);
      this.sent += batch.length;
      this.#retryMs = retryMinMs;
      if (this.error !== null) this.#options.onState?.(null);
      this.error = null;
      this.#tellDropped(batch.at(-1)!.origin);
    } catch (error) {
      const cause = (error as Error).cause as { code?: string } | undefined;
      const reason = cause?.code ?? (error as Error).message;
      if (error instanceof Refused) {
        // Sent again it would be refused again.
        this.#queue.splice(0, batch.length);
        this.dropped += batch.length;
      }
      if (this.error === null && !this.#stopping.signal.aborted) this.#options.onState?.(reason);
      this.error = reason;
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    }
  }

  async #post(body: string): Promise<void> {
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: this.#headers,
      body,
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
    await answer.arrayBuffer();
    if (answer.ok) return;
    // https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes; a login may come to be known.
    const isAgain = [401, 403, 404, 408, 429].includes(answer.status) || answer.status >= 500;
    throw new (isAgain ? Error : Refused)(`it answered ${answer.status}`);
  }

  #tellDropped(origin: LogOrigin): void {
    const count = this.dropped - this.#toldDropped;
    if (count === 0) return;
    this.#toldDropped = this.dropped;
    const message = `${count} log lines were dropped: more came than were taken`;
    this.ship(origin, { timeMs: Date.now(), level: 'warn', message, fields: { dropped: count } });
  }
}

class Refused extends Error {}
