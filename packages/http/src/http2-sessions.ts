import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Duplex } from 'node:stream';

export type Serve = (req: IncomingMessage, res: ServerResponse) => void;

/** The connections of HTTP/2 that a server of HTTP/1.1 has beside its own. Bounds: 16 KiB of headers, 100 streams a connection, pings and settings. */
export class Http2Sessions {
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #server = createHttp2Server({
    maxHeaderListPairs: 200,
    maxSessionMemory: 10,
    settings: { maxConcurrentStreams: 100, maxHeaderListSize: 16 * 1024 },
  });
  #isClosing = false;

  /** @param serve gets the requests; they have a `host` header as those of HTTP/1.1 do */
  constructor(serve: Serve) {
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      session.on('error', () => session.destroy());
      endIdle(session);
      endFlood(session);
      if (this.#isClosing) session.close();
    });
    this.#server.on('request', (req: Http2ServerRequest, res) => {
      if (req.headers.host === undefined && req.authority !== undefined) req.headers.host = req.authority;
      writeBytesOnly(res);
      // Node's compatibility classes: what handlers use of the others, these have.
      serve(req as unknown as IncomingMessage, res as unknown as ServerResponse);
    });
    this.#server.on('sessionError', () => {});
  }

  /** Takes a connection that speaks HTTP/2. */
  take(socket: Duplex): void {
    // Servers of HTTP/1 keep a connection whose other end is closed: a session would not hear that its client went away.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
  }

  /** Lets requests under way finish, and takes no more. */
  close(): void {
    this.#isClosing = true;
    for (const session of this.#sessions) session.close();
  }

  /** Ends what is left. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
  }
}

/** As connections of HTTP/1.1 are ended. */
const idleMs = 65_000;

function endIdle(session: ServerHttp2Session): void {
  let streams = 0;
  session.on('stream', (stream) => {
    streams++;
    stream.once('close', () => streams--);
  });
  session.setTimeout(idleMs, () => {
    if (streams === 0) session.close();
  });
}

/** Of pings and settings in a period; clients that measure their way (gRPC) send many pings while a stream brings data. */
const floodPeriodMs = 10_000;
const idleFramesMax = 1_000;
const busyFramesMax = 50_000;

/** Each of these frames asks for another one back: who sends nothing else, and much of it, is not served (RFC 9113, section 10.5). */
function endFlood(session: ServerHttp2Session): void {
  let streams = 0;
  let frames = 0;
  let sinceMs = performance.now();
  const count = () => {
    frames++;
    if (frames <= (streams === 0 ? idleFramesMax : busyFramesMax)) return;
    const nowMs = performance.now();
    if (nowMs - sinceMs <= floodPeriodMs) return session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    sinceMs = nowMs;
    frames = 0;
  };
  session.on('stream', (stream) => {
    streams++;
    stream.once('close', () => streams--);
  });
  session.on('ping', count);
  session.on('remoteSettings', count);
}

/**
 * Makes an answer turn texts into bytes itself: when two short strings are written in one turn, Node 24 sends the second one from memory
 * that is no longer its own, so that callers get other bytes than were written.
 */
function writeBytesOnly(res: Http2ServerResponse): void {
  const write = res.write.bind(res) as (chunk: unknown, ...rest: unknown[]) => boolean;
  const end = res.end.bind(res) as (chunk?: unknown, ...rest: unknown[]) => Http2ServerResponse;
  const bytesOf = (chunk: unknown) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  res.write = ((chunk: unknown, ...rest: unknown[]) => write(bytesOf(chunk), ...rest)) as typeof res.write;
  res.end = ((chunk?: unknown, ...rest: unknown[]) => end(bytesOf(chunk), ...rest)) as typeof res.end;
}
