import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { AnswerHead, AnswerListener, RequestHead, UpstreamRequest } from '../upstream-request.ts';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import { requestText } from './request-text.ts';

/** What a connection tells the pool that it belongs to. */
export interface ConnectionOwner {
  /** It can take another request; false: it is not wanted any more. */
  idle(connection: Http1Connection): boolean;
  closed(connection: Http1Connection): void;
}

export type ConnectionAddress = (TcpNetConnectOpts & { tls: false }) | (ConnectionOptions & { tls: true });

/** Small first pieces of a body go out in one write with the head. */
const joinedMaxBytes = 8 * 1024;
/**
 * Where the system puts what it reads: used up before the next read of any connection, so one is enough. Elsewhere than on Windows, where reads are
 * under way for all connections at once.
 */
const shared = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(64 * 1024);

/**
 * A connection to an upstream that carries one request after the other, on a plain socket: no objects of Node's client for each request, one write
 * for a request without a body, and the answer's pieces as views of the read buffer.
 */
export class Http1Connection implements AnswerSink {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #parser = new AnswerParser(this);
  #request: Http1Request | undefined;
  #isAnswered = false;
  #trailers: string[] | undefined;
  #served = 0;
  #isClosed = false;
  #error: NodeJS.ErrnoException | undefined;
  /** Nothing can have been sent yet. */
  isConnecting = true;
  /** `performance.now()` when it became idle. */
  idleSinceMs = 0;

  constructor(address: ConnectionAddress, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = address.tls
      ? connectTls(address)
      : connect({
          ...address,
          onread: {
            buffer: shared ?? Buffer.allocUnsafeSlow(16 * 1024),
            // A view of the read buffer, good until this returns.
            callback: (length, buffer) => this.#read((buffer as Buffer).subarray(0, length)),
          },
        });
    this.#socket.setNoDelay(true);
    this.#socket.once(address.tls ? 'secureConnect' : 'connect', () => {
      this.isConnecting = false;
    });
    if (address.tls) this.#socket.on('data', (bytes: Buffer) => void this.#read(bytes));
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    this.#socket.on('drain', () => this.#request?.listener?.drained());
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('close', () => this.#closed());
  }

  send(head: RequestHead, listener: AnswerListener): Http1Request {
    const request = new Http1Request(this, head, listener, this.#served > 0);
    this.#request = request;
    this.#served++;
    this.#isAnswered = false;
    this.#trailers = undefined;
    this.#parser.expect(head.method);
    return request;
  }

  get isUsable(): boolean {
    return !this.#isClosed && this.#socket.writable && this.#parser.isIdle;
  }

  /** Until when an idle connection is good, from what the upstream said; undefined: it said nothing. */
  get keepAliveMs(): number | undefined {
    return this.#parser.keepAliveMs;
  }

  /** For the request under way. */
  write(bytes: Buffer | string): boolean {
    if (this.#isClosed || !this.#socket.writable) return true;
    return typeof bytes === 'string' ? this.#socket.write(bytes, 'latin1') : this.#socket.write(bytes);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#request = undefined;
    this.#socket.destroy();
    this.#close();
  }

  /** The whole request has been written. */
  sent(): void {
    if (this.#isAnswered) this.#release();
  }

  informed(status: number): void {
    if (status === 100) this.#request?.listener?.continued();
  }

  head(status: number, reason: string, headers: string[]): void {
    const answer: AnswerHead = { status, reason, headers };
    this.#request?.listener?.answered(answer);
  }

  data(piece: Buffer): void {
    this.#request?.listener?.received(piece);
  }

  end(trailers: string[] | undefined): void {
    this.#isAnswered = true;
    this.#trailers = trailers;
  }

  /** False: the reader of the answer has enough for now. */
  #read(bytes: Buffer): boolean {
    try {
      this.#parser.push(bytes);
    } catch (error) {
      // What follows a whole answer spoils the connection, not the answer.
      if (this.#isAnswered) this.#complete();
      this.#fail(error as NodeJS.ErrnoException);
      return false;
    }
    if (this.#isAnswered) this.#complete();
    return this.#request?.isPaused !== true;
  }

  #complete(): void {
    const request = this.#request;
    if (request === undefined) return;
    const { listener } = request;
    request.listener = undefined;
    if (request.isSent) this.#release();
    listener?.completed(this.#trailers);
    // An answer before the end of its request: nobody knows whether the upstream will read the rest.
    if (!request.isSent && this.#request === request) this.destroy();
  }

  #release(): void {
    const wasPaused = this.#request?.isPaused === true;
    this.#request = undefined;
    if (!this.#parser.keepsAlive || this.#isClosed || !this.#socket.writable) return void this.destroy();
    if (wasPaused) this.#socket.resume();
    this.idleSinceMs = performance.now();
    if (!this.#owner.idle(this)) this.destroy();
  }

  #ended(): void {
    if (this.#parser.finish()) this.#complete();
    this.destroyWith(this.#error ?? hangUp());
  }

  #closed(): void {
    if (this.#error === undefined && this.#parser.finish()) this.#complete();
    this.destroyWith(this.#error ?? hangUp());
  }

  destroyWith(error: NodeJS.ErrnoException): void {
    this.#fail(error);
  }

  #fail(error: NodeJS.ErrnoException): void {
    const listener = this.#request?.listener;
    if (this.#request !== undefined) this.#request.listener = undefined;
    this.destroy();
    listener?.failed(error);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner.closed(this);
  }
}

/** One request on a connection. */
export class Http1Request implements UpstreamRequest {
  /** Undefined when nothing more is to be told. */
  listener: AnswerListener | undefined;
  isSent = false;
  isPaused = false;
  readonly isReused: boolean;
  readonly #connection: Http1Connection;
  readonly #isChunked: boolean;
  #headText: string;

  constructor(connection: Http1Connection, head: RequestHead, listener: AnswerListener, isReused: boolean) {
    this.#connection = connection;
    this.listener = listener;
    this.isReused = isReused;
    const { text, isChunked } = requestText(head);
    this.#headText = text;
    this.#isChunked = isChunked;
  }

  get isConnecting(): boolean {
    return this.#connection.isConnecting;
  }

  flush(): void {
    if (this.#headText === '') return;
    this.#connection.write(this.#headText);
    this.#headText = '';
  }

  write(piece: Buffer): boolean {
    if (this.isSent || piece.length === 0 || this.listener === undefined) return true;
    const begin = this.#isChunked ? `${this.#headText}${piece.length.toString(16)}\r\n` : this.#headText;
    this.#headText = '';
    const isJoined = begin !== '' && piece.length <= joinedMaxBytes;
    if (isJoined) return this.#connection.write(begin + piece.toString('latin1') + (this.#isChunked ? '\r\n' : ''));
    if (begin === '') return this.#connection.write(piece);
    this.#connection.cork();
    this.#connection.write(begin);
    let hasRoom = this.#connection.write(piece);
    if (this.#isChunked) hasRoom = this.#connection.write('\r\n');
    this.#connection.uncork();
    return hasRoom;
  }

  end(): void {
    if (this.isSent) return;
    this.isSent = true;
    const last = this.#isChunked ? `${this.#headText}0\r\n\r\n` : this.#headText;
    this.#headText = '';
    if (last !== '') this.#connection.write(last);
    if (this.listener === undefined) this.#connection.sent();
  }

  pause(): void {
    if (this.isPaused || this.listener === undefined) return;
    this.isPaused = true;
    this.#connection.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (this.listener !== undefined) this.#connection.resume();
  }

  destroy(): void {
    if (this.listener === undefined) return;
    this.listener = undefined;
    this.#connection.destroy();
  }
}

function hangUp(): NodeJS.ErrnoException {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
