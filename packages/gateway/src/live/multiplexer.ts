import { type HttpContext, HttpError, type SseStream } from '@headwater/http';
import type { AttemptHost } from '../proxy/single-attempt.ts';
import { EventQueue } from './event-queue.ts';
import type { ReceivedEvent } from './sse-parser.ts';
import { SubStream, type SubStreamSource } from './sub-stream.ts';

export interface LiveOptions {
  /** Most sub-streams of one page. */
  maxSubStreams: number;
  /** Most pages at once. */
  maxClients: number;
  /** Bounds of what waits for a slow page, for each sub-stream. */
  maxQueuedEvents: number;
  maxQueuedChars: number;
  responseTimeoutMs: number;
  retryMinMs: number;
  retryMaxMs: number;
}

/** A sub-stream with what waits for the page. */
interface Lane {
  stream: SubStream;
  queue: EventQueue;
  prefix: string;
}

/**
 * Many event streams over one connection: `GET /api/live?s=/api/a&s=/api/b`. A browser opens six connections to a host at most,
 * and a page with seven live parts would wait for ever.
 *
 * The upstreams are always read; what a slow page does not take waits in a bounded queue and is then dropped and counted, so
 * that no page can grow this process or slow down what it watches.
 */
export class LiveMultiplexer {
  readonly #options: LiveOptions;
  readonly #pages = new Set<Page>();

  readonly #host: AttemptHost;

  constructor(options: LiveOptions, host: AttemptHost) {
    this.#options = options;
    this.#host = host;
  }

  get clients(): number {
    return this.#pages.size;
  }

  /** `source` throws HttpError when nothing serves a path. */
  async serve(ctx: HttpContext, source: (target: string) => ReturnType<SubStreamSource>): Promise<void> {
    const paths = subStreamPaths(ctx.query.getAll('s'), this.#options.maxSubStreams);
    const last = lastIds(ctx, paths.length);
    if (this.#pages.size >= this.#options.maxClients)
      throw new HttpError(
        503,
        'HW_GATEWAY_STREAMS_BUSY',
        `${this.#options.maxClients} pages are live already: close one, or raise live.maxClients`,
      );
    const page = new Page(ctx.sse({ softLimitBytes: 64 * 1024 }), paths, last, source, this.#options, this.#host);
    this.#pages.add(page);
    page.open();
    await page.closed;
    this.#pages.delete(page);
  }
}

class Page {
  readonly closed: Promise<void>;
  readonly #sse: SseStream;
  readonly #lanes: Lane[];
  #isBlocked = false;

  constructor(
    sse: SseStream,
    paths: readonly string[],
    last: ReadonlyMap<number, string>,
    source: (target: string) => ReturnType<SubStreamSource>,
    options: LiveOptions,
    host: AttemptHost,
  ) {
    this.#sse = sse;
    this.#lanes = paths.map((path, i) => {
      const lane: Lane = {
        prefix: `${i}:`,
        queue: new EventQueue(options.maxQueuedEvents, options.maxQueuedChars),
        stream: new SubStream({
          source: () => source(path),
          host,
          lastEventId: last.get(i),
          responseTimeoutMs: options.responseTimeoutMs,
          retryMinMs: options.retryMinMs,
          retryMaxMs: options.retryMaxMs,
          onEvent: (event) => this.#take(lane, event),
        }),
      };
      return lane;
    });
    this.closed = sse.closed.then(() => {
      for (const lane of this.#lanes) lane.stream.close();
    });
  }

  open(): void {
    for (const lane of this.#lanes) lane.stream.open();
  }

  #take(lane: Lane, event: ReceivedEvent): void {
    if (this.#isBlocked) lane.queue.push(event);
    else this.#write(lane, event);
  }

  #write(lane: Lane, event: ReceivedEvent): void {
    const id = event.id === undefined ? undefined : lane.prefix + event.id;
    const isReady = this.#sse.send({
      event: lane.prefix + event.event,
      data: event.data,
      ...(id === undefined ? {} : { id }),
    });
    if (isReady || this.#isBlocked || this.#sse.isClosed) return;
    this.#isBlocked = true;
    void this.#sse.drained().then(() => this.#drain());
  }

  /** The page reads again: an event from each lane in turn, until it is full or all are told. */
  #drain(): void {
    this.#isBlocked = false;
    for (let isMore = true; isMore && !this.#sse.isClosed; ) {
      isMore = false;
      for (const lane of this.#lanes) {
        if (lane.queue.dropped > 0)
          this.#write(lane, { event: '$dropped', id: undefined, data: JSON.stringify(lane.queue.takeDropped()) });
        const event = this.#isBlocked ? undefined : lane.queue.shift();
        if (event !== undefined) this.#write(lane, event);
        if (this.#isBlocked) return;
        isMore ||= lane.queue.length > 0;
      }
    }
  }
}

function subStreamPaths(paths: readonly string[], max: number): readonly string[] {
  const bad = (message: string): HttpError => new HttpError(400, 'HW_GATEWAY_BAD_STREAMS', message);
  if (paths.length === 0) throw bad('name at least one stream: /api/live?s=/api/topics/_live');
  if (paths.length > max) throw bad(`${paths.length} streams are more than the ${max} of one connection`);
  for (const path of paths) {
    if (!path.startsWith('/') || path.length > 4_096)
      throw bad(`"${path.slice(0, 100)}" is not a path on this gateway`);
    if (/^\/+api\/+live(?:[/?]|$)/.test(path)) throw bad('a live connection cannot carry another one');
  }
  return paths;
}

/** `last=<i>:<id>`, and the header by which a browser that reconnects by itself names the last id that it saw. */
function lastIds(ctx: HttpContext, count: number): ReadonlyMap<number, string> {
  const out = new Map<number, string>();
  const header = ctx.req.headers['last-event-id'];
  for (const text of [...ctx.query.getAll('last'), ...(typeof header === 'string' ? [header] : [])]) {
    const [, index, id] = /^(\d{1,2}):([\t\x20-\x7e\x80-\xff]*)$/.exec(text) ?? [];
    if (index !== undefined && Number(index) < count) out.set(Number(index), id!);
  }
  return out;
}
