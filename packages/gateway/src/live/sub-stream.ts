import type { ClientRequest, IncomingMessage } from 'node:http';
import { HttpError } from '@headwater/http';
import { forwardError, timeoutError } from '../proxy/forward-error.ts';
import type { Plan } from '../proxy/plan.ts';
import { type ReceivedEvent, SseParser } from './sse-parser.ts';

export interface SubStreamOptions {
  /** Makes the request anew for each attempt: routes and addresses may have changed. */
  plan: () => Plan;
  lastEventId: string | undefined;
  responseTimeoutMs: number;
  retryMinMs: number;
  retryMaxMs: number;
  onEvent: (event: ReceivedEvent) => void;
}

const errorBodyMaxBytes = 4_096;

/** One upstream event stream, opened again with back-off for as long as somebody wants it. */
export class SubStream {
  readonly #options: SubStreamOptions;
  #lastEventId: string | undefined;
  #request: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #leave: (() => void) | undefined;
  #retryMs: number;
  #attempt = 0;
  #isClosed = false;

  constructor(options: SubStreamOptions) {
    this.#options = options;
    this.#lastEventId = options.lastEventId;
    this.#retryMs = options.retryMinMs;
  }

  open(): void {
    this.#attempt++;
    try {
      const plan = this.#options.plan();
      plan.upstream.enter(plan.name);
      this.#leave = () => plan.upstream.leave();
      this.#send(plan);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  #send(plan: Plan): void {
    const { headers, upstream, name } = plan;
    for (const unwanted of [
      'accept',
      'accept-encoding',
      'last-event-id',
      'if-none-match',
      'if-modified-since',
      'range',
    ])
      headers.remove(unwanted);
    headers.set('Accept', 'text/event-stream');
    if (this.#lastEventId !== undefined) headers.set('Last-Event-ID', this.#lastEventId);
    const request = upstream.request({ method: 'GET', path: plan.path, headers: headers.raw }, false);
    this.#request = request;
    this.#timer = setTimeout(
      () =>
        request.destroy(
          timeoutError(name, upstream.origin, `did not answer within ${this.#options.responseTimeoutMs} ms`),
        ),
      this.#options.responseTimeoutMs,
    );
    request.on('error', (error) => {
      if (request === this.#request)
        this.#fail(error instanceof HttpError ? error : forwardError(error, name, upstream.origin));
    });
    request.on('response', (answer) => {
      clearTimeout(this.#timer);
      if (answer.statusCode !== 200 || answer.headers['content-type']?.startsWith('text/event-stream') !== true)
        void this.#refused(answer, plan, request);
      else this.#read(answer, plan, request);
    });
    request.end();
  }

  #read(answer: IncomingMessage, plan: Plan, request: ClientRequest): void {
    this.#emit('$open', { path: plan.path, attempt: this.#attempt });
    const parser = new SseParser((event) => {
      if (this.#request !== request) return;
      // It works again: the next failure starts with a short wait.
      this.#retryMs = Math.min(
        Math.max(parser.retryMs ?? this.#options.retryMinMs, this.#options.retryMinMs),
        this.#options.retryMaxMs,
      );
      if (event.id !== undefined) this.#lastEventId = event.id;
      this.#options.onEvent(event);
    });
    answer.on('data', (chunk: Buffer) => {
      try {
        parser.push(chunk);
      } catch (error) {
        request.destroy(new HttpError(502, 'HW_GATEWAY_BAD_ANSWER', `${plan.name}: ${(error as Error).message}`));
      }
    });
    answer.on('error', () => {});
    answer.on('close', () => {
      if (request === this.#request)
        this.#fail(
          new HttpError(502, 'HW_GATEWAY_UPSTREAM_RESET', `${plan.name} at ${plan.upstream.origin} ended the stream`),
        );
    });
  }

  /** An answer that is no event stream: its error message is passed on. */
  async #refused(answer: IncomingMessage, plan: Plan, request: ClientRequest): Promise<void> {
    const status = answer.statusCode!;
    let message =
      status === 200
        ? `${plan.name} answered ${answer.headers['content-type'] ?? 'without a type'}, which is no event stream`
        : `${plan.name} answered ${status}`;
    try {
      let text = '';
      for await (const chunk of answer) {
        text += String(chunk);
        if (text.length > errorBodyMaxBytes) break;
      }
      const told = (JSON.parse(text) as { error?: { message?: unknown } }).error?.message;
      if (status !== 200 && typeof told === 'string') message = told;
    } catch {
      // No JSON error: the status has to do.
    }
    if (request === this.#request)
      this.#fail(new HttpError(status === 200 ? 406 : status, 'HW_GATEWAY_BAD_ANSWER', message));
  }

  #fail(error: Error): void {
    this.#release();
    if (this.#isClosed) return;
    const { retryMaxMs } = this.#options;
    // Spread, so that the streams of many pages do not come back to a restarted part in one moment.
    const retryMs = Math.round(this.#retryMs * (0.8 + Math.random() * 0.4));
    this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    this.#emit('$error', { status: error instanceof HttpError ? error.status : 500, message: error.message, retryMs });
    this.#timer = setTimeout(() => this.open(), retryMs);
    this.#timer.unref();
  }

  #release(): void {
    clearTimeout(this.#timer);
    const request = this.#request;
    this.#request = undefined;
    request?.destroy();
    this.#leave?.();
    this.#leave = undefined;
  }

  #emit(event: string, data: unknown): void {
    this.#options.onEvent({ event, id: undefined, data: JSON.stringify(data) });
  }
}
