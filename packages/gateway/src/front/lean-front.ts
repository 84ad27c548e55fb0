import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LeanRequest } from './lean-request.ts';
import { LeanResponse, type LeanResponseOwner } from './lean-response.ts';
import { plainHead } from './plain-head.ts';

/** Serves a plain request, or leaves it to the full server (false) before anything of it was done. */
export type ServePlain = (req: IncomingMessage, res: ServerResponse) => boolean;

/** As the full server has them. */
const idleMaxMs = 65_000;
const unreadMaxMs = 60_000;
const sweepMs = 5_000;
/** Of requests that come before their turn. */
const waitingMaxBytes = 64 * 1024;

/**
 * Serves plain requests without Node's objects for each: heads without a body behind them, that can be read in one way, for something that is forwarded.
 * A connection that brings anything else (a body, an upgrade, a head in pieces, HTTP/2, a mistake) goes to the full server with all that it sent, for
 * the rest of its life: there is one place that refuses, and it is not this one.
 */
export class LeanFront {
  readonly #connections = new Set<Connection>();
  readonly #sweeper: NodeJS.Timeout;
  readonly firstRequestMaxMs: number;
  isClosing = false;

  constructor(server: Server, serve: ServePlain, firstRequestMaxMs: number) {
    this.firstRequestMaxMs = firstRequestMaxMs;
    // Over TLS the connections that count are those whose handshake is done.
    const event = server.listenerCount('secureConnection') > 0 ? 'secureConnection' : 'connection';
    const listeners = server.listeners(event) as ((socket: Socket) => void)[];
    const full = (socket: Socket): void => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.removeAllListeners(event);
    server.on(event as 'connection', (socket: Socket) => {
      if (this.isClosing || (socket as TLSSocket).alpnProtocol === 'h2') return full(socket);
      const connection = new Connection(socket, serve, this, full);
      this.#connections.add(connection);
    });
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(sweepMs, firstRequestMaxMs)).unref();
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** Ends idle connections, and the others after their answer. */
  close(): void {
    this.isClosing = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#connections) connection.finish();
  }

  /** Ends what is left. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const connection of this.#connections) connection.sweep(nowMs);
  }
}

class Connection implements LeanResponseOwner {
  readonly #socket: Socket;
  readonly #serve: ServePlain;
  readonly #front: LeanFront;
  readonly #full: (socket: Socket) => void;
  #response: LeanResponse | undefined;
  #waiting: Buffer | undefined;
  #isFirst = true;
  #isServing = false;
  #sinceMs = performance.now();
  #unread = 0;
  readonly #onData = (bytes: Buffer): void => this.#data(bytes);
  readonly #onDrain = (): void => void this.#response?.emit('drain');
  readonly #onEnd = (): void => void this.#socket.destroy();
  readonly #onClose = (): void => this.#closed();

  constructor(socket: Socket, serve: ServePlain, front: LeanFront, full: (socket: Socket) => void) {
    this.#socket = socket;
    this.#serve = serve;
    this.#front = front;
    this.#full = full;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.on('error', nothing);
  }

  finished(response: LeanResponse): void {
    this.#response = undefined;
    this.#sinceMs = performance.now();
    this.#unread = this.#socket.writableLength;
    if (response.isLast || this.#front.isClosing) return void this.#socket.destroySoon();
    // Within `serve` the loop below goes on by itself.
    if (this.#waiting !== undefined && !this.#isServing) setImmediate(() => this.#next());
  }

  finish(): void {
    if (this.#response === undefined) this.#socket.destroySoon();
    else this.#response.isLast = true;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  sweep(nowMs: number): void {
    if (this.#response !== undefined) return;
    const quietMs = nowMs - this.#sinceMs;
    const { writableLength } = this.#socket;
    // The answer has been given, and its reader does not take it.
    if (writableLength > 0) {
      if (writableLength === this.#unread && quietMs > unreadMaxMs) this.#socket.destroy();
      else if (writableLength !== this.#unread) {
        this.#unread = writableLength;
        this.#sinceMs = nowMs;
      }
    } else if (quietMs > (this.#isFirst ? this.#front.firstRequestMaxMs : idleMaxMs)) this.#socket.destroy();
  }

  #data(bytes: Buffer): void {
    // Those that wait come first.
    if (this.#response !== undefined || this.#waiting !== undefined) this.#wait(bytes);
    else this.#requests(bytes);
  }

  #next(): void {
    const bytes = this.#waiting;
    if (bytes === undefined || this.#response !== undefined) return;
    this.#waiting = undefined;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#requests(bytes);
  }

  #requests(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    let rest = bytes;
    while (rest.length > 0) {
      const head = plainHead(rest);
      if (head === undefined) return void this.#handOver(rest);
      const response = new LeanResponse(head.method, this.#socket, this, !head.keepsAlive);
      if (this.#front.isClosing) response.isLast = true;
      this.#response = response;
      this.#isServing = true;
      const isServed = this.#serve(
        new LeanRequest(head, this.#socket).asIncomingMessage(),
        response.asServerResponse(),
      );
      this.#isServing = false;
      if (!isServed) {
        this.#response = undefined;
        return void this.#handOver(rest);
      }
      this.#isFirst = false;
      rest = rest.subarray(head.end);
      if (response.isLast) return;
      if (this.#response !== undefined) break;
    }
    if (rest.length > 0) this.#wait(rest);
  }

  /** Requests before their turn: few, then nothing more is read. */
  #wait(bytes: Buffer): void {
    this.#waiting = this.#waiting === undefined ? bytes : Buffer.concat([this.#waiting, bytes]);
    if (this.#waiting.length > waitingMaxBytes) this.#socket.pause();
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    this.#detach();
    socket.pause();
    socket.unshift(bytes);
    this.#full(socket);
    process.nextTick(() => socket.resume());
  }

  #closed(): void {
    this.#detach();
    this.#response?.lost();
  }

  #detach(): void {
    const socket = this.#socket;
    this.#front.delete(this);
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    if (!socket.destroyed) socket.off('error', nothing);
  }
}

function nothing(): void {}
