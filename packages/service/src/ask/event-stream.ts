import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpAsker, reasonOf } from './http-asker.ts';

export interface EventStreamOptions {
  asker: HttpAsker;
  /** Where the stream may be, in the order of trying. */
  urls: () => readonly string[];
  signal: AbortSignal;
  /** Told of each event, and when the stream has opened (what was missed before is unknown). */
  onEvent(): void;
  /** Told when the server speaks, and offers no stream. */
  onNone?(): void;
  /** Told when the stream has ended, with the reason. */
  onEnd?(reason: string): void;
  retryMinMs?: number;
  retryMaxMs?: number;
}

/** A server that speaks but offers no events is asked again this seldom: it may be replaced by one that does. */
const unsupportedRetryMs = 5 * 60_000;
/** Servers of ours write a comment every 15 s: silence for longer means that the connection is dead without having said so. */
const silenceMaxMs = 45_000;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;

/**
 * Follows server-sent events (HTML Living Standard, section 9.2) until the signal aborts, opening the stream again with back-off. Resolves
 * then. A server without such a stream (any other answer) is left alone for minutes: its clients poll.
 */
export async function followEvents(options: EventStreamOptions): Promise<void> {
  const { signal, retryMinMs = 200, retryMaxMs = 10_000 } = options;
  let delayMs = retryMinMs;
  while (!signal.aborted) {
    let nextMs = delayMs;
    try {
      const response = await openStream(options);
      if (isStream(response)) {
        delayMs = retryMinMs;
        nextMs = retryMinMs;
        options.onEvent();
        await readEvents(response, () => options.onEvent());
        if (!signal.aborted) options.onEnd?.('the stream ended');
      } else {
        response.destroy();
        const isAway = (response.statusCode ?? 0) >= 500 && response.statusCode !== 501;
        if (!isAway) options.onNone?.();
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

/** The first address that answers with a stream, or the last answer. */
async function openStream({ asker, signal, urls }: EventStreamOptions): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', 'accept-encoding': 'identity' };
  const [first, ...others] = urls();
  let response = await asker.open(first!, { headers, signal });
  for (const url of others) {
    if (isStream(response)) break;
    response.destroy();
    response = await asker.open(url, { headers, signal });
  }
  return response;
}

function isStream({ statusCode, headers }: IncomingMessage): boolean {
  return statusCode === 200 && /^text\/event-stream\b/.test(headers['content-type'] ?? '');
}

/** Tells of each event's end. What an event says is not kept: it may be as large as the registry. */
async function readEvents(response: IncomingMessage, onEvent: () => void): Promise<void> {
  const silence = setTimeout(() => response.destroy(new Error('nothing was heard for too long')), silenceMaxMs);
  silence.unref();
  try {
    let isLineEmpty = true;
    let isComment = false;
    let hasContent = false;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      silence.refresh();
      for (const byte of chunk) {
        if (byte === carriageReturn) continue;
        if (byte !== lineFeed) {
          if (isLineEmpty) isComment = byte === colon;
          isLineEmpty = false;
          continue;
        }
        if (!isLineEmpty) hasContent ||= !isComment;
        else if (hasContent) {
          hasContent = false;
          onEvent();
        }
        isLineEmpty = true;
      }
    }
  } finally {
    clearTimeout(silence);
  }
}
