import { SseParser } from '../../live/sse-parser.ts';
import type { LiveInbox } from './live-inbox.ts';
import { readTweet } from './tweet.ts';

/**
 * Reads the events of a live search into the inbox until the stream ends. It reads only while the inbox has room: a page that nobody looks at does not
 * make the service work for nothing.
 *
 * @param onLive the hits there were are told, and what comes now is new
 */
export async function readLiveSearch(
  chunks: AsyncIterable<string>,
  { inbox, onLive, onTweets, query }: { inbox: LiveInbox; query: string; onLive: () => void; onTweets: () => void },
): Promise<void> {
  const parser = new SseParser();
  for await (const chunk of chunks) {
    for (const { data, name } of parser.feed(chunk)) {
      if (name === 'live') onLive();
      if (name !== 'document') continue;
      if (inbox.isFull) {
        onTweets();
        await inbox.hasRoom();
      }
      const tweet = readTweet(data, query);
      if (tweet !== null && inbox.add(tweet)) onTweets();
    }
  }
}

export async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
