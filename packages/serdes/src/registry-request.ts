import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryClientError } from './registry-client-error.ts';

/** How to say who asks. A token that expires is given as a function, asked before each request. */
export type RegistryAuth =
  | { username: string; password: string }
  | { token: string | (() => string | Promise<string>) };

export interface RegistryRequestOptions {
  /** `http://host:8081`, several of them separated by commas, or a list; user and password may stand in the address. */
  url: string | readonly string[];
  auth?: RegistryAuth;
  /** Sent with each request. */
  headers?: Readonly<Record<string, string>>;
  /** For one attempt. Default 10,000. */
  requestTimeoutMs?: number;
  /** Attempts that follow one without an answer, or answered 429 or 5xx; each goes to the next address. Default 3. */
  retries?: number;
  /** Before the first of them; doubled each time, up to 2 s. Default 100. */
  retryDelayMs?: number;
  /** Default: the one of the platform. One of your own can bring proxies and certificates. */
  fetch?: typeof globalThis.fetch;
}

interface Address {
  base: string;
  authorization: string | undefined;
}

const contentType = 'application/vnd.schemaregistry.v1+json';
const answerBytesMax = 16 * 1024 * 1024;
const retryDelayMsMax = 2_000;

/** Requests to a registry at one or several addresses: with credentials, a time limit, and attempts that are bounded. */
export class RegistryRequests {
  readonly #options: Required<Pick<RegistryRequestOptions, 'requestTimeoutMs' | 'retries' | 'retryDelayMs' | 'fetch'>>;
  readonly #addresses: readonly Address[];
  readonly #auth: RegistryAuth | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #closed = new AbortController();
  /** The address that answered last. */
  #current = 0;

  constructor(options: RegistryRequestOptions) {
    const { requestTimeoutMs = 10_000, retries = 3, retryDelayMs = 100, fetch = globalThis.fetch } = options;
    this.#options = { requestTimeoutMs, retries, retryDelayMs, fetch };
    this.#addresses = addressesOf(options.url);
    this.#auth = options.auth;
    this.#headers = options.headers ?? {};
  }

  /** For messages; without credentials. */
  get url(): string {
    return this.#addresses.map(({ base }) => base).join(', ');
  }

  /** @throws RegistryClientError */
  async send(method: string, path: string, body?: unknown): Promise<unknown> {
    const { retries, retryDelayMs } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const error = await this.#attempt(method, path, body);
      if (!(error instanceof RegistryClientError)) return error;
      const isLast = attempt >= retries || this.#closed.signal.aborted;
      if (isLast || !isWorthAnother(error)) throw error;
      this.#current = (this.#current + 1) % this.#addresses.length;
      // A part of it is chance: those who lost the same registry do not all come back at once.
      const delayMs = Math.min(retryDelayMs * 2 ** attempt, retryDelayMsMax) * (0.5 + Math.random() / 2);
      await sleep(delayMs, undefined, { signal: this.#closed.signal, ref: true }).catch(() => {});
    }
  }

  /** Requests under way end with an error. */
  close(): void {
    this.#closed.abort();
  }

  /** The answer, or why there is none worth having. */
  async #attempt(method: string, path: string, body: unknown): Promise<unknown> {
    const { requestTimeoutMs, fetch } = this.#options;
    const address = this.#addresses[this.#current]!;
    const what = `${method} ${address.base}${path}`;
    if (this.#closed.signal.aborted) return away(what, 'this client is closed');
    const authorization = await this.#authorization(address);
    try {
      const answer = await fetch(`${address.base}${path}`, {
        method,
        headers: {
          accept: `${contentType}, application/json`,
          ...(body !== undefined && { 'content-type': contentType }),
          ...(authorization !== undefined && { authorization }),
          ...this.#headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(requestTimeoutMs)]),
      });
      const text = await bodyText(answer);
      if (answer.ok) return parsed(text) ?? refused(what, answer.status, 'the answer is not JSON', undefined);
      const said = parsed(text) as { message?: unknown; error_code?: unknown } | undefined;
      const errorCode = typeof said?.error_code === 'number' ? said.error_code : undefined;
      return refused(what, answer.status, String(said?.message ?? answer.statusText), errorCode);
    } catch (error) {
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      const why = this.#closed.signal.aborted ? 'this client is closed' : reasonOf(error);
      return away(what, isTimeout ? `no answer within ${requestTimeoutMs} ms` : why, error);
    }
  }

  async #authorization({ authorization }: Address): Promise<string | undefined> {
    const auth = this.#auth;
    if (auth === undefined) return authorization;
    if ('username' in auth) return basic(auth.username, auth.password);
    return `Bearer ${typeof auth.token === 'string' ? auth.token : await auth.token()}`;
  }
}

function addressesOf(url: string | readonly string[]): readonly Address[] {
  const texts = (typeof url === 'string' ? url.split(',') : url)
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (texts.length === 0) throw new TypeError('A registry needs an address, such as http://127.0.0.1:8081');
  return texts.map((text) => {
    if (!/^https?:\/\//.test(text))
      throw new TypeError(`"${text}" is no address of a registry: it must start with http://`);
    const { origin, pathname, username, password } = new URL(text);
    const authorization =
      username === '' ? undefined : basic(decodeURIComponent(username), decodeURIComponent(password));
    return { base: origin + pathname.replace(/\/+$/, ''), authorization };
  });
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Asking twice does no harm: what is registered already keeps its id. */
function isWorthAnother({ status }: RegistryClientError): boolean {
  return status === undefined || status === 429 || status >= 500;
}

function away(what: string, why: string, cause?: unknown): RegistryClientError {
  const message = `The schema registry gave no answer to ${what}: ${why}. Is its address right, and does it run?`;
  return new RegistryClientError('HW_SERDES_REGISTRY_AWAY', message, { cause });
}

function refused(what: string, status: number, message: string, errorCode: number | undefined): RegistryClientError {
  const text = `The schema registry answered ${what} with ${status}: ${message}`;
  return new RegistryClientError('HW_SERDES_REGISTRY', text, { status, ...(errorCode !== undefined && { errorCode }) });
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return cause?.message || cause?.code || message;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function bodyText(answer: Response): Promise<string> {
  if (answer.body === null) return '';
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > answerBytesMax) throw new Error(`the answer has more than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
