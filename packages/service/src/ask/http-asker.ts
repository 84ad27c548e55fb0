import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { withoutLogin } from '@headwater/http';
import { ServiceError } from '../service-error.ts';

export interface AskOptions {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  contentType: string;
  body: Buffer;
}

export interface AskerOptions {
  /** Certificates of authorities beside those that Node trusts, PEM. Default: the file that `HEADWATER_CA_FILE` names. */
  ca?: string | undefined;
  /** For a whole exchange. Default 5,000 ms. */
  timeoutMs?: number;
  /** Largest answer, before and after inflating. Default 64 MiB. */
  maxBodyBytes?: number;
}

/**
 * HTTP to the parts that a service is told of by address (discovery, configuration): few connections, kept alive, bounded in time and
 * size, closed with their owner. `user:password@` of an address becomes basic authentication.
 */
export class HttpAsker {
  readonly #timeoutMs: number;
  readonly #maxBodyBytes: number;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 4, timeout: 30_000 });
  readonly #ca: string | undefined;
  readonly #open = new Set<ClientRequest>();
  #https: HttpsAgent | undefined;
  #isClosed = false;

  constructor({ ca, timeoutMs = 5_000, maxBodyBytes = 64 * 1024 * 1024 }: AskerOptions = {}) {
    this.#ca = ca;
    this.#timeoutMs = timeoutMs;
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Sends a request and reads its whole answer. Rejects when there is none; a status is the caller's to judge. */
  async ask(url: string, options: AskOptions = {}): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    for (let attempt = 1; ; attempt += 1) {
      const { promise, request } = this.#send(url, { ...options, signal });
      try {
        const response = await promise;
        const body = await this.#read(response);
        return { status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', body };
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        if (timeout.aborted) throw new Error(`no answer from ${shownUrl(url)} within ${this.#timeoutMs} ms`);
        // A kept connection that the other side closed meanwhile: the request was not seen.
        if (attempt < 3 && request.reusedSocket && (error as { code?: string }).code === 'ECONNRESET') continue;
        throw new Error(`cannot reach ${shownUrl(url)}: ${reasonOf(error)}`, { cause: error });
      }
    }
  }

  /** Sends a request and resolves with its head; the body is the caller's to read, for as long as it takes. */
  open(url: string, options: AskOptions = {}): Promise<IncomingMessage> {
    return this.#send(url, options).promise;
  }

  /** Ends everything under way. May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#open) request.destroy();
    this.#http.destroy();
    this.#https?.destroy();
  }

  #send(address: string, options: AskOptions): { promise: Promise<IncomingMessage>; request: ClientRequest } {
    if (this.#isClosed) throw new ServiceError('HW_SERVICE_CLOSED', `${shownUrl(address)} is asked after close()`);
    const url = new URL(address);
    const headers: Record<string, string> = { 'accept-encoding': 'gzip', ...options.headers };
    Object.assign(headers, withoutLogin(address).headers);
    if (options.body !== undefined) headers['content-length'] = String(Buffer.byteLength(options.body));
    const isHttps = url.protocol === 'https:';
    const common = { method: options.method ?? 'GET', headers, ...(options.signal && { signal: options.signal }) };
    const request = isHttps
      ? requestHttps(url, { ...common, agent: this.#httpsAgent() })
      : requestHttp(url, { ...common, agent: this.#http });
    this.#open.add(request);
    request.once('close', () => this.#open.delete(request));
    const promise = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
    });
    request.end(options.body);
    return { promise, request };
  }

  #httpsAgent(): HttpsAgent {
    this.#https ??= new HttpsAgent({ keepAlive: true, maxSockets: 4, timeout: 30_000, ...trust(this.#ca) });
    return this.#https;
  }

  #read(response: IncomingMessage): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > this.#maxBodyBytes) {
          response.destroy(new Error(`the answer is larger than ${this.#maxBodyBytes} bytes`));
        } else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('aborted', () => reject(new Error('the answer ended early')));
      response.on('end', () => {
        try {
          const raw = Buffer.concat(chunks, sizeBytes);
          const isGzip = response.headers['content-encoding'] === 'gzip' && raw.length > 0;
          resolve(isGzip ? gunzipSync(raw, { maxOutputLength: this.#maxBodyBytes }) : raw);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

/** The TLS option that adds an authority of one's own to those that Node trusts. */
export function trust(ca: string | undefined): { ca?: string[] } {
  const file = process.env['HEADWATER_CA_FILE'];
  const own = ca ?? (file === undefined || file === '' ? undefined : readFileSync(file, 'utf8'));
  if (own === undefined) return {};
  return { ca: [own, ...process.getBuiltinModule('node:tls').getCACertificates('default')] };
}

/** An address without its password, for messages. */
export function shownUrl(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return String(url);
}

/** Why something failed, in one line: the innermost reason, as far as it says more. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as { code?: string }).code || error.name;
}
