import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpAsker, reasonOf } from './http-asker.ts';

export interface EventStreamOptions {
  asker: HttpAsker;
  url: () => string;
  signal: AbortSignal;
  /** Told of each event, and with undefined when the stream has opened (what was missed before is unknown). */
  onEvent(data: string | undefined): void;
  /** Told when the stream has ended, with the reason. */
  onEnd?(reason: string): void;
  retryMinMs?: number;
  retryMaxMs?: number;
}

/** A server that speaks but offers no events is asked again this seldom: it may be replaced by one that does. */
const unsupportedRetryMs = 5 * 60_000;
const lineMaxChars = 1024 * 1024;
/** Servers of ours write a comment every 15 s: silence for longer means that the connection is dead without having said so. */
const silenceMaxMs = 45_000;

/**
 * Follows server-sent events (HTML Living Standard, section 9.2) until the signal aborts, opening the stream again with back-off. Resolves
 * then. A server without such a stream (any other answer) is left alone for minutes: its clients poll.
 */
export async function followEvents(options: EventStreamOptions): Promise<void> {
  const { asker, signal, retryMinMs = 200, retryMaxMs = 10_000 } = options;
  let delayMs = retryMinMs;
  while (!signal.aborted) {
    let nextMs = delayMs;
    try {
      const response = await asker.open(options.url(), {
        headers: { accept: 'text/event-stream', 'accept-encoding': 'identity' },
        signal,
      });
      if (response.statusCode === 200 && /^text\/event-stream\b/.test(response.headers['content-type'] ?? '')) {
        delayMs = retryMinMs;
        nextMs = retryMinMs;
        options.onEvent(undefined);
        await readEvents(response, (data) => options.onEvent(data));
        if (!signal.aborted) options.onEnd?.('the stream ended');
      } else {
        response.destroy();
        const isAway = (response.statusCode ?? 0) >= 500 && response.statusCode !== 501;
        nextMs = isAway ? delayMs : unsupportedRetryMs;
        delayMs = Math.min(retryMaxMs, delayMs * 2);
      }
    } catch (error) {
      if (signal.aborted) return;
      options.onEnd?.(reasonOf(error));
      delayMs = Math.min(retryMaxMs, delayMs * 2);
    }
    await sleep(nextMs * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => {});
  }
}

async function readEvents(response: NodeJS.ReadableStream, onData: (data: string) => void): Promise<void> {
  const silence = setTimeout(
    () => (response as unknown as { destroy(error: Error): void }).destroy(new Error('silent')),
    silenceMaxMs,
  );
  silence.unref();
  try {
    response.setEncoding('utf8');
    let rest = '';
    let data: string[] = [];
    for await (const chunk of response as AsyncIterable<string>) {
      silence.refresh();
      const lines = (rest + chunk).split(/\r\n|\r|\n/);
      rest = lines.pop() ?? '';
      if (rest.length > lineMaxChars) throw new Error(`an event's line is longer than ${lineMaxChars} characters`);
      for (const line of lines) {
        if (line === '' && data.length > 0) {
          onData(data.join('\n'));
          data = [];
        } else if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
      }
    }
  } finally {
    clearTimeout(silence);
  }
}
