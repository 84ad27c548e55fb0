import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from '@headwater/http';
import { forwardError, timeoutError } from './forward-error.ts';
import { HeaderList } from './header-list.ts';
import type { Plan } from './plan.ts';
import { hasBody, hopByHop } from './request-headers.ts';
import type { Watchdog, Watched } from './watchdog.ts';

/** Time-outs of an exchange, in the order in which they can strike. */
export interface Timeouts {
  /** Until the upstream accepts the connection. */
  connectTimeoutMs: number;
  /** Between two pieces of a body, from either side; and for a reader that takes nothing. */
  bodyIdleTimeoutMs: number;
  /** From the end of the request to the head of the answer. */
  responseTimeoutMs: number;
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** An upstream that does not know `Expect` stays silent: the body is asked for after this long. */
const continueTimeoutMs = 1_000;

/**
 * One request forwarded and its answer brought back, both streamed with back-pressure.
 *
 * Either side may end at any moment: a caller that leaves cancels the upstream's work; an upstream that dies within its answer
 * takes the caller's connection with it, so that half an answer is never taken for a whole one.
 */
export class Exchange implements Watched {
  deadlineMs: number;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #plan: Plan;
  readonly #timeouts: Timeouts;
  readonly #watchdog: Watchdog;
  readonly #hasBody: boolean;
  #upstreamRequest!: ClientRequest;
  #answer: IncomingMessage | undefined;
  #phase: 'connect' | 'body' | 'wait' | 'answer' | 'done' = 'connect';
  readonly #startMs = performance.now();
  #activityMs = this.#startMs;
  #bodyBytes = 0;
  #isBodyStarted = false;
  #isBodyComplete: boolean;
  #isRetried = false;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(req: IncomingMessage, res: ServerResponse, plan: Plan, timeouts: Timeouts, watchdog: Watchdog) {
    this.#req = req;
    this.#res = res;
    this.#plan = plan;
    this.#timeouts = timeouts;
    this.#watchdog = watchdog;
    this.#hasBody = hasBody(req);
    this.#isBodyComplete = !this.#hasBody;
    this.deadlineMs =
      this.#activityMs + Math.min(timeouts.connectTimeoutMs, timeouts.bodyIdleTimeoutMs, timeouts.responseTimeoutMs);
  }

  /** Resolves when the exchange is over, whatever its end; rejects with an HttpError while the caller can still be told. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#plan.upstream.enter(this.#plan.name);
      this.#watchdog.add(this);
      this.#res.once('close', () => this.#callerClosed());
      this.#send(false);
      if (this.#plan.expectsContinue && this.#hasBody) this.#awaitContinue();
      else this.#sendBody();
    });
  }

  get isStream(): boolean {
    return this.#answer !== undefined && isEventStream(this.#answer);
  }

  /** Ends it now, from outside: the gateway closes. */
  abort(): void {
    this.#end(undefined);
    this.#res.destroy();
  }

  expire(nowMs: number): void {
    const { connectTimeoutMs, bodyIdleTimeoutMs, responseTimeoutMs } = this.#timeouts;
    const { name, upstream } = this.#plan;
    if (this.#phase === 'connect') {
      const { socket } = this.#upstreamRequest;
      if (socket === null || socket.connecting) {
        this.deadlineMs = this.#startMs + connectTimeoutMs;
        if (this.deadlineMs > nowMs) return;
        return void this.#fail(
          timeoutError(name, upstream.origin, `did not accept a connection within ${connectTimeoutMs} ms`),
        );
      }
      this.#phase = this.#isBodyComplete ? 'wait' : 'body';
    }
    const isEndless = this.#phase === 'answer' && this.isStream && !this.#answer!.isPaused();
    const timeoutMs = isEndless
      ? Number.POSITIVE_INFINITY
      : this.#phase === 'wait'
        ? responseTimeoutMs
        : bodyIdleTimeoutMs;
    this.deadlineMs = this.#activityMs + timeoutMs;
    if (this.deadlineMs > nowMs) return;
    if (this.#phase === 'wait')
      return void this.#fail(timeoutError(name, upstream.origin, `did not answer within ${responseTimeoutMs} ms`));
    if (this.#phase === 'body' && this.#req.isPaused())
      return void this.#fail(
        timeoutError(name, upstream.origin, `took nothing of the body for ${bodyIdleTimeoutMs} ms`),
      );
    this.#fail(new HttpError(408, 'HW_GATEWAY_BODY_STALLED', `nothing of the body came for ${bodyIdleTimeoutMs} ms`));
  }

  #send(isFresh: boolean): void {
    const { upstream, path, headers } = this.#plan;
    const request = upstream.request({ method: this.#req.method!, path, headers: headers.raw }, isFresh);
    this.#upstreamRequest = request;
    request.on('response', (answer) => this.#answered(answer));
    request.on('error', (error) => this.#upstreamFailed(error));
    if (this.#hasBody) request.on('drain', () => this.#req.resume());
  }

  #sendBody(): void {
    if (this.#isBodyStarted) return;
    this.#isBodyStarted = true;
    const req = this.#req;
    if (!this.#hasBody) return void this.#upstreamRequest.end();
    req.on('data', (chunk: Buffer) => {
      if (this.#phase === 'done') return;
      this.#activityMs = performance.now();
      this.#bodyBytes += chunk.length;
      const { maxBodyBytes } = this.#plan;
      if (maxBodyBytes !== undefined && this.#bodyBytes > maxBodyBytes)
        return void this.#fail(
          new HttpError(
            413,
            'HW_GATEWAY_BODY_TOO_LARGE',
            `the body is larger than the ${maxBodyBytes} bytes of this route`,
            { maxBytes: maxBodyBytes },
          ),
        );
      if (!this.#upstreamRequest.write(chunk)) req.pause();
    });
    req.on('end', () => {
      this.#isBodyComplete = true;
      if (this.#phase === 'done') return;
      this.#activityMs = performance.now();
      if (this.#phase === 'body') {
        this.#phase = 'wait';
        this.deadlineMs = this.#activityMs + this.#timeouts.responseTimeoutMs;
      }
      this.#upstreamRequest.end();
    });
    req.on('error', () => {}); // The response's close event follows, and ends the exchange.
  }

  /** The caller waits for "100 Continue": so does the gateway, for the upstream's. */
  #awaitContinue(): void {
    const proceed = (): void => {
      clearTimeout(timer);
      if (this.#phase === 'done' || this.#isBodyStarted || this.#answer !== undefined) return;
      this.#res.writeContinue();
      this.#sendBody();
    };
    const timer = setTimeout(proceed, continueTimeoutMs);
    timer.unref();
    this.#upstreamRequest.once('continue', proceed);
    this.#upstreamRequest.flushHeaders();
  }

  #answered(answer: IncomingMessage): void {
    if (this.#phase === 'done') return void answer.resume();
    const res = this.#res;
    this.#answer = answer;
    this.#phase = 'answer';
    this.#activityMs = performance.now();
    this.deadlineMs = this.#activityMs + this.#timeouts.bodyIdleTimeoutMs;
    const draft = { status: answer.statusCode!, headers: endToEndAnswer(answer) };
    try {
      this.#plan.filterResponse?.(draft);
      draft.headers.raw.push('X-Correlation-Id', this.#plan.correlationId);
      // A body that nobody will read to its end cannot be followed by another request.
      if (!this.#isBodyComplete) draft.headers.raw.push('Connection', 'close');
      const reason = draft.status === answer.statusCode ? answer.statusMessage : undefined;
      if (reason) res.writeHead(draft.status, reason, draft.headers.raw);
      else res.writeHead(draft.status, draft.headers.raw);
    } catch (error) {
      const { name, upstream } = this.#plan;
      return void this.#fail(
        error instanceof HttpError
          ? error
          : new HttpError(
              502,
              'HW_GATEWAY_BAD_ANSWER',
              `the answer of ${name} at ${upstream.origin} cannot be passed on`,
              {},
              error,
            ),
      );
    }
    if (isEventStream(answer)) {
      res.socket?.setNoDelay(true);
      res.flushHeaders();
    } else if (answer.headers['content-length'] === undefined) {
      // A streamed answer may begin long before its first byte: its head goes out now, or with the first piece if that is here.
      setImmediate(() => {
        if (this.#phase === 'answer' && res.socket && res.writableLength === 0) res.flushHeaders();
      });
    }
    answer.on('data', (chunk: Buffer) => {
      this.#activityMs = performance.now();
      if (!res.write(chunk)) answer.pause();
    });
    res.on('drain', () => {
      this.#activityMs = performance.now();
      answer.resume();
    });
    answer.on('end', () => {
      if (!answer.complete) return void this.#cut();
      res.end();
      this.#end(undefined, this.#isBodyComplete);
    });
    answer.on('error', () => this.#cut());
    answer.on('close', () => {
      if (!answer.complete) this.#cut();
    });
  }

  /** The upstream died within its answer. */
  #cut(): void {
    if (this.#phase === 'done') return;
    this.#end(undefined);
    this.#res.destroy();
  }

  #upstreamFailed(error: NodeJS.ErrnoException): void {
    if (this.#phase === 'done') return;
    if (this.#answer !== undefined) {
      // A failure to write the rest of the body does not spoil an answer that is on its way.
      if (this.#answer.complete) return;
      return void this.#cut();
    }
    // An idle connection that the upstream closed at the same moment: the request was not read, and may be sent again.
    const isStale = this.#upstreamRequest.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    if (isStale && !this.#isRetried && !this.#hasBody && idempotent.has(this.#req.method!)) {
      this.#isRetried = true;
      this.#send(true);
      this.#upstreamRequest.end();
      return;
    }
    this.#fail(forwardError(error, this.#plan.name, this.#plan.upstream.origin));
  }

  #callerClosed(): void {
    if (this.#phase !== 'done') this.#end(undefined);
  }

  #fail(error: HttpError): void {
    if (this.#phase === 'done') return;
    if (this.#res.headersSent) this.#cut();
    else this.#end(error);
  }

  /** `isWhole`: request and answer are complete, so the upstream's connection can serve another request. */
  #end(error: HttpError | undefined, isWhole = false): void {
    if (this.#phase === 'done') return;
    this.#phase = 'done';
    this.#watchdog.delete(this);
    this.#plan.upstream.leave();
    if (!isWhole) this.#upstreamRequest.destroy();
    // What is left of a refused body is read and thrown away until the connection closes, never kept.
    if (!this.#isBodyComplete) this.#req.resume();
    if (error) this.#reject(error);
    else this.#resolve();
  }
}

function isEventStream(answer: IncomingMessage): boolean {
  return answer.headers['content-type']?.startsWith('text/event-stream') === true;
}

function endToEndAnswer(answer: IncomingMessage): HeaderList {
  const { rawHeaders } = answer;
  const connection = answer.headers.connection?.toLowerCase();
  const listed =
    connection === undefined || connection === 'keep-alive' || connection === 'close'
      ? undefined
      : connection.split(',').map((token) => token.trim());
  const out: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const lower = rawHeaders[i]!.toLowerCase();
    if (hopByHop.has(lower) || lower === 'x-correlation-id' || listed?.includes(lower)) continue;
    out.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return new HeaderList(out);
}
