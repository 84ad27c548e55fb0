import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { getCACertificates } from 'node:tls';
import { isObject } from './principal.ts';
import { TokenError } from './token-error.ts';

export interface IssuerRequestOptions {
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** PEM of further authorities. Default: the file that HEADWATER_CA_FILE names. */
  ca?: string | undefined;
  signal?: AbortSignal;
}

export interface IssuerAnswer {
  status: number;
  json: Record<string, unknown> | undefined;
}

const timeoutMs = 5_000;
const maxAnswerBytes = 1024 * 1024;

/**
 * Asks an issuer for a JSON document: redirects are not followed, the answer is bounded to 1 MiB and 5 s. Node's `fetch` takes no
 * authority of one's own, hence not `fetch`.
 *
 * @throws TokenError HW_AUTH_ISSUER_DOWN when there is no answer
 */
export function askIssuer(url: string, options: IssuerRequestOptions = {}): Promise<IssuerAnswer> {
  const target = urlOf(url);
  const { method = 'GET', headers, body, signal = AbortSignal.timeout(timeoutMs) } = options;
  return new Promise((resolve, reject) => {
    const down = (reason: string, cause?: unknown): void =>
      reject(new TokenError('HW_AUTH_ISSUER_DOWN', `the issuer cannot be asked at ${url}: ${reason}`, { cause }));
    const ca = target.protocol === 'https:' ? authorities(options.ca) : undefined;
    const request = (target.protocol === 'https:' ? https : http).request(target, {
      method,
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...(ca === undefined ? {} : { ca }),
    });
    request.on('error', (cause: NodeJS.ErrnoException) =>
      down(cause.name === 'AbortError' ? `no answer within ${timeoutMs} ms` : (cause.code ?? cause.message), cause),
    );
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) request.destroy(new Error(`its answer is larger than ${maxAnswerBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', (cause) => down(cause.message, cause));
      response.on('end', () =>
        resolve({ status: response.statusCode!, json: parse(Buffer.concat(chunks).toString('utf8')) }),
      );
    });
    request.end(body);
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function urlOf(url: string): URL {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url);
  throw new TokenError(
    'HW_AUTH_CONFIG',
    `"${url}" is not the URL of an issuer, such as https://id.example.org/realms/main`,
  );
}

function authorities(pem: string | undefined): string[] | undefined {
  const file = process.env['HEADWATER_CA_FILE'];
  const own = pem ?? (file === undefined || file === '' ? undefined : readFileSync(file, 'utf8'));
  return own === undefined ? undefined : [...getCACertificates('default'), own];
}
