import { useCallback, useEffect, useState } from 'react';
import { ApiError } from './api-error.ts';
import { getJson } from './http.ts';

export interface Fetched<T> {
  /** The last answer; kept while a newer one is under way and when it fails. */
  data: T | null;
  error: ApiError | null;
  isLoading: boolean;
  reload: () => void;
}

const retryMs = 2000;

/** Nobody answered, or a gateway said so for a part: that passes, and then the page goes on by itself. */
const isPassing = (error: ApiError): boolean => error.status === 0 || (error.status >= 502 && error.status <= 504);

type Loader<T> = (path: string, signal: AbortSignal) => Promise<T>;

/** Asks when the path changes; an answer that is no longer wanted is dropped. `null` asks nothing. */
export function useFetch<T>(path: string | null, load: Loader<T> = getJson<T>): Fetched<T> {
  const [turn, setTurn] = useState(0);
  const [result, setResult] = useState<{
    path: string | null;
    data: T | null;
    error: ApiError | null;
    isLoading: boolean;
  }>({
    path: null,
    data: null,
    error: null,
    isLoading: path !== null,
  });
  const reload = useCallback(() => setTurn((value) => value + 1), []);
  useEffect(() => {
    if (path === null) {
      setResult({ path, data: null, error: null, isLoading: false });
      return;
    }
    const controller = new AbortController();
    setResult((before) => ({ ...before, isLoading: true }));
    load(path, controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setResult({ path, data, error: null, isLoading: false });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(-1, 'HW_CONSOLE_BUG', String(error));
        setResult((before) => ({
          path,
          data: before.path === path ? before.data : null,
          error: known,
          isLoading: false,
        }));
      },
    );
    return () => controller.abort();
  }, [path, turn]);
  const { error } = result;
  useEffect(() => {
    if (!error || !isPassing(error)) return;
    const timer = setInterval(() => {
      if (!document.hidden) setTurn((value) => value + 1);
    }, retryMs);
    return () => clearInterval(timer);
  }, [error]);
  return { data: result.data, error: result.error, isLoading: result.isLoading, reload };
}
