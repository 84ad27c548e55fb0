import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { FrameBatch } from '../../live/frame-batch.ts';
import { ask, askUntilAnswered, newIds, type RequestIds } from './ask-gateway.ts';
import { LiveInbox } from './live-inbox.ts';
import { readLiveSearch, textOf } from './live-search.ts';
import type { Problem } from './problem.ts';
import { pause } from './request-budget.ts';
import { readAnswer, type SearchAnswer, type Tweet } from './tweet.ts';
import { requestOf, streamPath, type TweetQuery } from './tweet-query.ts';

export interface Search {
  /** The newest answer; an older one stays in sight while the next is under way. Null: none yet. */
  answer: SearchAnswer | null;
  /** What the answer belongs to. */
  answered: TweetQuery | null;
  ids: RequestIds | null;
  tookMs: number;
  isLoading: boolean;
  problem: (Problem & { retryAtMs: number | null }) | null;
  retry: () => void;
}

const none: Omit<Search, 'retry'> = {
  ...{ answer: null, answered: null, ids: null, tookMs: 0, isLoading: true, problem: null },
};

/** A search through the gateway, asked again by itself when what stands in the way passes. */
export function useSearch(query: TweetQuery, turn: number): Search {
  const [state, setState] = useState(none);
  const [retries, setRetries] = useState(0);
  const retry = useCallback(() => setRetries((value) => value + 1), []);
  const { page, sort, text } = query;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setState((before) => ({ ...before, isLoading: true, problem: null }));
    const run = async (): Promise<void> => {
      let [startedAt, ids] = [0, newIds()];
      const response = await askUntilAnswered(
        async () => {
          ids = newIds();
          startedAt = performance.now();
          return await (await ask(requestOf({ page, sort, text }), { ids, signal })).text();
        },
        {
          signal,
          onProblem: (problem) => {
            const retryAtMs = problem.retryAfterMs === null ? null : Date.now() + problem.retryAfterMs;
            setState((before) => ({
              ...before,
              isLoading: problem.retryAfterMs !== null,
              problem: { ...problem, retryAtMs },
            }));
          },
        },
      );
      setState({
        answer: readAnswer(response, text),
        answered: { page, sort, text },
        ids,
        tookMs: performance.now() - startedAt,
        isLoading: false,
        problem: null,
      });
    };
    // The problem was told already.
    run().catch(() => {});
    return () => controller.abort();
  }, [page, sort, text, turn, retries]);
  return { ...state, retry };
}

export type LiveKind = 'off' | 'connecting' | 'live' | 'waiting';

/** What has come since: counted until it is taken. */
export interface LiveResults {
  kind: LiveKind;
  count: number;
  take: () => Tweet[];
}

/** A short rest before the stream is opened: what one still types need not be watched. */
const restMs = 500;

/**
 * The search goes on as server-sent events; null: nothing is watched. Hidden pages watch nothing.
 */
export function useLiveResults(query: TweetQuery | null, known: readonly Tweet[]): LiveResults {
  const inbox = useMemo(() => new LiveInbox(), [query?.text]);
  const [{ count, kind }, setState] = useState<{ kind: LiveKind; count: number }>({ kind: 'off', count: 0 });
  const isVisible = useIsVisible();
  const kindNow = useRef<LiveKind>('off');
  const batch = useMemo(
    () => new FrameBatch(() => setState({ kind: kindNow.current, count: inbox.count }), 250),
    [inbox],
  );
  useEffect(() => () => batch.close(), [batch]);
  useEffect(() => inbox.markSeen(known), [inbox, known]);
  const text = query?.text ?? null;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const become = (next: LiveKind): void => {
      kindNow.current = next;
      batch.mark();
    };
    if (text === null || !isVisible) {
      become('off');
      return;
    }
    const run = async (): Promise<void> => {
      become('connecting');
      await pause(restMs, signal);
      for (;;) {
        const response = await askUntilAnswered(
          () =>
            ask(
              { method: 'GET', path: streamPath({ text, sort: 'newest', page: 1 }) },
              { accept: 'text/event-stream', signal },
            ),
          { signal, onProblem: () => become('waiting') },
        );
        await readLiveSearch(textOf(response.body!), {
          inbox,
          query: text,
          onLive: () => become('live'),
          onTweets: () => batch.mark(),
        }).catch(() => {});
        become('waiting');
        await pause(1000, signal);
      }
    };
    run().catch(() => {
      if (!signal.aborted) become('off');
    });
    return () => controller.abort();
  }, [text, inbox, batch, isVisible]);
  const take = useCallback(() => {
    const taken = inbox.take();
    batch.mark();
    return taken;
  }, [inbox, batch]);
  return { kind, count, take };
}

const hiddenGraceMs = 5000;

/** False some seconds after the page went out of sight. */
function useIsVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(() => setVisible(false), hiddenGraceMs);
      else setVisible(true);
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return isVisible;
}
