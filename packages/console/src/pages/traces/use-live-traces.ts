import { useEffect, useMemo, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { findTraces, type TraceSearch, tracesPath } from '../../api/traces.ts';
import { paused } from '../../app/live.ts';
import { parseMicros } from '../../format/micros.ts';
import type { Trace } from '../../trace/trace-tree.ts';
import { isLiveRange, resolveRange, type TimeRange, type TimeWindow } from '../../url/time-range.ts';

export interface LiveTraces {
  /** What is shown, newest first; stands still until `showNew`. */
  traces: readonly Trace[] | null;
  /** The time that is shown. */
  window: TimeWindow;
  /** Traces that came since. */
  newCount: number;
  showNew: () => void;
  error: ApiError | null;
  isLoading: boolean;
  reload: () => void;
}

/** How often a page in sight asks for what is new. */
const refreshMs = 3000;

interface Answer {
  key: string;
  traces: readonly Trace[];
  window: TimeWindow;
}

/** Traces of a range. Rows never jump: what comes is counted, and what is shown only grows spans. */
export function useLiveTraces(search: TraceSearch, range: TimeRange): LiveTraces {
  const key = JSON.stringify([search, range]);
  const [turn, setTurn] = useState(0);
  const [shown, setShown] = useState<Answer | null>(null);
  const [newest, setNewest] = useState<Answer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isLoading, setLoading] = useState(true);
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isFirst = true;
    setLoading(true);
    const ask = async (): Promise<void> => {
      if (isFirst || (!document.hidden && !paused.get())) {
        try {
          const window = resolveRange(range, Date.now());
          const path = tracesPath(search, parseMicros(search.minDuration), window);
          const answer = { key, traces: await findTraces(path, search.edge, controller.signal), window };
          if (controller.signal.aborted) return;
          if (isFirst) setShown(answer);
          else setShown((before) => before && grown(before, answer));
          setNewest(answer);
          setError(null);
          isFirst = false;
        } catch (failure) {
          if (controller.signal.aborted) return;
          setError(failure instanceof ApiError ? failure : new ApiError(-1, 'HW_CONSOLE_BUG', String(failure)));
        }
        setLoading(false);
      }
      if (isLiveRange(range) || isFirst) timer = setTimeout(() => void ask(), refreshMs);
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);

  const newCount = useMemo(() => {
    if (!shown || !newest || newest.key !== shown.key) return 0;
    const known = new Set(shown.traces.map(({ traceId }) => traceId));
    // What is older than all that is shown has only come into sight because others went.
    const oldest = Math.min(...shown.traces.map(({ startUs }) => startUs));
    return newest.traces.filter((trace) => !known.has(trace.traceId) && !(trace.startUs < oldest)).length;
  }, [shown, newest]);
  return {
    traces: shown?.traces ?? null,
    window: shown?.window ?? resolveRange(range, Date.now()),
    newCount,
    showNew: () => setShown(newest),
    error,
    isLoading,
    reload: () => setTurn(turn + 1),
  };
}

/** The same traces, each with the spans that have come meanwhile. */
function grown(shown: Answer, answer: Answer): Answer {
  const byId = new Map(answer.traces.map((trace) => [trace.traceId, trace]));
  let isChanged = false;
  const traces = shown.traces.map((trace) => {
    const now = byId.get(trace.traceId);
    if (!now || now.nodes.length <= trace.nodes.length) return trace;
    isChanged = true;
    return now;
  });
  return isChanged ? { ...shown, traces } : shown;
}
