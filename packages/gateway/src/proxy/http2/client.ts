import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { http2Headers } from '../answer-writer.ts';
import type { AnswerListener, RequestHead, UpstreamRequest } from '../upstream-request.ts';

/** So many streams at once on a connection, unless the upstream says less; then another connection is made. */
const streamsMax = 100;
const headersMaxBytes = 64 * 1024;
/** A connection without a stream ends after this long. */
const idleMs = 30_000;

/** An upstream that speaks HTTP/2: by TLS (ALPN) for https, by prior knowledge for http. Many requests share a connection. */
export class Http2Client {
  readonly #origin: string;
  readonly #options: SecureClientSessionOptions;
  #sessions: Session[] = [];

  constructor(origin: string, tls: Pick<SecureClientSessionOptions, 'ca'>) {
    this.#origin = origin;
    this.#options = {
      ...tls,
      maxHeaderListPairs: 200,
      settings: { enablePush: false, maxHeaderListSize: headersMaxBytes },
    };
  }

  send(head: RequestHead, listener: AnswerListener, isFresh: boolean): UpstreamRequest {
    let session = isFresh ? undefined : this.#sessions.find((each) => each.hasRoom);
    const isReused = session?.isConnected === true;
    if (session === undefined) {
      const made = new Session(connect(this.#origin, this.#options), () => {
        this.#sessions = this.#sessions.filter((each) => each !== made);
      });
      this.#sessions.push(made);
      session = made;
    }
    return new Http2Request(session, head, listener, isReused);
  }

  close(): void {
    for (const session of this.#sessions) session.session.close();
  }
}

class Session {
  readonly session: ClientHttp2Session;
  isConnected = false;
  streams = 0;
  #isClosing = false;
  #error: NodeJS.ErrnoException | undefined;

  constructor(session: ClientHttp2Session, onClosed: () => void) {
    this.session = session;
    session.once('connect', () => {
      this.isConnected = true;
    });
    session.on('goaway', () => {
      this.#isClosing = true;
    });
    session.on('error', (error) => {
      this.#error = error;
    });
    session.once('close', onClosed);
    session.setTimeout(idleMs, () => {
      if (this.streams === 0) session.close();
    });
    session.unref();
  }

  get hasRoom(): boolean {
    const max = Math.min(this.session.remoteSettings?.maxConcurrentStreams ?? streamsMax, streamsMax);
    return !this.#isClosing && !this.session.closed && !this.session.destroyed && this.streams < max;
  }

  /** Why it ended, rather than that a stream did. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }
}

/** One stream. */
class Http2Request implements UpstreamRequest {
  readonly isReused: boolean;
  isPaused = false;
  readonly #session: Session;
  readonly #stream: ClientHttp2Stream;
  #listener: AnswerListener | undefined;
  #isAnswered = false;
  #trailers: string[] | undefined;

  constructor(session: Session, head: RequestHead, listener: AnswerListener, isReused: boolean) {
    this.#session = session;
    this.#listener = listener;
    this.isReused = isReused;
    const headers = http2Headers(head.headers);
    let authority = '';
    for (let i = 0; i < head.headers.length; i += 2) {
      const name = head.headers[i]!.toLowerCase();
      if (name === 'host') authority = head.headers[i + 1]!;
      // The one use of TE that there is in HTTP/2; servers of gRPC insist on it.
      else if (name === 'te' && /trailers/i.test(head.headers[i + 1]!)) headers['te'] = 'trailers';
    }
    const stream = session.session.request(
      { ...headers, ':method': head.method, ':path': head.path, ':authority': authority },
      { endStream: false },
    );
    this.#stream = stream;
    session.streams++;
    session.session.ref();
    stream.on('continue', () => this.#listener?.continued());
    stream.on('response', (answer) => this.#answered(answer));
    stream.on('trailers', (trailers) => {
      this.#trailers = rawOf(trailers);
    });
    stream.on('data', (piece: Buffer) => this.#listener?.received(piece));
    stream.on('drain', () => this.#listener?.drained());
    stream.on('error', (error) => this.#fail(error));
    stream.on('close', () => this.#closed());
  }

  get isConnecting(): boolean {
    return !this.#session.isConnected;
  }

  flush(): void {}

  write(piece: Buffer): boolean {
    return this.#stream.writable ? this.#stream.write(piece) : true;
  }

  end(): void {
    if (this.#stream.writable) this.#stream.end();
  }

  pause(): void {
    this.isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.#stream.resume();
  }

  destroy(): void {
    this.#listener = undefined;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #answered(answer: IncomingHttpHeaders & { ':status'?: number }): void {
    this.#isAnswered = true;
    this.#listener?.answered({ status: answer[':status'] ?? 0, reason: '', headers: rawOf(answer) });
  }

  #closed(): void {
    this.#session.streams--;
    if (this.#session.streams === 0) this.#session.session.unref();
    if (!this.#isAnswered || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR)
      return void this.#fail(this.#session.error ?? reset(this.#stream.rstCode));
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.completed(this.#trailers);
  }

  #fail(error: NodeJS.ErrnoException): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.failed(this.#session.error ?? causeOf(error));
  }
}

/** A stream hears of the end of its session before the session's error is told: it carries it. */
function causeOf(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  const { cause } = error;
  return error.code === 'ERR_HTTP2_STREAM_CANCEL' && cause instanceof Error ? cause : error;
}

function reset(code: number | undefined): NodeJS.ErrnoException {
  return Object.assign(new Error(`the stream was reset (${code})`), { code: 'ECONNRESET' });
}

function rawOf(headers: IncomingHttpHeaders): string[] {
  const raw: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) raw.push(name, String(each));
  }
  return raw;
}
