import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { PlainHead } from './plain-head.ts';

/** A request without a body, in the shape of Node's class as far as the gateway and its modules look at one. */
export class LeanRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly complete = true;
  readonly aborted = false;

  constructor(head: PlainHead, socket: Socket) {
    this.method = head.method;
    this.url = head.target;
    this.rawHeaders = head.rawHeaders;
    this.headers = head.headers;
    this.socket = socket;
  }

  asIncomingMessage(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }

  get connection(): Socket {
    return this.socket;
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  // There is no body: nothing is ever told.
  on(): this {
    return this;
  }
  once(): this {
    return this;
  }
  off(): this {
    return this;
  }
  removeListener(): this {
    return this;
  }
  pause(): this {
    return this;
  }
  resume(): this {
    return this;
  }
  destroy(): this {
    this.socket.destroy();
    return this;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {}
}
