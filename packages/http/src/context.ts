import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody } from './body.ts';
import { SseStream } from './sse.ts';

/** What the server lends to its contexts. */
export interface ContextHost {
  readonly headers: Readonly<Record<string, string>>;
  readonly closing: AbortSignal;
  openStream(stream: SseStream): void;
}

/** One request and its answer. */
export class HttpContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly method: string;
  /** The path as it was sent, percent-encoding kept, without the query. */
  readonly path: string;
  params: Record<string, string> = {};
  readonly #host: ContextHost;
  readonly #queryStart: number;
  #query: URLSearchParams | undefined;
  #abort: AbortController | undefined;
  maxBodyBytes: number;

  constructor(req: IncomingMessage, res: ServerResponse, host: ContextHost, maxBodyBytes: number) {
    this.req = req;
    this.res = res;
    this.method = req.method ?? 'GET';
    const url = req.url ?? '/';
    this.#queryStart = url.indexOf('?');
    this.path = this.#queryStart === -1 ? url : url.slice(0, this.#queryStart);
    this.#host = host;
    this.maxBodyBytes = maxBodyBytes;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#queryStart === -1 ? '' : this.req.url!.slice(this.#queryStart + 1));
    return this.#query;
  }

  /** Aborted when the caller goes away before the answer is complete, or the server closes. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      const onClosing = (): void => abort.abort(this.#host.closing.reason);
      if (this.#host.closing.aborted || this.res.closed) abort.abort();
      else {
        this.#host.closing.addEventListener('abort', onClosing, { once: true });
        this.res.once('close', () => {
          this.#host.closing.removeEventListener('abort', onClosing);
          // HTTP/2 finishes what its caller left; only the handler ends it.
          if (!this.res.writableFinished || !this.res.writableEnded) abort.abort();
        });
      }
    }
    return this.#abort.signal;
  }

  /** The whole body, inflated. Throws HttpError 413 when it is larger than allowed, 415 for an unknown encoding. */
  body(): Promise<Buffer> {
    return readBody(this.req, this.maxBodyBytes);
  }

  /** The body as JSON; undefined when it is empty. Throws HttpError 400 with line and column. */
  async json(): Promise<unknown> {
    return parseJson(await this.body());
  }

  send(status: number, body?: string | Buffer, headers?: Record<string, string>): void {
    if (this.res.headersSent) return;
    const payload = body === undefined ? undefined : typeof body === 'string' ? Buffer.from(body) : body;
    this.res.writeHead(status, {
      ...this.#host.headers,
      ...(payload === undefined && status !== 204 && status !== 304 ? { 'content-length': '0' } : {}),
      ...(payload === undefined ? {} : { 'content-length': String(payload.length) }),
      ...headers,
    });
    this.res.end(payload);
  }

  sendJson(status: number, value: unknown, headers?: Record<string, string>): void {
    this.send(status, JSON.stringify(value), { 'content-type': 'application/json; charset=utf-8', ...headers });
  }

  /** Turns the answer into a server-sent event stream; the server keeps it alive and ends it at close(). */
  sse(options: { softLimitBytes?: number; hardLimitBytes?: number } = {}): SseStream {
    for (const [name, value] of Object.entries(this.#host.headers)) this.res.setHeader(name, value);
    const softLimitBytes = options.softLimitBytes ?? 256 * 1024;
    const stream = new SseStream(this.res, {
      softLimitBytes,
      hardLimitBytes: options.hardLimitBytes ?? Math.max(8 * 1024 * 1024, softLimitBytes * 4),
    });
    this.#host.openStream(stream);
    return stream;
  }
}
