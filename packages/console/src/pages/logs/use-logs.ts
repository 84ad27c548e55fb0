import { useEffect, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { countLines, type FoundLines, findLines, type Histogram } from '../../api/logs.ts';
import { paused } from '../../app/live.ts';
import { isLiveRange, resolveRange, type TimeRange, type TimeWindow } from '../../url/time-range.ts';

export interface Logs {
  found: FoundLines | null;
  window: TimeWindow;
  histogram: Histogram | null;
  /** Lines that have come since. */
  newCount: number;
  showNew: () => void;
  /** Older ones are on their way. */
  isLoadingMore: boolean;
  loadMore: () => void;
  error: ApiError | null;
  isLoading: boolean;
  reload: () => void;
}

/** How often a page in sight asks how many have come. */
const refreshMs = 3000;
/** A page keeps no more than this; the time narrows it. */
const linesMax = 10_000;

const known = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(-1, 'HW_CONSOLE_BUG', String(error));

/** Lines of a window and their counts over time. Rows never jump: what comes is counted on a button. */
export function useLogs(query: string, range: TimeRange, isWanted: boolean): Logs {
  const key = `${query}\n${range.from}\n${range.to}\n${isWanted}`;
  const [turn, setTurn] = useState(0);
  const [window, setWindow] = useState(() => resolveRange(range, Date.now()));
  const [found, setFound] = useState<FoundLines | null>(null);
  const [histogram, setHistogram] = useState<Histogram | null>(null);
  const [newCount, setNewCount] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [isLoadingMore, setLoadingMore] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const asked = resolveRange(range, Date.now());
    const fail = (failure: unknown): void => {
      if (signal.aborted) return;
      setError(known(failure));
      setLoading(false);
      if (known(failure).status !== 400) timer = setTimeout(begin, refreshMs);
    };
    /** Only how many there are from the start of the window until now: cheap, and rows stay. */
    const count = async (total: number): Promise<void> => {
      if (!document.hidden && !paused.get()) {
        const now = await findLines(query, { fromMs: asked.fromMs, toMs: Date.now() }, signal, { size: 0 });
        if (signal.aborted) return;
        setNewCount(Math.max(0, now.total - total));
      }
      timer = setTimeout(() => void count(total).catch(fail), refreshMs);
    };
    const begin = (): void => {
      findLines(query, asked, signal).then((answer) => {
        if (signal.aborted) return;
        setFound(answer);
        setWindow(asked);
        setNewCount(0);
        setError(null);
        setLoading(false);
        if (isLiveRange(range)) timer = setTimeout(() => void count(answer.total).catch(fail), refreshMs);
      }, fail);
      countLines(query, asked, signal).then(
        (counts) => {
          if (!signal.aborted) setHistogram(counts);
        },
        () => {
          // The list says what is wrong.
          if (!signal.aborted) setHistogram(null);
        },
      );
    };
    setLoading(true);
    setLoadingMore(false);
    if (isWanted) begin();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);

  const loadMore = (): void => {
    if (!found?.after || isLoadingMore || found.lines.length >= linesMax) return;
    setLoadingMore(true);
    findLines(query, window, new AbortController().signal, { after: found.after }).then(
      (older) => {
        setLoadingMore(false);
        // Another question may have been asked meanwhile: then these are not of it.
        setFound((before) =>
          before === found ? { ...before, lines: [...before.lines, ...older.lines], after: older.after } : before,
        );
      },
      (failure: unknown) => {
        setLoadingMore(false);
        setError(known(failure));
      },
    );
  };
  return {
    found,
    window,
    histogram,
    newCount,
    showNew: () => setTurn(turn + 1),
    isLoadingMore,
    loadMore,
    error,
    isLoading,
    reload: () => setTurn(turn + 1),
  };
}
