import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HttpServer } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { detectProtocol } from './detect-protocol.ts';
import type { LogIntake } from './log-intake.ts';
import { serveLines } from './serve-lines.ts';

export interface LogListenerOptions {
  server: HttpServer;
  isTls: boolean;
  /** Lines and Beats have no login: whether they need a certificate that the listener's authority signed. */
  needsCertificate: boolean;
  connectionsMax: number;
  intake: LogIntake;
  logger: Logger;
}

const warnEveryMs = 60_000;

/**
 * Lets a server of HTTP take lines and Lumberjack on the same port: a connection is told by its first bytes, and may stay silent before them for as
 * long as it likes, as appenders do.
 */
export class LogListener {
  readonly connections = new Set<Socket>();
  refused = 0;
  readonly #options: LogListenerOptions;
  #warnedMs = 0;

  constructor(options: LogListenerOptions) {
    this.#options = options;
    const { isTls, server } = options;
    const event = isTls ? 'secureConnection' : 'connection';
    const listeners = server.server.listeners(event) as ((socket: Socket) => void)[];
    server.server.removeAllListeners(event);
    const http = (socket: Socket): void => {
      for (const listener of listeners) listener.call(server.server, socket);
    };
    server.server.on(event, (socket: Socket) => this.#accept(socket, http));
  }

  /** Reads no more; what was read has been handed on. */
  close(): void {
    for (const socket of this.connections) socket.destroy();
  }

  #accept(socket: Socket, http: (socket: Socket) => void): void {
    const { connectionsMax, intake, logger, needsCertificate } = this.#options;
    if (this.connections.size >= connectionsMax) {
      this.#refuse(socket, `${connectionsMax} connections are open already`);
      return;
    }
    this.connections.add(socket);
    socket.once('close', () => this.connections.delete(socket));
    let begun: Buffer = Buffer.alloc(0);
    const ignore = (): void => {};
    socket.on('error', ignore);
    const onEnd = (): void => {
      // What is over before it tells is a line, if anything.
      if (begun.length > 0) start('lines');
      else socket.destroy();
    };
    const onData = (chunk: Buffer): void => {
      begun = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
      const protocol = detectProtocol(begun);
      if (protocol !== undefined) start(protocol);
    };
    const start = (protocol: 'http' | 'beats' | 'lines' | 'tls'): void => {
      socket.off('data', onData);
      socket.off('end', onEnd);
      if (protocol === 'tls') {
        this.#refuse(socket, 'it speaks TLS, and this listener does not');
        return;
      }
      if (protocol !== 'http' && needsCertificate && !(socket as TLSSocket).authorized) {
        this.#refuse(socket, 'only who shows a certificate of this system may send lines and Beats');
        return;
      }
      if (protocol === 'lines') {
        serveLines(socket, { intake, source: 'tcp', begun });
        return;
      }
      socket.pause();
      if (begun.length > 0) socket.unshift(begun);
      begun = Buffer.alloc(0);
      if (protocol === 'http') {
        socket.off('error', ignore);
        http(socket);
        process.nextTick(() => socket.resume());
      } else
        void import('./lumberjack/serve-lumberjack.ts').then(({ serveLumberjack }) =>
          serveLumberjack(socket, intake, logger),
        );
    };
    socket.on('data', onData);
    socket.once('end', onEnd);
  }

  #refuse(socket: Socket, reason: string): void {
    this.refused += 1;
    const host = socket.remoteAddress;
    socket.destroy();
    if (Date.now() - this.#warnedMs < warnEveryMs) return;
    this.#warnedMs = Date.now();
    this.#options.logger.warn({ host, reason, refused: this.refused }, 'a connection of a log sender is closed');
  }
}
