import { HttpError } from '@headwater/http';
import { endToEndAnswer, isEventStream } from '../proxy/answer-headers.ts';
import { forwardError, timeoutError } from '../proxy/forward-error.ts';
import type { Plan } from '../proxy/plan.ts';
import { type AttemptHost, SingleAttempt } from '../proxy/single-attempt.ts';
import type { AnswerHead, AnswerListener, UpstreamRequest } from '../proxy/upstream-request.ts';
import type { Call } from '../stages/call.ts';
import type { Endpoint } from '../stages/module.ts';
import { type ReceivedEvent, SseParser } from './sse-parser.ts';

/** A stream's next request, and what to call when it is over. */
export interface StreamRequest {
  plan: Plan;
  call: Call;
  ended(): void;
}

/** A stream that the gateway itself gives. */
export interface OwnStream {
  stream: NonNullable<Endpoint['stream']>;
  call: Call;
  ended(): void;
}

/** Makes the request of a stream anew for each attempt: routes and addresses may have changed. */
export type SubStreamSource = () => Promise<StreamRequest | OwnStream>;

export interface SubStreamOptions {
  source: SubStreamSource;
  host: AttemptHost;
  lastEventId: string | undefined;
  responseTimeoutMs: number;
  retryMinMs: number;
  retryMaxMs: number;
  onEvent: (event: ReceivedEvent) => void;
}

const errorBodyMaxChars = 4_096;
const unwanted = ['accept', 'accept-encoding', 'last-event-id', 'if-none-match', 'if-modified-since', 'range'];

/** One upstream event stream, opened again with back-off for as long as somebody wants it. */
export class SubStream {
  readonly #options: SubStreamOptions;
  #lastEventId: string | undefined;
  #reading: { close(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;
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
    void this.#open().catch((error) => this.#fail(error as Error));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  async #open(): Promise<void> {
    const { source, host, responseTimeoutMs } = this.#options;
    const request = await source();
    if (this.#isClosed) return request.ended();
    if ('stream' in request) return this.#openOwn(request);
    const { headers } = request.plan;
    for (const name of unwanted) headers.remove(name);
    headers.set('Accept', 'text/event-stream');
    if (this.#lastEventId !== undefined) headers.set('Last-Event-ID', this.#lastEventId);
    const reading = new Reading(request, host, responseTimeoutMs, {
      opened: () => this.#emit('$open', { path: request.plan.path, attempt: this.#attempt }),
      event: (event, parser) => this.#take(event, parser),
      failed: (error) => this.#fail(error),
    });
    this.#reading = reading;
    reading.start();
  }

  #openOwn({ stream, call, ended }: OwnStream): void {
    call.status = 200;
    this.#emit('$open', { path: call.path, attempt: this.#attempt });
    const stop = stream(({ event, data }) => this.#options.onEvent({ event, id: undefined, data }));
    this.#reading = {
      close() {
        stop();
        call.outcome = 'cancelled';
        ended();
      },
    };
  }

  #take(event: ReceivedEvent, parser: SseParser): void {
    const { retryMinMs, retryMaxMs } = this.#options;
    // It works again: the next failure starts with a short wait.
    this.#retryMs = Math.min(Math.max(parser.retryMs ?? retryMinMs, retryMinMs), retryMaxMs);
    if (event.id !== undefined) this.#lastEventId = event.id;
    this.#options.onEvent(event);
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
    this.#reading?.close();
    this.#reading = undefined;
  }

  #emit(event: string, data: unknown): void {
    this.#options.onEvent({ event, id: undefined, data: JSON.stringify(data) });
  }
}

interface ReadingListener {
  opened(): void;
  event(event: ReceivedEvent, parser: SseParser): void;
  failed(error: HttpError): void;
}

/** One request of a stream. */
class Reading implements AnswerListener {
  readonly #stream: StreamRequest;
  readonly #attempt: SingleAttempt;
  readonly #listener: ReadingListener;
  readonly #responseTimeoutMs: number;
  readonly #parser: SseParser;
  #request: UpstreamRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of an answer that is no event stream. */
  #refusal: { status: number; message: string; text: string } | undefined;
  #isOver = false;

  constructor(stream: StreamRequest, host: AttemptHost, responseTimeoutMs: number, listener: ReadingListener) {
    this.#stream = stream;
    this.#listener = listener;
    this.#responseTimeoutMs = responseTimeoutMs;
    this.#parser = new SseParser((event) => this.#isOver || this.#listener.event(event, this.#parser));
    try {
      this.#attempt = new SingleAttempt(stream.call, stream.plan, host);
    } catch (error) {
      stream.call.outcome = 'failed';
      stream.call.status = error instanceof HttpError ? error.status : 500;
      stream.ended();
      throw error;
    }
  }

  start(): void {
    const { plan } = this.#stream;
    const { upstream } = this.#attempt;
    const timeoutMs = this.#responseTimeoutMs;
    this.#timer = setTimeout(
      () => this.#fail(timeoutError(plan.name, upstream.origin, `did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    this.#request = upstream.send({ method: 'GET', path: plan.path, headers: plan.headers.raw }, this, false);
    this.#request.end();
  }

  /** The page left. */
  close(): void {
    this.#end(undefined);
  }

  answered(head: AnswerHead): void {
    clearTimeout(this.#timer);
    const { name } = this.#stream.plan;
    this.#attempt.answered(head.status);
    const headers = endToEndAnswer(head.headers);
    if (head.status === 200 && isEventStream(headers)) return void this.#listener.opened();
    const said =
      head.status === 200
        ? `${name} answered ${headers.get('content-type') ?? 'without a type'}, which is no event stream`
        : `${name} answered ${head.status}`;
    this.#refusal = { status: head.status, message: said, text: '' };
  }

  received(piece: Buffer): void {
    this.#stream.call.responseBytes += piece.length;
    const refusal = this.#refusal;
    if (refusal !== undefined) {
      refusal.text += piece.toString();
      if (refusal.text.length > errorBodyMaxChars) this.#refused();
      return;
    }
    try {
      this.#parser.push(piece);
    } catch (error) {
      const { name } = this.#stream.plan;
      this.#fail(new HttpError(502, 'HW_GATEWAY_BAD_ANSWER', `${name}: ${(error as Error).message}`));
    }
  }

  completed(): void {
    if (this.#refusal !== undefined) return void this.#refused();
    const { plan } = this.#stream;
    this.#fail(
      new HttpError(
        502,
        'HW_GATEWAY_UPSTREAM_RESET',
        `${plan.name} at ${this.#attempt.upstream.origin} ended the stream`,
      ),
    );
  }

  failed(error: NodeJS.ErrnoException): void {
    if (this.#refusal !== undefined) return void this.#refused();
    if (this.#stream.call.status !== 0) return void this.completed();
    this.#fail(forwardError(error, this.#stream.plan.name, this.#attempt.upstream.origin));
  }

  continued(): void {}
  drained(): void {}

  /** An answer that is no event stream: its error message is passed on. */
  #refused(): void {
    const { status, message, text } = this.#refusal!;
    let told: unknown;
    try {
      told = (JSON.parse(text) as { error?: { message?: unknown } }).error?.message;
    } catch {
      // No JSON error: the status has to do.
    }
    const said = status !== 200 && typeof told === 'string' ? told : message;
    this.#fail(new HttpError(status === 200 ? 406 : status, 'HW_GATEWAY_BAD_ANSWER', said));
  }

  #fail(error: HttpError): void {
    if (this.#isOver) return;
    this.#end(error);
    this.#listener.failed(error);
  }

  #end(error: HttpError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#request?.destroy();
    const { call } = this.#stream;
    call.outcome = error === undefined ? 'cancelled' : call.status === 0 ? 'failed' : 'cut';
    if (call.status === 0 && error !== undefined) call.status = error.status;
    if (error !== undefined) call.errorCode = error.code;
    this.#attempt.end(error);
    this.#stream.ended();
  }
}
