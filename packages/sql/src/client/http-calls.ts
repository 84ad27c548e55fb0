import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { readJson } from './read-answer.ts';
import { endpoint, type ServerAddress } from './server-address.ts';
import { serverError } from './server-error.ts';
import { SqlClientError } from './sql-client-error.ts';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly accept?: string;
  /** The statements sent: what errors refer to. */
  readonly sql?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Largest answer that is read whole, in bytes. */
const answerBytesMax = 64 * 1024 * 1024;

/** HTTP/1.1 to one server. `fetch` is not used: it ends answers that say nothing for five minutes, as quiet push queries do. */
export class HttpCalls {
  readonly #server: ServerAddress;
  readonly #agent: Agent;
  readonly #closed = new AbortController();
  readonly #outer: AbortSignal | undefined;

  constructor(server: ServerAddress, signal: AbortSignal | undefined) {
    this.#server = server;
    this.#outer = signal;
    this.#agent = server.url.protocol === 'https:' ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  }

  get server(): ServerAddress {
    return this.#server;
  }

  /** Of everything that the client has under way, and of one call. */
  signalOf(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#closed.signal, this.#outer, signal].filter((each) => each !== undefined));
  }

  /** The JSON of an answer. @throws SqlClientError */
  async json(call: Call): Promise<unknown> {
    const response = await this.open(call);
    return readJson(await this.#text(response, call));
  }

  /** An answer whose body has not been read. @throws SqlClientError where the status is no success */
  async open(call: Call): Promise<IncomingMessage> {
    const signal = this.signalOf(call.signal);
    const response = await this.#send(call, signal);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    const text = await this.#text(response, call);
    throw refusal(text, status, call.sql ?? '', this.#server.url);
  }

  close(): void {
    this.#closed.abort();
    this.#agent.destroy();
  }

  /** What reading an answer failed with, in the client's words. */
  failure(thrown: unknown, signal: AbortSignal | undefined): SqlClientError {
    return connectionError(thrown, this.signalOf(signal), this.#server.url);
  }

  #send(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, headers } = this.#server;
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const send = url.protocol === 'https:' ? tlsRequest : request;
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown) => reject(connectionError(thrown, signal, url));
      if (signal.aborted) return fail(signal.reason);
      const req = send(endpoint(this.#server, call.path), {
        method: call.method,
        agent: this.#agent,
        signal,
        headers: {
          accept: call.accept ?? 'application/json',
          ...(body !== undefined && {
            'content-type': 'application/vnd.ksql.v1+json',
            'content-length': String(body.length),
          }),
          ...headers,
        },
      });
      req.on('error', fail).on('response', resolve).end(body);
    });
  }

  async #text(response: IncomingMessage, { signal }: Call): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response) {
        bytes += (chunk as Buffer).length;
        if (bytes > answerBytesMax) break;
        chunks.push(chunk as Buffer);
      }
    } catch (thrown) {
      throw this.failure(thrown, signal);
    }
    if (bytes > answerBytesMax) {
      throw new SqlClientError(
        'HW_SQL_CLIENT_ANSWER',
        `the answer has more than ${answerBytesMax} bytes: ask for less`,
      );
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

function refusal(text: string, status: number, sql: string, url: URL): SqlClientError {
  let body: unknown;
  try {
    body = readJson(text);
  } catch {
    body = undefined;
  }
  const hint = status === 401 ? ': give a user and password' : '';
  return (
    serverError(body, sql, status) ??
    new SqlClientError('HW_SQL_CLIENT_ANSWER', `${url.origin} answers ${status}${hint}: is it a SQL server?`, {
      status,
    })
  );
}

export function connectionError(thrown: unknown, signal: AbortSignal, url: URL): SqlClientError {
  if (thrown instanceof SqlClientError) return thrown;
  if (signal.aborted) return new SqlClientError('HW_SQL_CLIENT_CLOSED', 'the call was ended', { cause: thrown });
  const { code, message } = thrown as Error & { code?: string };
  const reason = message || code || String(thrown);
  return new SqlClientError(
    'HW_SQL_CLIENT_CONNECTION',
    `the SQL server at ${url.origin} does not answer (${reason}): is it running?`,
    { cause: thrown },
  );
}
