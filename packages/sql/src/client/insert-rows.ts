import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { answerLines } from './answer-lines.ts';
import { connectionError } from './http-calls.ts';
import { readJson } from './read-answer.ts';
import { type InsertRow, rowJson } from './row-json.ts';
import { endpoint, type ServerAddress } from './server-address.ts';
import { serverError } from './server-error.ts';
import { SqlClientError } from './sql-client-error.ts';

export type InsertRows = Iterable<InsertRow> | AsyncIterable<InsertRow>;

/** Rows that are sent and not yet answered. */
const windowRows = 1_000;

/**
 * Sends rows over `/inserts-stream` and resolves when all of them are taken, with their number. It is HTTP/2, as ksqlDB serves this
 * endpoint over nothing else.
 *
 * @throws SqlClientError HW_SQL_CLIENT_ROW at the first row that is refused; `acceptedRows` were taken
 */
export async function insertRows(
  server: ServerAddress,
  target: string,
  rows: InsertRows,
  properties: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  if (signal.aborted) throw connectionError(signal.reason, signal, server.url);
  const session = connect(server.url.origin);
  // Errors of the session also end its stream, which is read.
  session.on('error', () => {});
  const end = () => session.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Insertion(session, server, target, properties).run(rows);
  } catch (thrown) {
    throw connectionError(thrown, signal, server.url);
  } finally {
    signal.removeEventListener('abort', end);
    session.destroy();
  }
}

class Insertion {
  readonly #stream: ClientHttp2Stream;
  #sent = 0;
  #answered = 0;
  #isEnded = false;
  #wake: () => void = () => {};

  constructor(
    session: ClientHttp2Session,
    server: ServerAddress,
    target: string,
    properties: Readonly<Record<string, string>>,
  ) {
    this.#stream = session.request({
      ':method': 'POST',
      ':path': endpoint(server, '/inserts-stream').pathname,
      accept: 'application/vnd.ksqlapi.delimited.v1',
      'content-type': 'application/vnd.ksqlapi.delimited.v1',
      ...server.headers,
    });
    this.#stream.write(Buffer.from(`${JSON.stringify({ target, properties })}\n`));
  }

  async run(rows: InsertRows): Promise<number> {
    const writing = this.#write(rows);
    // It is awaited below; until then its failure must not be one that nobody waits for.
    writing.catch(() => this.#stream.close());
    try {
      await this.#read();
    } catch (error) {
      this.#isEnded = true;
      this.#wake();
      await writing.catch(() => {});
      throw error;
    }
    this.#isEnded = true;
    this.#wake();
    await writing;
    if (this.#answered < this.#sent) {
      throw new SqlClientError(
        'HW_SQL_CLIENT_CONNECTION',
        `the server ended after ${this.#answered} of ${this.#sent} rows: send the others again`,
        { acceptedRows: this.#answered },
      );
    }
    return this.#answered;
  }

  async #write(rows: InsertRows): Promise<void> {
    for await (const row of rows) {
      while (!this.#isEnded && this.#sent - this.#answered >= windowRows) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#isEnded) return;
      const line = Buffer.from(`${rowJson(row)}\n`);
      this.#sent++;
      if (!this.#stream.write(line)) await this.#drained();
    }
    this.#stream.end();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#stream.once('drain', resolve);
    });
  }

  async #read(): Promise<void> {
    const [headers] = (await once(this.#stream, 'response')) as [{ ':status'?: number }];
    const status = headers[':status'] ?? 0;
    for await (const lines of answerLines(this.#stream)) {
      for (const line of lines) {
        const answer = readJson(line) as { status?: string; seq?: number; message?: string; error_code?: number };
        if (answer.status === 'ok') this.#answered++;
        else throw this.#refusal(answer, status);
      }
      this.#wake();
    }
    if (status >= 300) throw new SqlClientError('HW_SQL_CLIENT_ANSWER', `the server answers ${status}`, { status });
  }

  #refusal(answer: { status?: string; seq?: number; message?: string; error_code?: number }, status: number): Error {
    if (answer.status !== 'error') {
      return (
        serverError(answer, '', status) ??
        new SqlClientError('HW_SQL_CLIENT_ANSWER', 'what the server answers to a row is not ksqlDB’s API')
      );
    }
    return new SqlClientError('HW_SQL_CLIENT_ROW', `row ${answer.seq} is refused: ${answer.message}`, {
      acceptedRows: this.#answered,
      ...(answer.seq !== undefined && { rowIndex: answer.seq }),
      ...(answer.error_code !== undefined && { errorCode: answer.error_code }),
    });
  }
}
