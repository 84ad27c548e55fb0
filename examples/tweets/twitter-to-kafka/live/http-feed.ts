import { FeedError } from './feed.ts';

/** The answer to a request of a feed. Throws FeedError: what X and Mastodon say of limits is understood, and the token is never in it. */
export async function ask(
  url: string,
  { token, signal, accept, post }: { token: string; signal: AbortSignal; accept: string; post?: unknown },
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: post === undefined ? 'GET' : 'POST',
      headers: {
        accept,
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(post !== undefined && { 'content-type': 'application/json' }),
      },
      ...(post !== undefined && { body: JSON.stringify(post) }),
      // A token goes to the server that it was given for.
      redirect: 'error',
      signal,
    });
  } catch (error) {
    throw new FeedError('network', 'no answer', { cause: error });
  }
  if (response.ok) return response;
  const body = await response.text().catch(() => '');
  // Some servers repeat what they were asked.
  const said = (token === '' ? body : body.replaceAll(token, '…')).slice(0, 500).replace(/\s+/g, ' ');
  const message = `HTTP ${response.status} ${said}`.trim();
  const { status } = response;
  if (status === 429) throw new FeedError('limit', message, { retryAfterMs: retryAfterMs(response.headers) });
  if (status >= 500) throw new FeedError('server', message, { retryAfterMs: retryAfterMs(response.headers) });
  if (status === 408) throw new FeedError('network', message);
  throw new FeedError('refused', message);
}

/** `Retry-After` in seconds, or `x-rate-limit-reset` as epoch seconds (X) or an ISO date (Mastodon). */
function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  if (seconds >= 0) return seconds * 1_000;
  const reset = headers.get('x-rate-limit-reset') ?? '';
  const atMs = /^\d+$/.test(reset) ? Number(reset) * 1_000 : Date.parse(reset);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - Date.now());
}

/** The chunks of a body that has no end; throws FeedError when it breaks. */
export async function* chunksOf(response: Response): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response.body ?? []) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  } catch (error) {
    throw new FeedError('network', 'the connection broke', { cause: error });
  }
}
