import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { withoutLogin } from '@headwater/http';

export interface Answer {
  status: number;
  contentType: string;
  /** Of a redirect. */
  location: string | null;
  /** As much of it as was read. */
  body: Buffer;
  /** The body was longer than allowed, or did not end in time. */
  isCut: boolean;
  tookMs: number;
}

/** Nobody listens there (or hangs up at once), or nothing came in time. */
export class NoAnswer extends Error {
  readonly how: 'refused' | 'silent';
  readonly tookMs: number;

  constructor(how: 'refused' | 'silent', message: string, tookMs: number) {
    super(message);
    this.how = how;
    this.tookMs = tookMs;
  }
}

export interface GetterOptions {
  /** PEM; beside the authorities that Node trusts. */
  ca?: string | undefined;
  /** Connections that are kept, over all. Default 512. */
  keptMax?: number;
}

const noBody = Buffer.alloc(0);

/**
 * Asks services that may do anything: an exchange has its time and its bytes, redirects are not followed, nothing is inflated. Connections are kept, as the
 * same few are asked each second.
 */
export class BoundedGetter {
  readonly #http: HttpAgent;
  readonly #options: GetterOptions;
  readonly #open = new Set<ClientRequest>();
  #https: HttpsAgent | undefined;
  #isClosed = false;

  constructor(options: GetterOptions = {}) {
    this.#options = options;
    this.#http = new HttpAgent({ keepAlive: true, maxFreeSockets: 1, maxTotalSockets: (options.keptMax ?? 512) * 2 });
  }

  /** Rejects with NoAnswer. An answer whose body takes too long is one, without its body. */
  async get(address: string, limits: { timeoutMs: number; bytesMax: number }): Promise<Answer> {
    const startMs = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#get(address, limits, startMs);
      } catch (error) {
        // A kept connection that the other side closed meanwhile says nothing of whether anybody is there.
        if (attempt < 3 && error instanceof StaleConnection) continue;
        throw error;
      }
    }
  }

  /** May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#open) request.destroy();
    this.#http.destroy();
    this.#https?.destroy();
  }

  #get(address: string, limits: { timeoutMs: number; bytesMax: number }, startMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new NoAnswer('silent', 'the crawler was closed', 0));
      const bare = withoutLogin(address);
      const url = new URL(bare.url);
      const headers: Record<string, string> = {
        accept: 'application/json, text/plain;q=0.9, */*;q=0.5',
        'accept-encoding': 'identity',
        'user-agent': 'headwater-monitor',
        ...bare.headers,
      };
      const isHttps = url.protocol === 'https:';
      const request = isHttps
        ? requestHttps(url, { headers, agent: this.#httpsAgent() })
        : requestHttp(url, { headers, agent: this.#http });
      this.#open.add(request);
      let response: IncomingMessage | undefined;
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      let isDone = false;
      const tookMs = (): number => performance.now() - startMs;
      const finish = (isCut: boolean): void => {
        if (isDone) return;
        isDone = true;
        clearTimeout(timer);
        this.#open.delete(request);
        if (isCut) request.destroy();
        const body = chunks.length === 0 ? noBody : Buffer.concat(chunks, sizeBytes);
        resolve({
          status: response!.statusCode ?? 0,
          contentType: response!.headers['content-type'] ?? '',
          location: response!.headers.location ?? null,
          body,
          isCut,
          tookMs: tookMs(),
        });
      };
      const fail = (error: Error): void => {
        if (isDone) return;
        isDone = true;
        clearTimeout(timer);
        this.#open.delete(request);
        request.destroy();
        reject(error);
      };
      const timer = setTimeout(
        () => {
          if (response !== undefined) finish(true);
          else fail(new NoAnswer('silent', `no answer within ${limits.timeoutMs} ms`, tookMs()));
        },
        Math.max(1, limits.timeoutMs - tookMs()),
      );
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (response !== undefined) return finish(true);
        if (request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))
          return fail(new StaleConnection());
        const { how, message } = failureOf(error, url);
        fail(new NoAnswer(how, message, tookMs()));
      });
      request.on('response', (got: IncomingMessage) => {
        response = got;
        got.on('data', (chunk: Buffer) => {
          if (isDone) return;
          const left = limits.bytesMax - sizeBytes;
          if (chunk.length > left) {
            if (left > 0) chunks.push(chunk.subarray(0, left));
            sizeBytes += Math.max(0, left);
            return finish(true);
          }
          sizeBytes += chunk.length;
          chunks.push(chunk);
        });
        got.on('end', () => finish(false));
        got.on('error', () => finish(true));
        got.on('close', () => finish(true));
      });
      request.end();
    });
  }

  #httpsAgent(): HttpsAgent {
    const { ca } = this.#options;
    this.#https ??= new HttpsAgent({
      keepAlive: true,
      maxFreeSockets: 1,
      ...(ca !== undefined && { ca: [ca, ...process.getBuiltinModule('node:tls').getCACertificates('default')] }),
    });
    return this.#https;
  }
}

class StaleConnection extends NoAnswer {
  constructor() {
    super('refused', 'the connection was closed', 0);
  }
}

const refusals: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed before an answer',
  EPIPE: 'the connection was closed before an answer',
};
const silences: Record<string, string> = {
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no connection in time',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
};

function failureOf(error: NodeJS.ErrnoException, url: URL): { how: 'refused' | 'silent'; message: string } {
  const inner =
    error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as NodeJS.ErrnoException) : error;
  const code = inner.code ?? '';
  if (refusals[code] !== undefined) return { how: 'refused', message: `${refusals[code]} by ${url.host}` };
  if (silences[code] !== undefined) return { how: 'silent', message: `${silences[code]}: ${url.host}` };
  // TLS that does not fit, an answer that is no HTTP: somebody is there.
  return { how: 'silent', message: `${url.host} does not answer properly: ${inner.message.slice(0, 200)}` };
}
