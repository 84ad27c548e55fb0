import { type HttpContext, HttpError, type SseEvent, type SseStream } from '@headwater/http';
import type { RouteContext } from '@headwater/service';
import { pause } from '../../common/back-off.ts';

const streamsMax = 100;
/** What waits in this process for a reader before its stream is waited for. */
const softLimitBytes = 64 * 1024;
/** Timers do not reach further. */
const timerMaxMs = 2 ** 31 - 1;

export interface EventStreamsOptions {
  /** Between two events of a stream, ms. */
  delayMs: () => number;
  /** A reader that takes nothing for so long is let go. */
  stalledMs: () => number;
}

export interface EventSink {
  /** Aborted when the reader has gone, or their token has ended. */
  readonly signal: AbortSignal;
  /** Resolves when the reader can take another one. */
  send(event: SseEvent): Promise<void>;
}

/** Streams of server-sent events: so many at once, no faster than their readers, no longer than the token of who reads. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  #open = 0;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get open(): number {
    return this.#open;
  }

  /**
   * Gives `work` a stream, and ends it when that is done. `prepare` runs before the answer begins: what it throws is answered with its status.
   * @throws HttpError 503 when there are too many
   */
  async run<T>(
    http: HttpContext,
    principal: RouteContext['principal'],
    prepare: (signal: AbortSignal) => Promise<T>,
    work: (sink: EventSink, prepared: T) => Promise<void>,
  ): Promise<void> {
    if (this.#open >= streamsMax) {
      const message = `${streamsMax} searches are read as events here: close some of them, or ask another instance`;
      throw new HttpError(503, 'HW_TWEETS_TOO_MANY_STREAMS', message);
    }
    this.#open += 1;
    const ended = new AbortController();
    const leftMs = (principal?.expiresAtMs ?? Number.POSITIVE_INFINITY) - Date.now();
    const expiry = leftMs < timerMaxMs ? setTimeout(() => ended.abort(), Math.max(0, leftMs)) : undefined;
    const signal = AbortSignal.any([http.signal, ended.signal]);
    try {
      const prepared = await prepare(signal);
      const stream = http.sse({ softLimitBytes });
      await work({ signal, send: (event) => this.#send(http, stream, event, signal) }, prepared);
      if (ended.signal.aborted)
        stream.send({ event: 'expired', data: '{"message":"the token has ended: log in again"}' });
      stream.close();
    } catch (error) {
      // Who has gone is told nothing.
      if (!http.signal.aborted) throw error;
    } finally {
      clearTimeout(expiry);
      this.#open -= 1;
    }
  }

  async #send(http: HttpContext, stream: SseStream, event: SseEvent, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (!stream.send(event)) {
      const stalled = setTimeout(() => http.res.destroy(), this.#options.stalledMs());
      await stream.drained();
      clearTimeout(stalled);
    }
    await pause(this.#options.delayMs(), signal);
  }
}
