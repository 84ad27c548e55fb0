import type { ServerResponse } from 'node:http';
import { HttpError } from '@headwater/http';
import { LeanResponse } from '../front/lean-response.ts';
import type { ResponseBodyFilter, ResponseDraft } from '../routes/filters/filter.ts';
import type { Call } from '../stages/call.ts';
import type { Observer } from '../stages/module.ts';
import type { End, Instance } from '../stages/policies.ts';
import { corsFields, endToEndAnswer, isEventStream } from './answer-headers.ts';
import { addTrailers, breakOff, writeHead } from './answer-writer.ts';
import { forwardError, timeoutError } from './forward-error.ts';
import type { HeaderList } from './header-list.ts';
import type { Plan } from './plan.ts';
import { type BodySink, type RequestBody, tooLarge } from './request-body.ts';
import type { Upstream, UpstreamPool } from './upstream.ts';
import type { AnswerHead, AnswerListener, UpstreamRequest } from './upstream-request.ts';
import type { Watchdog, Watched } from './watchdog.ts';

/** Time-outs of an exchange, in the order in which they can strike. */
export interface Timeouts {
  /** Until the upstream accepts the connection. */
  connectTimeoutMs: number;
  /** Between two pieces of a body, from either side; and for a reader that takes nothing. */
  bodyIdleTimeoutMs: number;
  /** From the end of the request to the head of the answer; for each attempt. */
  responseTimeoutMs: number;
}

/** What all exchanges of a gateway share. */
export interface ExchangeHost {
  readonly watchdog: Watchdog;
  readonly pool: UpstreamPool;
  readonly observers: readonly Observer[];
}

/** An answer whose body filters are to see. */
interface Collected {
  draft: ResponseDraft;
  filters: readonly ResponseBodyFilter[];
  pieces: Buffer[];
  sizeBytes: number;
  maxBytes: number;
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Bodies up to this size are kept for a fallback. */
const fallbackBodyMaxBytes = 64 * 1024;
/** An upstream that does not know `Expect` stays silent: the body is asked for after this long. */
const continueTimeoutMs = 1_000;

/**
 * One call forwarded and its answer brought back, both streamed with back-pressure, in one attempt or in several.
 *
 * Either side may end at any moment: a caller that leaves cancels the upstream's work; an upstream that dies within its answer
 * takes the caller's connection with it, so that half an answer is never taken for a whole one. Once the head of an answer has gone out there
 * is no other attempt and no fallback.
 */
export class Exchange implements Watched, AnswerListener, BodySink {
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly #call: Call;
  readonly #res: ServerResponse;
  readonly #body: RequestBody;
  readonly #plan: Plan;
  readonly #timeouts: Timeouts;
  readonly #host: ExchangeHost;
  #instance: Instance | undefined;
  #upstream!: Upstream;
  #request: UpstreamRequest | undefined;
  #answerHeaders: HeaderList | undefined;
  #isStream = false;
  #hearsDrain = false;
  #collected: Collected | undefined;
  readonly #isLean: boolean;
  #phase: 'start' | 'connect' | 'body' | 'wait' | 'answer' | 'pause' | 'done' = 'start';
  #attemptStartMs = 0;
  #activityMs = 0;
  #isBodyStarted = false;
  #isResent = false;
  /** Guards that have admitted the call and are not yet told of its end. */
  #admitted = 0;
  #timer: NodeJS.Timeout | undefined;
  #resolve!: (fallback: string | undefined) => void;
  #reject!: (error: unknown) => void;

  constructor(call: Call, plan: Plan, timeouts: Timeouts, host: ExchangeHost) {
    this.#call = call;
    this.#res = call.res!;
    this.#isLean = call.res instanceof LeanResponse;
    this.#body = call.body;
    this.#plan = plan;
    this.#timeouts = timeouts;
    this.#host = host;
  }

  /**
   * Resolves when the exchange is over, whatever its end; with a path when a guard wants that to be asked instead. Rejects with an HttpError while the
   * caller can still be told.
   */
  run(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#res.once('close', () => this.#callerClosed());
      const { retry, guards } = this.#plan;
      if (retry !== undefined) this.#body.keep(retry.maxBodyBytes);
      if (guards.length > 0) this.#body.keep(fallbackBodyMaxBytes);
      if (this.#admit()) this.#attempt(false);
    });
  }

  get isStream(): boolean {
    return this.#isStream;
  }

  /** Ends it now, from outside: the gateway closes. */
  abort(): void {
    this.#callerClosed();
    breakOff(this.#call.req, this.#res);
  }

  expire(nowMs: number): void {
    const { connectTimeoutMs, bodyIdleTimeoutMs, responseTimeoutMs } = this.#timeouts;
    const { name } = this.#plan;
    const { origin } = this.#upstream;
    if (this.#phase === 'connect') {
      if (this.#request!.isConnecting) {
        this.deadlineMs = this.#attemptStartMs + connectTimeoutMs;
        if (this.deadlineMs > nowMs) return;
        return void this.#attemptFailed(
          timeoutError(name, origin, `did not accept a connection within ${connectTimeoutMs} ms`),
          true,
        );
      }
      this.#phase = this.#body.isComplete ? 'wait' : 'body';
    }
    const isEndless = this.#phase === 'answer' && this.#isStream && !this.#request!.isPaused;
    const timeoutMs = isEndless
      ? Number.POSITIVE_INFINITY
      : this.#phase === 'wait'
        ? responseTimeoutMs
        : bodyIdleTimeoutMs;
    this.deadlineMs = this.#activityMs + timeoutMs;
    if (this.deadlineMs > nowMs) return;
    if (this.#phase === 'answer')
      return void this.#attemptFailed(timeoutError(name, origin, `sent nothing for ${bodyIdleTimeoutMs} ms`), false);
    if (this.#phase === 'wait')
      return void this.#attemptFailed(
        timeoutError(name, origin, `did not answer within ${responseTimeoutMs} ms`),
        false,
      );
    if (this.#body.isPaused)
      return void this.#attemptFailed(
        timeoutError(name, origin, `took nothing of the body for ${bodyIdleTimeoutMs} ms`),
        false,
      );
    this.#callerFailed(
      new HttpError(408, 'HW_GATEWAY_BODY_STALLED', `nothing of the body came for ${bodyIdleTimeoutMs} ms`),
    );
  }

  /** Asks the guards; false when one refused and the call is over. */
  #admit(): boolean {
    const { guards } = this.#plan;
    for (; this.#admitted < guards.length; this.#admitted++) {
      try {
        guards[this.#admitted]!.admit(this.#call);
      } catch (error) {
        // The guard that refused is asked for its fallback first, then those around it.
        this.#conclude(endOf(asHttpError(error), true), this.#admitted + 1);
        return false;
      }
    }
    return true;
  }

  /** `isResend`: the same attempt once more, because an idle connection turned out dead. */
  #attempt(isResend: boolean): void {
    const { plan, call } = { plan: this.#plan, call: this.#call };
    if (!isResend) {
      try {
        this.#instance = plan.picker.pick(call);
        call.instance = this.#instance;
        this.#upstream = this.#host.pool.get(this.#instance.origin, plan.isHttp2);
        this.#upstream.enter(plan.name);
      } catch (error) {
        this.#upstream ??= unreached;
        this.#attemptFailed(asHttpError(error), true, true);
        return;
      }
    }
    const upstream = this.#upstream;
    const { raw } = plan.headers;
    const host = plan.host ?? upstream.host;
    if (raw[0] === 'Host') raw[1] = host;
    else raw.unshift('Host', host);
    if (plan.isSameOrigin) plan.headers.set('origin', `${upstream.isSecure ? 'https' : 'http'}://${host}`);
    for (const observer of this.#host.observers) observer.sending?.(call, plan.headers);
    const nowMs = performance.now();
    this.#phase = 'connect';
    this.#attemptStartMs = nowMs;
    this.#activityMs = nowMs;
    const { connectTimeoutMs, bodyIdleTimeoutMs, responseTimeoutMs } = this.#timeouts;
    this.deadlineMs = nowMs + Math.min(connectTimeoutMs, bodyIdleTimeoutMs, responseTimeoutMs);
    this.#host.watchdog.add(this);
    this.#isBodyStarted = false;
    this.#request = upstream.send({ method: call.method, path: plan.path, headers: raw }, this, isResend);
    if (plan.expectsContinue && this.#body.exists && call.retries === 0) this.#awaitContinue();
    else this.#startBody();
  }

  #startBody(): void {
    if (this.#isBodyStarted) return;
    this.#isBodyStarted = true;
    if (this.#body.exists) this.#body.start(this);
    else this.#request!.end();
  }

  bodyPiece(piece: Buffer): boolean {
    if (this.#phase === 'done') return true;
    this.#activityMs = performance.now();
    const { maxBodyBytes } = this.#plan;
    if (maxBodyBytes !== undefined && this.#body.sizeBytes > maxBodyBytes) {
      this.#callerFailed(tooLarge(maxBodyBytes));
      return true;
    }
    return this.#request!.write(piece);
  }

  bodyEnd(): void {
    if (this.#phase === 'done') return;
    this.#activityMs = performance.now();
    if (this.#phase === 'body') {
      this.#phase = 'wait';
      this.deadlineMs = this.#activityMs + this.#timeouts.responseTimeoutMs;
    }
    this.#request!.end();
  }

  drained(): void {
    this.#body.resume();
  }

  /** The caller waits for "100 Continue": so does the gateway, for the upstream's. */
  #awaitContinue(): void {
    this.#timer = setTimeout(() => this.continued(), continueTimeoutMs);
    this.#timer.unref();
    this.#request!.flush();
  }

  continued(): void {
    clearTimeout(this.#timer);
    if (this.#phase !== 'connect' && this.#phase !== 'body') return;
    if (this.#isBodyStarted || !this.#plan.expectsContinue) return;
    this.#res.writeContinue();
    this.#startBody();
  }

  answered(head: AnswerHead): void {
    const call = this.#call;
    const res = this.#res;
    const plan = this.#plan;
    clearTimeout(this.#timer);
    this.#phase = 'answer';
    this.#activityMs = performance.now();
    call.upstreamMs = this.#activityMs - this.#attemptStartMs;
    this.deadlineMs = this.#activityMs + this.#timeouts.bodyIdleTimeoutMs;
    const headers = endToEndAnswer(head.headers);
    this.#answerHeaders = headers;
    if (call.isCors) for (const name of corsFields) headers.remove(name);
    this.#isStream = isEventStream(headers);
    const draft = { call, status: head.status, headers };
    call.status = head.status;
    if (plan.retry !== undefined || plan.guards.length > 0) {
      const end = this.#end(head.status, undefined, false);
      const delayMs = this.#retryDelay(end);
      if (delayMs !== undefined) return void this.#again(end, delayMs);
      const fallback = this.#fallback(end, plan.guards.length);
      if (fallback !== undefined) return void this.#finish(end, undefined, fallback);
      if (this.#isStream) this.#settle(end);
    }
    if (plan.responseBodies.length > 0 && this.#collects(draft)) return;
    try {
      plan.filterResponse?.(draft);
      call.status = draft.status;
      draft.headers.raw.push('X-Correlation-Id', call.correlationId);
      if (call.answerHeaders !== undefined) draft.headers.raw.push(...call.answerHeaders);
      // A body that nobody will read to its end cannot be followed by another request.
      if (!this.#body.isComplete) draft.headers.raw.push('Connection', 'close');
      writeHead(call.req, res, draft.status, draft.status === head.status ? head.reason : '', draft.headers.raw);
    } catch (error) {
      return void this.#attemptFailed(
        error instanceof HttpError
          ? error
          : new HttpError(
              502,
              'HW_GATEWAY_BAD_ANSWER',
              `the answer of ${plan.name} at ${this.#upstream.origin} cannot be passed on`,
              {},
              error,
            ),
        false,
      );
    }
    if (this.#isStream) {
      if (call.req.httpVersionMajor === 1) res.socket?.setNoDelay(true);
      res.flushHeaders();
    } else if (!headers.has('content-length')) {
      // A streamed answer may begin long before its first byte: its head goes out now, or with the first piece if that is here.
      setImmediate(() => {
        if (this.#phase === 'answer' && !call.isGone && res.writableLength === 0) res.flushHeaders();
      });
    }
  }

  /** Whether a filter is to see the whole body: then the head waits for it. */
  #collects(draft: ResponseDraft): boolean {
    const { responseBodies, filterResponse } = this.#plan;
    if (draft.call.method === 'HEAD' || draft.status === 204 || draft.status === 304) return false;
    const wanted = responseBodies.filter((filter) => filter.wants(draft));
    if (wanted.length === 0) return false;
    filterResponse?.(draft);
    this.#collected = {
      draft,
      filters: wanted,
      pieces: [],
      sizeBytes: 0,
      maxBytes: Math.min(...wanted.map((filter) => filter.maxBytes)),
    };
    return true;
  }

  #collect(piece: Buffer): void {
    const collected = this.#collected!;
    collected.sizeBytes += piece.length;
    if (collected.sizeBytes <= collected.maxBytes) return void collected.pieces.push(Buffer.from(piece));
    const { name } = this.#plan;
    this.#attemptFailed(
      new HttpError(
        502,
        'HW_GATEWAY_BAD_ANSWER',
        `the answer of ${name} is larger than the ${collected.maxBytes} bytes that this route reads`,
      ),
      false,
    );
  }

  /** The changed answer, all at once. */
  #sendCollected(): void {
    const { draft, filters, pieces } = this.#collected!;
    const call = this.#call;
    let body = Buffer.concat(pieces);
    try {
      for (const filter of filters) body = filter.change(body, draft) as Buffer<ArrayBuffer>;
      const { headers } = draft;
      headers.set('Content-Length', String(body.length));
      headers.raw.push('X-Correlation-Id', call.correlationId, ...(call.answerHeaders ?? []));
      if (!this.#body.isComplete) headers.raw.push('Connection', 'close');
      writeHead(call.req, this.#res, draft.status, '', headers.raw);
    } catch (error) {
      return void this.#attemptFailed(asHttpError(error), false);
    }
    call.status = draft.status;
    call.responseBytes = body.length;
    call.outcome = 'answered';
    this.#request = undefined;
    this.#finish(this.#end(draft.status, undefined, false), undefined, undefined);
    this.#res.end(body);
  }

  received(piece: Buffer): void {
    this.#activityMs = performance.now();
    if (this.#collected !== undefined) return void this.#collect(piece);
    this.#call.responseBytes += piece.length;
    // Node's answers keep what they are given until it is written; the lean ones take a view of the read buffer.
    if (this.#res.write(this.#isLean ? piece : Buffer.from(piece))) return;
    this.#request!.pause();
    if (this.#hearsDrain) return;
    this.#hearsDrain = true;
    this.#res.on('drain', () => {
      this.#activityMs = performance.now();
      this.#request?.resume();
    });
  }

  completed(trailers: readonly string[] | undefined): void {
    if (this.#collected !== undefined) return void this.#sendCollected();
    this.#call.outcome = 'answered';
    if (!this.#body.isComplete) this.#request?.destroy();
    this.#request = undefined;
    if (trailers !== undefined) addTrailers(this.#call.req, this.#res, trailers);
    // First: the end of the answer is the end of the call for those who watch it.
    this.#finish(this.#end(this.#call.status, undefined, false), undefined, undefined);
    this.#res.end();
  }

  failed(error: NodeJS.ErrnoException): void {
    const request = this.#request;
    this.#request = undefined;
    if (this.#phase === 'answer' && this.#res.headersSent) return void this.#cut();
    // An idle connection that the upstream closed at the same moment: the request was not read, and may be sent again.
    const isStale = request?.isReused && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    if (isStale && !this.#isResent && !this.#body.exists && idempotent.has(this.#call.method)) {
      this.#isResent = true;
      return void this.#attempt(true);
    }
    this.#attemptFailed(
      forwardError(error, this.#plan.name, this.#upstream.origin),
      request === undefined || request.isConnecting || isOfConnecting(error),
    );
  }

  /** The upstream died within its answer. */
  #cut(): void {
    if (this.#phase === 'done') return;
    const { name } = this.#plan;
    const { origin } = this.#upstream;
    this.#call.outcome = 'cut';
    const error = new HttpError(502, 'HW_GATEWAY_UPSTREAM_RESET', `${name} at ${origin} broke its answer off`);
    this.#finish(this.#end(this.#call.status, error, false), undefined, undefined);
    breakOff(this.#call.req, this.#res);
  }

  #callerClosed(): void {
    if (this.#phase === 'done') return;
    this.#call.outcome ??= 'cancelled';
    this.#finish({ ...this.#end(this.#call.status, undefined, false), isCancelled: true }, undefined, undefined);
  }

  /** The caller's own fault: no other attempt would help. */
  #callerFailed(error: HttpError): void {
    if (this.#phase === 'done') return;
    if (this.#res.headersSent) return void this.#cut();
    this.#finish({ ...this.#end(0, error, false), isCancelled: true }, error, undefined);
  }

  /** `isUnpicked`: there was no instance, or no place at it. */
  #attemptFailed(error: HttpError, isUnsent: boolean, isUnpicked = false): void {
    if (this.#phase === 'done') return;
    if (this.#res.headersSent) return void this.#cut();
    const end = this.#end(this.#phase === 'answer' ? this.#call.status : 0, error, isUnsent);
    this.#call.failure = error;
    const delayMs = this.#retryDelay(end);
    if (delayMs !== undefined) return void this.#again(end, delayMs, isUnpicked);
    this.#conclude(end, this.#plan.guards.length, isUnpicked);
  }

  /** The call has failed: the first of the guards, from the inside out, that has something else to ask decides. */
  #conclude(end: End, guards: number, isUnpicked = this.#instance === undefined): void {
    this.#call.failure = end.error;
    const fallback = this.#fallback(end, guards);
    this.#finish(end, fallback === undefined ? end.error : undefined, fallback, isUnpicked);
  }

  #retryDelay(end: End): number | undefined {
    const { retry } = this.#plan;
    if (retry === undefined || !this.#body.canStartAgain || this.#call.isGone) return undefined;
    return retry.delayMs(this.#call, end);
  }

  #fallback(end: End, guards: number): string | undefined {
    if (guards === 0 || !this.#body.canStartAgain) return undefined;
    for (let i = guards - 1; i >= 0; i--) {
      const path = this.#plan.guards[i]!.fallback?.(this.#call, end);
      if (path !== undefined) return path;
    }
    return undefined;
  }

  #again(end: End, delayMs: number, isUnpicked = false): void {
    this.#endAttempt(end, isUnpicked);
    this.#phase = 'pause';
    this.#call.retries++;
    this.#isResent = false;
    if (delayMs <= 0) return void this.#attempt(false);
    this.#timer = setTimeout(() => this.#attempt(false), delayMs);
  }

  #end(status: number, error: HttpError | undefined, isUnsent: boolean): End {
    const durationMs =
      this.#phase === 'answer'
        ? this.#call.upstreamMs
        : performance.now() - (this.#attemptStartMs === 0 ? this.#call.startMs : this.#attemptStartMs);
    return { status, headers: this.#answerHeaders, error, isUnsent, isCancelled: false, durationMs };
  }

  #endAttempt(end: End, isUnpicked: boolean): void {
    clearTimeout(this.#timer);
    this.#host.watchdog.delete(this);
    this.#body.detach();
    this.#request?.destroy();
    this.#request = undefined;
    const instance = this.#instance;
    this.#instance = undefined;
    this.#answerHeaders = undefined;
    this.#collected = undefined;
    this.#isStream = false;
    if (instance === undefined) return;
    if (!isUnpicked) this.#upstream.leave();
    this.#plan.picker.done?.(instance, end, this.#call);
    for (const observer of this.#host.observers) observer.attempted?.(this.#call, instance, end);
  }

  /** Tells the guards, once. */
  #settle(end: End): void {
    while (this.#admitted > 0) this.#plan.guards[--this.#admitted]!.settled(this.#call, end);
  }

  #finish(end: End, error: HttpError | undefined, fallback: string | undefined, isUnpicked = false): void {
    if (this.#phase === 'done') return;
    this.#endAttempt(end, isUnpicked);
    this.#phase = 'done';
    this.#settle(end);
    this.#call.requestBytes = this.#body.sizeBytes;
    if (fallback !== undefined) return void this.#resolve(fallback);
    this.#body.discard();
    if (error !== undefined) this.#reject(error);
    else this.#resolve(undefined);
  }
}

/** The connection was never made: when Node tells of it, the socket is no longer connecting. */
function isOfConnecting({ syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

/** Stands for the upstream where none could be chosen. */
const unreached = { origin: 'no instance' } as Upstream;

function endOf(error: HttpError, isUnsent: boolean): End {
  return { status: 0, headers: undefined, error, isUnsent, isCancelled: false, durationMs: 0 };
}

function asHttpError(error: unknown): HttpError {
  return error instanceof HttpError
    ? error
    : new HttpError(500, 'HW_GATEWAY_STAGE', 'the gateway failed on this request: see its log', {}, error);
}
