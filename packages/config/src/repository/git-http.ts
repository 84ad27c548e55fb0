import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';

/** A silent host is given up after this, ms. */
const quietMs = 30_000;

/** How the git library speaks HTTP here: with the platform's own CA (`HEADWATER_CA_FILE`), until the signal, and never waiting for ever. */
export function gitHttp(signal: AbortSignal, env: NodeJS.ProcessEnv = process.env): HttpClient {
  const caFile = env['HEADWATER_CA_FILE'];
  const ca = caFile === undefined || caFile === '' ? undefined : readFileSync(caFile);
  return { request: (call) => send(call, ca, signal) };
}

async function send(
  { url, method = 'GET', headers = {}, body }: GitHttpRequest,
  ca: Buffer | undefined,
  signal: AbortSignal,
): Promise<GitHttpResponse> {
  const target = new URL(url);
  const request =
    target.protocol === 'https:'
      ? requestHttps(target, { method, headers, signal, ...(ca && { ca }) })
      : requestHttp(target, { method, headers, signal });
  request.setTimeout(quietMs, () => request.destroy(new Error(`${target.host} was silent for ${quietMs / 1000} s`)));
  const answered = new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  answered.catch(() => {});
  // What is asked for is small: nobody waits for the socket to drain.
  for await (const chunk of body ?? []) request.write(chunk);
  request.end();
  const response = await answered;
  return {
    url,
    method,
    headers: response.headers as Record<string, string>,
    statusCode: response.statusCode ?? 0,
    statusMessage: response.statusMessage ?? '',
    body: response as unknown as AsyncIterableIterator<Uint8Array>,
  };
}
