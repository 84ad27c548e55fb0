import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Http2Sessions } from './http2-sessions.ts';

/** What a client says first that speaks HTTP/2 without asking before (RFC 9113, section 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** So many bytes tell it from every HTTP/1 request. */
const telling = 4;

/**
 * Lets a server of HTTP/1.1 answer HTTP/2 on the same port, without TLS and by prior knowledge: the first bytes of a connection tell, for
 * which it has `tellingMs`.
 *
 * @returns ends the connections that have not told yet
 */
export function acceptCleartextHttp2(server: Server, sessions: Http2Sessions, tellingMs: number): () => void {
  const waiting = new Set<Socket>();
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  const http1 = (socket: Socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    waiting.add(socket);
    const timer = setTimeout(() => socket.destroy(), tellingMs);
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
      if (isLikeHttp2) sessions.take(socket);
      else http1(socket);
      process.nextTick(() => socket.resume());
    };
    socket.on('data', onData);
    socket.once('close', done);
    socket.on('error', onError);
  });

  return () => {
    for (const socket of waiting) socket.destroy();
  };
}
