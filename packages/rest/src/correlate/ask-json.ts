import { withoutLogin } from '@headwater/http';

const answerBytesMax = 8 * 1024 * 1024;

/** Asks a part over HTTP. Undefined for 404; throws on everything else that is no answer, within `timeoutMs`. */
export async function askJson(
  base: string,
  path: string,
  { body, signal, timeoutMs }: { body?: unknown; signal: AbortSignal; timeoutMs: number },
): Promise<unknown> {
  const { headers, url } = withoutLogin(base);
  const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: {
      ...headers,
      accept: 'application/json',
      // The query store and the map that it fills know this reader as the platform's own.
      'x-opaque-id': 'headwater-correlate',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  const text = await response.text();
  if (text.length > answerBytesMax) throw new Error(`the answer of ${path} is larger than ${answerBytesMax} bytes`);
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}
