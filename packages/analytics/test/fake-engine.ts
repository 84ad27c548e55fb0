/** For tests: an engine that answers as PostgreSQL does to what a multiplexer of sessions needs, and a client that keeps what it is told. */
import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../src/engine/engine.ts';
import { commandComplete, message, parameterStatus, readyForQuery } from '../src/protocol/backend-messages.ts';
import { MessageSplitter } from '../src/protocol/message-splitter.ts';
import { backend, frontend } from '../src/protocol/message-types.ts';
import { errorFields, queryText } from '../src/protocol/read-messages.ts';
import type { SessionClient } from '../src/session/client-session.ts';

/** `HANG` is never answered; `LARGE` with 5 MB; `BEGIN`, `COMMIT` and `ROLLBACK` change the status. */
export class FakeEngine implements Engine {
  readonly hello: Buffer = parameterStatus('server_version', '18');
  onOutput = (_bytes: Uint8Array): void => {};
  onEnd = (_error: Error): void => {};
  readonly unreadBytes = 0;
  /** Queries in the order in which they came. */
  readonly queries: string[] = [];
  isClosed = false;
  isKilled = false;
  #status: 'I' | 'T' = 'I';
  readonly #splitter = new MessageSplitter(1 << 20);

  send(bytes: Uint8Array): void {
    this.#splitter.push(Buffer.from(bytes), (type, text) => {
      if (type === frontend.query) void this.#answer(queryText(text));
    });
  }

  async #answer(sql: string): Promise<void> {
    this.queries.push(sql);
    if (sql === 'HANG') return;
    if (sql === 'BEGIN') this.#status = 'T';
    if (sql === 'COMMIT' || sql === 'ROLLBACK') this.#status = 'I';
    await setImmediate();
    if (sql === 'LARGE') this.onOutput(message(backend.dataRow, Buffer.alloc(5 << 20)));
    else this.onOutput(Buffer.concat([commandComplete(sql), readyForQuery(this.#status)]));
  }

  taken(): void {}

  async kill(): Promise<void> {
    this.isKilled = true;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

export class FakeClient implements SessionClient {
  /** Types and texts of what it was told, but for parameters and its start. */
  readonly told: string[] = [];
  backlogBytes = 0;
  isEnded = false;
  isDestroyed = false;
  readonly #splitter = new MessageSplitter(64 << 20);

  write(bytes: Uint8Array): void {
    if (bytes.length > 1 << 20) this.backlogBytes += bytes.length;
    this.#splitter.push(Buffer.from(bytes), (type, text) => {
      if (type === backend.commandComplete) this.told.push(text.toString('utf8', 5, text.length - 1));
      if (type === backend.errorResponse) this.told.push(errorFields(text)['C']!);
      if (type === backend.readyForQuery) this.told.push(`ready ${text.toString('latin1', 5)}`);
    });
  }

  onceDrained(): void {}

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}
