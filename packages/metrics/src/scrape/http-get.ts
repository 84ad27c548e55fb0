import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { withoutLogin } from '@headwater/http';

export interface HttpAnswer {
  status: number;
  contentType: string;
  body: Buffer;
}

export interface HttpAsk {
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  timeoutMs: number;
  /** Before and after inflating. */
  maxBodyBytes: number;
  signal?: AbortSignal;
}

const unzip = promisify(gunzip);

/** Asks over HTTP with connections that are kept, bounded in time and size. `user:password@` becomes basic authentication. */
export class HttpGetter {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 2, timeout: 90_000 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 2, timeout: 90_000 });

  /** Rejects when there is no whole answer in time; a status is the caller's to judge. */
  async ask(
    address: string,
    { body, headers, maxBodyBytes, method = 'GET', signal, timeoutMs }: HttpAsk,
  ): Promise<HttpAnswer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const { headers: login, url } = withoutLogin(address);
    const isTls = url.startsWith('https:');
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (isTls ? requestHttps : requestHttp)(
        url,
        {
          method,
          agent: isTls ? this.#https : this.#http,
          signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
          headers: { 'accept-encoding': 'gzip', ...login, ...headers },
        },
        resolve,
      );
      request.on('error', reject);
      request.end(body);
    }).catch((error: Error) => {
      throw timeout.aborted ? new Error('context deadline exceeded') : error;
    });
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBodyBytes) throw new Error('body size limit exceeded');
        chunks.push(chunk);
      }
    } catch (error) {
      throw timeout.aborted ? new Error('context deadline exceeded') : error;
    }
    let whole: Buffer = Buffer.concat(chunks, size);
    if (answer.headers['content-encoding'] === 'gzip')
      whole = await unzip(whole, { maxOutputLength: maxBodyBytes }).catch(() => {
        throw new Error('body size limit exceeded, or no valid gzip');
      });
    return { status: answer.statusCode ?? 0, contentType: answer.headers['content-type'] ?? '', body: whole };
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
