import type { ServerResponse } from 'node:http';

/** One server-sent event. `data` may hold several lines. */
export interface SseEvent {
  event?: string;
  id?: string;
  data: string;
}

/**
 * A server-sent event stream (HTML Living Standard, section 9.2) on one answer.
 *
 * `send` tells when the reader is slower than the writer: wait for `drained()`, or drop and count. A reader that stays
 * away until `hardLimitBytes` wait for it is disconnected, so that it costs a bound and no more.
 */
export class SseStream {
  readonly closed: Promise<void>;
  readonly #res: ServerResponse;
  readonly #softLimitBytes: number;
  readonly #hardLimitBytes: number;
  #isClosed = false;
  #lastWriteMs = Date.now();

  constructor(res: ServerResponse, options: { softLimitBytes: number; hardLimitBytes: number }) {
    this.#res = res;
    this.#softLimitBytes = options.softLimitBytes;
    this.#hardLimitBytes = options.hardLimitBytes;
    this.closed = new Promise((resolve) => {
      const done = (): void => {
        this.#isClosed = true;
        resolve();
      };
      res.once('close', done);
      res.once('finish', done);
    });
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    res.flushHeaders();
    res.socket?.setNoDelay(true);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True while the reader keeps up: an event sent now does not pile up behind others. */
  get isReady(): boolean {
    return !this.#isClosed && this.#res.writableLength <= this.#softLimitBytes;
  }

  /** When anything was last written, epoch ms: the server's heartbeat writes a comment to quiet streams. */
  get lastWriteMs(): number {
    return this.#lastWriteMs;
  }

  /** Writes an event; false when the reader's buffer is full (the event is still queued). */
  send(event: SseEvent): boolean {
    let text = '';
    if (event.event !== undefined) text += `event: ${event.event}\n`;
    if (event.id !== undefined) text += `id: ${event.id}\n`;
    text += /[\r\n]/.test(event.data)
      ? event.data
          .split(/\r\n|\r|\n/)
          .map((line) => `data: ${line}\n`)
          .join('')
      : `data: ${event.data}\n`;
    return this.#write(`${text}\n`);
  }

  /** Writes a comment: keeps proxies and the reader's time-out at peace. */
  comment(text = ''): boolean {
    return this.#write(`: ${text}\n\n`);
  }

  /** Resolves when the buffer is empty again, or the stream is closed. */
  drained(): Promise<void> {
    if (this.#isClosed || this.isReady) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#res.off('drain', done);
        this.#res.off('close', done);
        resolve();
      };
      this.#res.once('drain', done);
      this.#res.once('close', done);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#res.end();
  }

  #write(text: string): boolean {
    if (this.#isClosed) return false;
    this.#lastWriteMs = Date.now();
    this.#res.write(text);
    if (this.#res.writableLength > this.#hardLimitBytes) {
      this.#isClosed = true;
      this.#res.destroy();
      return false;
    }
    return this.isReady;
  }
}
