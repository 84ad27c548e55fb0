import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Http2Sessions } from './http2-sessions.ts';

/** What a server offers whose callers may choose HTTP/2 while they set up TLS (ALPN, RFC 7301). */
export const http2Protocols = ['h2', 'http/1.1'];

/** Lets a server of HTTP/1.1 over TLS answer HTTP/2 to those who chose it. */
export function acceptTlsHttp2(server: Server, sessions: Http2Sessions): void {
  const listeners = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') sessions.take(socket);
    else for (const listener of listeners) listener.call(server, socket);
  });
}
