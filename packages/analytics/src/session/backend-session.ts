import type { Engine } from '../engine/engine.ts';
import { query } from '../protocol/frontend-messages.ts';
import { MessageSplitter } from '../protocol/message-splitter.ts';
import { backend } from '../protocol/message-types.ts';
import { parameter } from '../protocol/read-messages.ts';
import { InternalQuery, type InternalResult } from './internal-query.ts';

/** Who gets what PostgreSQL says. */
export interface BackendListener {
  onMessage(type: number, message: Buffer): void;
  /** After a piece of output: what was gathered is to be written; `taken` frees PostgreSQL to say more. */
  onChunkEnd(taken: () => void): void;
}

/** PostgreSQL's one session: serves a client's unit, or a query of the store's own. */
export class BackendSession {
  /** What PostgreSQL said of its parameters last. */
  readonly parameters = new Map<string, string>();
  listener: BackendListener | null = null;
  readonly engine: Engine;
  readonly #splitter = new MessageSplitter(2 ** 31 - 1);
  #toSend: Uint8Array[] = [];
  #internal: InternalQuery | null = null;
  #fail: ((error: Error) => void) | null = null;

  constructor(engine: Engine) {
    this.engine = engine;
    this.#splitter.push(asBuffer(engine.hello), (type, message) => {
      if (type === backend.parameterStatus) this.parameters.set(...parameter(message));
    });
    engine.onOutput = (bytes) => this.#take(bytes);
  }

  /** Messages go together, once what is being done is done: thousands of small ones, as COPY has them, are one. */
  send(bytes: Uint8Array): void {
    if (this.#toSend.length === 0) queueMicrotask(() => this.#sendAll());
    this.#toSend.push(bytes);
  }

  #sendAll(): void {
    const bytes = Buffer.concat(this.#toSend);
    this.#toSend = [];
    this.engine.send(bytes);
  }

  /** PostgreSQL ended: a query of the store's own gets no answer any more. */
  fail(error: Error): void {
    this.#internal = null;
    this.#fail?.(error);
    this.#fail = null;
  }

  /** Runs a query of the store's own. Only while PostgreSQL is ready. */
  async internal(sql: string): Promise<InternalResult> {
    return await new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#internal = new InternalQuery((result) => {
        this.#internal = null;
        this.#fail = null;
        resolve(result);
      });
      this.send(query(sql));
    });
  }

  #take(bytes: Uint8Array): void {
    this.#splitter.push(asBuffer(bytes), (type, message) => {
      if (type === backend.parameterStatus) this.parameters.set(...parameter(message));
      if (this.#internal !== null && type !== backend.notificationResponse) this.#internal.take(type, message);
      else this.listener?.onMessage(type, message);
    });
    const taken = (): void => this.engine.taken(bytes.length);
    if (this.listener === null) taken();
    else this.listener.onChunkEnd(taken);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
