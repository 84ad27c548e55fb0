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
 * Asks an issuer for a JSON document: redirects are not followed, the answer is bounded to 1 MiB and 5 s.
 *
 * @throws TokenError HW_AUTH_ISSUER_DOWN when there is no answer
 */
export async function askIssuer(url: string, options: IssuerRequestOptions = {}): Promise<IssuerAnswer> {
  urlOf(url);
  try {
    const response = await issuerFetch(options.ca)(url, {
      ...options,
      headers: { accept: 'application/json', ...options.headers },
    });
    return { status: response.status, json: parse(await response.text()) };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new TokenError('HW_AUTH_ISSUER_DOWN', `the issuer cannot be asked at ${url}: ${code ?? message}`, { cause });
  }
}

export interface IssuerFetchInit {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | URLSearchParams | null | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * A `fetch` for the requests to an issuer, which takes further authorities (PEM; default: the file that HEADWATER_CA_FILE names), since Node's
 * own takes none. No redirects, at most 1 MiB and 5 s.
 */
export function issuerFetch(ca?: string): (url: string | URL, init?: IssuerFetchInit) => Promise<Response> {
  return (url, init = {}) => send(new URL(url), init, ca);
}

function send(target: URL, init: IssuerFetchInit, pem: string | undefined): Promise<Response> {
  const isSecure = target.protocol === 'https:';
  const body = init.body?.toString();
  const signal = AbortSignal.any([...(init.signal ? [init.signal] : []), AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve, reject) => {
    const ca = isSecure ? authorities(pem) : undefined;
    const request = (isSecure ? https : http).request(target, {
      method: init.method ?? 'GET',
      agent: false,
      signal,
      headers: {
        ...init.headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...(ca === undefined ? {} : { ca }),
    });
    request.on('error', (error) =>
      reject(error.name === 'AbortError' ? new Error(`no answer within ${timeoutMs} ms`, { cause: error }) : error),
    );
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) request.destroy(new Error(`its answer is larger than ${maxAnswerBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode!;
        const headers = new Headers();
        for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
        // A Response refuses a body where HTTP has none.
        const content = status === 204 || status === 304 ? null : Buffer.concat(chunks);
        resolve(new Response(content, { status, headers }));
      });
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
