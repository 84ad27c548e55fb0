import { EventEmitter } from 'node:events';
import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

export interface LeanResponseOwner {
  /** The last byte of the answer has been given to the socket. */
  finished(response: LeanResponse): void;
}

/** A first piece up to this size goes out in one write with the head. */
const joinedMaxBytes = 16 * 1024;
const badName = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;
const keptAlive = 'Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n';

/** An answer, in the shape of Node's class as far as the gateway and its modules use one, that goes out in as few writes as can be. */
export class LeanResponse extends EventEmitter {
  statusCode = 200;
  statusMessage = '';
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  closed = false;
  /** After this answer the connection ends. */
  isLast: boolean;
  readonly req: { readonly method: string };
  readonly #socket: Socket;
  readonly #owner: LeanResponseOwner;
  #set: Map<string, [name: string, value: string | readonly string[]]> | undefined;
  /** The head, as long as it waits for the first piece of the body. */
  #head = '';
  #isChunked = false;
  #hasNoBody = false;

  constructor(method: string, socket: Socket, owner: LeanResponseOwner, isLast: boolean) {
    super();
    this.req = { method };
    this.#socket = socket;
    this.#owner = owner;
    this.isLast = isLast;
  }

  asServerResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  get socket(): Socket | null {
    return this.closed ? null : this.#socket;
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  get writable(): boolean {
    return !this.writableEnded && !this.destroyed;
  }

  setHeader(name: string, value: string | number | readonly string[]): this {
    this.#set ??= new Map();
    this.#set.set(name.toLowerCase(), [name, typeof value === 'number' ? String(value) : value]);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.#set?.get(name.toLowerCase());
    return before === undefined
      ? this.setHeader(name, value)
      : this.setHeader(name, [before[1], value].flat() as string[]);
  }

  getHeader(name: string): string | readonly string[] | undefined {
    return this.#set?.get(name.toLowerCase())?.[1];
  }

  hasHeader(name: string): boolean {
    return this.#set?.has(name.toLowerCase()) === true;
  }

  removeHeader(name: string): void {
    this.#set?.delete(name.toLowerCase());
  }

  /** Throws for a status or a field that is not one. */
  writeHead(
    status: number,
    reasonOrHeaders?: string | OutgoingHttpHeaders | readonly string[],
    more?: OutgoingHttpHeaders | readonly string[],
  ): this {
    if (this.headersSent) throw new Error('the head of this answer has been sent');
    if (!Number.isInteger(status) || status < 200 || status > 999) throw new RangeError(`${status} is no status`);
    const reason = typeof reasonOrHeaders === 'string' ? reasonOrHeaders : (STATUS_CODES[status] ?? 'unknown');
    const fields = typeof reasonOrHeaders === 'string' ? more : reasonOrHeaders;
    if (badValue.test(reason)) throw new TypeError('the reason holds characters that cannot be sent');
    this.statusCode = status;
    this.#hasNoBody = this.req.method === 'HEAD' || status === 204 || status === 304;
    const seen = { length: false, date: false, close: false };
    let text = `HTTP/1.1 ${status} ${reason}\r\n`;
    if (Array.isArray(fields)) {
      if (this.#set !== undefined)
        for (let i = 0; i < fields.length; i += 2) this.#set.delete(fields[i]!.toLowerCase());
      for (let i = 0; i < fields.length; i += 2) text += line(fields[i]!, fields[i + 1]!, seen);
    } else if (fields !== undefined) {
      for (const [name, value] of Object.entries(fields as OutgoingHttpHeaders))
        if (value !== undefined) this.setHeader(name, typeof value === 'object' ? value : String(value));
    }
    if (this.#set !== undefined)
      for (const [name, value] of this.#set.values())
        for (const each of typeof value === 'string' ? [value] : value) text += line(name, each, seen);
    if (!seen.date) text += dateLine();
    if (seen.close) this.isLast = true;
    else text += this.isLast ? 'Connection: close\r\n' : keptAlive;
    if (!seen.length && !this.#hasNoBody) {
      this.#isChunked = true;
      text += 'Transfer-Encoding: chunked\r\n';
    }
    this.#head = `${text}\r\n`;
    this.headersSent = true;
    return this;
  }

  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (this.#head === '' || this.destroyed) return;
    const head = this.#head;
    this.#head = '';
    this.#socket.write(head, 'latin1');
  }

  /** False: enough for now, `drain` follows. The bytes may be a view that is good only until this returns. */
  write(chunk: Buffer | string): boolean {
    if (!this.headersSent) this.writeHead(this.statusCode);
    if (this.destroyed || this.writableEnded) return true;
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (piece.length === 0) return true;
    if (this.#hasNoBody) return true;
    let begin = this.#head;
    this.#head = '';
    if (this.#isChunked) begin += `${piece.length.toString(16)}\r\n`;
    const after = this.#isChunked ? '\r\n' : '';
    if (begin !== '' && piece.length <= joinedMaxBytes)
      return this.#socket.write(begin + piece.toString('latin1') + after, 'latin1');
    this.#socket.cork();
    if (begin !== '') this.#socket.write(begin, 'latin1');
    let hasRoom = this.#socket.write(Buffer.from(piece));
    if (after !== '') hasRoom = this.#socket.write(after, 'latin1');
    this.#socket.uncork();
    return hasRoom;
  }

  end(chunk?: Buffer | string): this {
    if (this.writableEnded || this.destroyed) return this;
    if (!this.headersSent) {
      if (chunk === undefined && !this.hasHeader('content-length')) this.setHeader('Content-Length', '0');
      this.writeHead(this.statusCode);
    }
    if (chunk !== undefined) this.write(chunk);
    const rest = this.#head + (this.#isChunked ? '0\r\n\r\n' : '');
    this.#head = '';
    if (rest !== '') this.#socket.write(rest, 'latin1');
    this.writableEnded = true;
    this.writableFinished = true;
    this.emit('finish');
    this.#close();
    this.#owner.finished(this);
    return this;
  }

  destroy(): this {
    this.#socket.destroy();
    this.lost();
    return this;
  }

  /** The connection is gone. */
  lost(): void {
    if (this.closed) return;
    this.destroyed = true;
    this.#close();
  }

  #close(): void {
    this.closed = true;
    this.emit('close');
  }
}

function line(name: string, value: string, seen: { length: boolean; date: boolean; close: boolean }): string {
  if (badName.test(name) || name === '' || badValue.test(value))
    throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent: ${JSON.stringify(value.slice(0, 60))}`);
  if (name.length === 14 && name.toLowerCase() === 'content-length') seen.length = true;
  else if (name.length === 4 && name.toLowerCase() === 'date') seen.date = true;
  else if (name.length === 10 && name.toLowerCase() === 'connection' && value === 'close') seen.close = true;
  return `${name}: ${value}\r\n`;
}

let dateText = '';
let dateUntilMs = 0;

/** The same for a second. */
function dateLine(): string {
  const nowMs = Date.now();
  if (nowMs >= dateUntilMs) {
    dateUntilMs = nowMs - (nowMs % 1_000) + 1_000;
    dateText = `Date: ${new Date(nowMs).toUTCString()}\r\n`;
  }
  return dateText;
}
