import { setTimeout as sleep } from 'node:timers/promises';

export interface ConnectClientOptions {
  /** Of a worker's REST API; a login may stand in it. */
  readonly url: string;
  /** For one request. Default 5,000 (`ksql.connect.request.timeout.ms`). */
  readonly requestTimeoutMs?: number;
  /** Before the second request; each later one waits twice as long. Default 100. */
  readonly retryDelayMs?: number;
}

/** What was answered: JSON, or the text of a refusal. */
export type ConnectAnswer =
  | { readonly isDone: true; readonly status: number; readonly value: unknown }
  | { readonly isDone: false; readonly status: number; readonly text: string };

export interface ConnectorInfo {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly tasks: readonly { readonly connector: string; readonly task: number }[];
  readonly type?: string;
}

export interface ConnectorState {
  readonly name: string;
  readonly connector: ConnectWorkerState;
  readonly tasks: readonly (ConnectWorkerState & { readonly id: number })[];
  readonly type?: string;
}

export interface ConnectWorkerState {
  readonly state: string;
  readonly worker_id: string;
  readonly trace?: string | null;
}

/** A worker that gave no answer, or none that is Kafka Connect's. */
export class ConnectAwayError extends Error {
  readonly code = 'HW_SQL_CONNECT_AWAY';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectAwayError';
  }
}

const attemptsMax = 3;
/** Of one answer, in bytes. */
const answerMax = 16 * 1024 * 1024;

/**
 * Kafka Connect's REST API, any worker that speaks it. What may pass (5xx, and 409 while a cluster rebalances) is asked three times.
 *
 * @throws ConnectAwayError of every call where nothing is answered
 */
export class ConnectClient {
  /** Without credentials. */
  readonly url: string;
  readonly #authorization: string | undefined;
  readonly #requestTimeoutMs: number;
  readonly #retryDelayMs: number;

  /** @throws TypeError for what is no address */
  constructor({ url, requestTimeoutMs = 5_000, retryDelayMs = 100 }: ConnectClientOptions) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new TypeError(`"${url}" is no address of Kafka Connect: write one such as http://127.0.0.1:8083`);
    const { origin, password, pathname, username } = new URL(url);
    this.url = origin + pathname.replace(/\/+$/, '');
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#retryDelayMs = retryDelayMs;
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    if (username !== '') this.#authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  }

  connectors(): Promise<ConnectAnswer> {
    return this.#send('GET', '/connectors');
  }

  plugins(): Promise<ConnectAnswer> {
    return this.#send('GET', '/connector-plugins');
  }

  describe(name: string): Promise<ConnectAnswer> {
    return this.#send('GET', `/connectors/${encodeURIComponent(name)}`);
  }

  status(name: string): Promise<ConnectAnswer> {
    return this.#send('GET', `/connectors/${encodeURIComponent(name)}/status`);
  }

  topics(name: string): Promise<ConnectAnswer> {
    return this.#send('GET', `/connectors/${encodeURIComponent(name)}/topics`);
  }

  create(name: string, config: Readonly<Record<string, string>>): Promise<ConnectAnswer> {
    return this.#send('POST', '/connectors', { name, config });
  }

  /** What the plugin says of a configuration, without making anything of it. */
  validate(plugin: string, config: Readonly<Record<string, string>>): Promise<ConnectAnswer> {
    return this.#send('PUT', `/connector-plugins/${encodeURIComponent(plugin)}/config/validate`, config);
  }

  delete(name: string): Promise<ConnectAnswer> {
    return this.#send('DELETE', `/connectors/${encodeURIComponent(name)}`);
  }

  async #send(method: string, path: string, body?: unknown): Promise<ConnectAnswer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#attempt(method, path, body);
      const isWorthAnother = answer instanceof ConnectAwayError || answer.status >= 500 || answer.status === 409;
      if (isWorthAnother && attempt < attemptsMax) {
        await sleep(this.#retryDelayMs * 2 ** (attempt - 1));
        continue;
      }
      if (answer instanceof ConnectAwayError) throw answer;
      return answer;
    }
  }

  async #attempt(method: string, path: string, body: unknown): Promise<ConnectAnswer | ConnectAwayError> {
    const what = `${method} ${this.url}${path}`;
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        redirect: 'error',
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(this.#authorization !== undefined && { authorization: this.#authorization }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(this.#requestTimeoutMs),
      });
      const text = await bodyText(response);
      const { ok, status, statusText } = response;
      if (!ok) return { isDone: false, status, text: text || statusText };
      return { isDone: true, status, value: text === '' ? null : (JSON.parse(text) as unknown) };
    } catch (error) {
      return new ConnectAwayError(`${what}: ${reason(error, this.#requestTimeoutMs)}`, { cause: error });
    }
  }
}

async function bodyText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.byteLength;
    if (length > answerMax) throw new Error(`the answer is longer than ${answerMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function reason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  if (error instanceof SyntaxError) return 'the answer is not JSON';
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause && cause.message === '' ? String(cause.code) : cause.message;
  return error.message;
}
