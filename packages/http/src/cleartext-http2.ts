import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';

/** What a client says first that speaks HTTP/2 without asking before (RFC 9113, section 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** So many bytes tell it from every HTTP/1 request. */
const telling = 4;

export interface CleartextHttp2 {
  /** Lets requests under way finish, and takes no more. */
  close(): void;
  /** Ends what is left. */
  destroy(): void;
}

/**
 * Lets a server of HTTP/1.1 answer HTTP/2 on the same port, without TLS and by prior knowledge: the first bytes of a connection tell. Bounds:
 * 10 seconds until these bytes, 16 KiB of headers, 100 streams a connection.
 *
 * @param serve gets both kinds of requests; those of HTTP/2 have a `host` header too
 */
export function acceptCleartextHttp2(
  server: Server,
  serve: (req: IncomingMessage, res: ServerResponse) => void,
): CleartextHttp2 {
  const sessions = new Set<ServerHttp2Session>();
  const waiting = new Set<Socket>();
  let isClosing = false;
  const http2 = createHttp2Server({
    maxHeaderListPairs: 200,
    maxSessionMemory: 10,
    settings: { maxConcurrentStreams: 100, maxHeaderListSize: 16 * 1024 },
  });
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    if (isClosing) session.close();
  });
  http2.on('request', (req: Http2ServerRequest, res) => {
    if (req.headers.host === undefined && req.authority !== undefined) req.headers.host = req.authority;
    writeBytesOnly(res);
    // Node's compatibility classes: what handlers use of the others, these have.
    serve(req as unknown as IncomingMessage, res as unknown as ServerResponse);
  });
  http2.on('sessionError', () => {});

  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  const http1 = (socket: Socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    waiting.add(socket);
    const timer = setTimeout(() => socket.destroy(), 10_000);
    let begun: Buffer = Buffer.alloc(0);
    const done = () => {
      clearTimeout(timer);
      waiting.delete(socket);
      socket.off('data', onData);
      socket.off('close', done);
      socket.off('error', onError);
    };
    const onError = () => socket.destroy();
    const onData = (chunk: Buffer) => {
      begun = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
      const length = Math.min(telling, begun.length);
      const isLikeHttp2 = begun.subarray(0, length).equals(preface.subarray(0, length));
      if (isLikeHttp2 && length < telling) return;
      done();
      socket.pause();
      socket.unshift(begun);
      if (isLikeHttp2) {
        // Servers of HTTP/1 keep a connection whose other end is closed: a session would not hear that its client went away.
        socket.allowHalfOpen = false;
        http2.emit('connection', socket);
      } else http1(socket);
      process.nextTick(() => socket.resume());
    };
    socket.on('data', onData);
    socket.once('close', done);
    socket.on('error', onError);
  });

  return {
    close() {
      isClosing = true;
      for (const socket of waiting) socket.destroy();
      for (const session of sessions) session.close();
    },
    destroy() {
      for (const session of sessions) session.destroy();
    },
  };
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
