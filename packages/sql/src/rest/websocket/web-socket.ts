import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { closePayload, encodeFrame, FrameReader, opcodes } from './frames.ts';

/** RFC 6455, section 1.3. */
const acceptSalt = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** How long the other end has to answer a close. */
const closeTimeoutMs = 1_000;

/** The server's end of a WebSocket: sends text, hears control frames; messages of clients are read and forgotten. */
export class WebSocketConnection {
  readonly #socket: Duplex;
  readonly #reader = new FrameReader();
  readonly #closed = new AbortController();
  #isClosing = false;

  /** Answers the handshake. Undefined, after an answer of 400 or 426, where it is none. */
  static accept(req: IncomingMessage, socket: Duplex, head: Buffer): WebSocketConnection | undefined {
    const key = req.headers['sec-websocket-key'];
    const isAsked = req.headers.upgrade?.toLowerCase() === 'websocket' && req.method === 'GET';
    if (!isAsked || key === undefined || Buffer.from(key, 'base64').length !== 16) {
      refuse(socket, '400 Bad Request');
      return undefined;
    }
    if (req.headers['sec-websocket-version'] !== '13') {
      refuse(socket, '426 Upgrade Required\r\nSec-WebSocket-Version: 13');
      return undefined;
    }
    const accept = createHash('sha1')
      .update(key + acceptSalt)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    return new WebSocketConnection(socket, head);
  }

  private constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.once('close', () => this.#closed.abort());
    if (head.length > 0) this.#read(head);
  }

  /** Aborted when the connection is gone, or the other end says that it goes. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Resolves when more may be sent. */
  send(text: string): Promise<void> | void {
    if (this.#isClosing || this.#socket.destroyed) return;
    if (this.#socket.write(encodeFrame(opcodes.text, Buffer.from(text)))) return;
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.closed.removeEventListener('abort', done);
        resolve();
      };
      this.#socket.once('drain', done);
      this.closed.addEventListener('abort', done, { once: true });
    });
  }

  /** Says goodbye, and waits a while for the answer. May be called twice. */
  close(code: number, reason: string): void {
    if (this.#isClosing || this.#socket.destroyed) return;
    this.#isClosing = true;
    this.#socket.write(encodeFrame(opcodes.close, closePayload(code, reason)));
    const timer = setTimeout(() => this.#socket.destroy(), closeTimeoutMs);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #read(chunk: Buffer): void {
    try {
      for (const { opcode, payload } of this.#reader.read(chunk)) {
        if (opcode === opcodes.ping && !this.#isClosing) this.#socket.write(encodeFrame(opcodes.pong, payload));
        if (opcode !== opcodes.close) continue;
        if (!this.#isClosing) this.#socket.write(encodeFrame(opcodes.close, payload.subarray(0, 2)));
        this.#isClosing = true;
        this.#closed.abort();
        this.#socket.end();
      }
    } catch (error) {
      const [code = '1002', ...words] = (error as Error).message.split(' ');
      this.close(Number(code), words.join(' '));
    }
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
