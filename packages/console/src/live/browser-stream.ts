import type { OpenStream } from './live-client.ts';

/** `fetch` as a stream of text. Not EventSource: that one hides the status and the body of a refusal. */
export const openFetchStream: OpenStream = async (url, signal) => {
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal, cache: 'no-store' });
  } catch (error) {
    throw new Error('The gateway does not answer.', { cause: error });
  }
  if (!response.ok || !response.body) {
    throw new Error(`The gateway answered ${response.status} ${response.statusText}`.trim());
  }
  return textOf(response.body);
};

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw new Error('The connection to the gateway was lost.', { cause: error });
  } finally {
    reader.cancel().catch(() => {});
  }
}
