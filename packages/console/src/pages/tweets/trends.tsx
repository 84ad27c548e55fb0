import { type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { getJson } from '../../api/http.ts';
import { streamRows } from '../../api/sql.ts';
import { Link, setParams, useParams } from '../../app/navigation.tsx';
import { zoneSetting } from '../../app/settings.ts';
import { useStore } from '../../app/store.ts';
import { Segments } from '../../components/controls.tsx';
import { Icon } from '../../components/icons.tsx';
import { Loading } from '../../components/notice.tsx';
import { Count } from '../../components/numbers.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { formatClock } from '../../format/time.ts';
import { choiceParam } from '../../url/search-params.ts';
import { Card } from './card.tsx';
import { searchPath } from './search-path.ts';
import { changeOf, historyWindows, minLength, type Trend, type TrendWord, trendOf, type WindowCount } from './trend.ts';

const tables = {
  minute: { table: 'tweet_words_minute', topic: 'tweet-words-minute', windowMs: 60_000 },
  hour: { table: 'tweet_words_hour', topic: 'tweet-words-hour', windowMs: 3_600_000 },
} as const;

const refreshMs = 5000;
/** How long is waited where nothing new is to come: a window that is full changes by late tweets only, and what is refused stays so. */
const lateMs = 30_000;

/** What is said more, or less, than before: two tables of SQL, asked like anybody asks them. */
export function Trends(): ReactNode {
  const window = choiceParam(useParams().get('trend'), ['minute', 'hour']);
  const { trend, error } = useTrend(window);
  const zone = useStore(zoneSetting);
  const clock = (atMs: number): string => formatClock(atMs, zone, false).slice(0, 5);
  const { windowMs } = tables[window];
  return (
    <Card
      title="Trends"
      note={
        trend?.startMs != null &&
        (trend.isSoFar
          ? `since ${clock(trend.startMs)}`
          : `${clock(trend.startMs)} to ${clock(trend.startMs + windowMs)}`)
      }
      tools={
        <Segments
          label="Window"
          value={window}
          choices={[
            { value: 'minute', name: 'Minute' },
            { value: 'hour', name: 'Hour' },
          ]}
          onChange={(value) => setParams({ trend: value === 'minute' ? null : value }, { replace: true })}
        />
      }
    >
      {trend === null && error === null ? (
        <Loading rows={4} label="Asking for trends" />
      ) : trend === null ? (
        <p className="muted">{wordsOf(error!)}</p>
      ) : trend.words.length === 0 ? (
        <p className="muted">No word was said in the last {window === 'minute' ? 'minutes' : 'hours'}.</p>
      ) : (
        <ol className="trends" aria-label={`Words of the last ${window}`}>
          {trend.words.map((word) => (
            <TrendRow key={word.word} word={word} window={window} isCompared={!trend.isSoFar} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function TrendRow({
  word: { before, count, history, word },
  window,
  isCompared,
}: {
  word: TrendWord;
  window: 'minute' | 'hour';
  isCompared: boolean;
}): ReactNode {
  const change = changeOf({ before, count });
  return (
    <li className="trend">
      <Link className="word-link truncate" to={searchPath(word)}>
        {word}
      </Link>
      <Sparkline
        values={history}
        steps={historyWindows}
        width={64}
        height={18}
        label={`${word}: ${history.slice(-5).join(', ')} in the last five ${window}s`}
      />
      <span className="word-count">
        <Count value={count} unit="times" />
      </span>
      <span className={`trend-change trend-${isCompared ? change.direction : 'same'}`}>
        {isCompared ? (
          <>
            {change.direction !== 'same' && (
              <Icon name={change.direction === 'up' ? 'arrowUp' : 'arrowDown'} size={10} />
            )}
            <span title={`${before} in the ${window} before`}>{change.text}</span>
          </>
        ) : (
          ''
        )}
      </span>
    </li>
  );
}

function wordsOf(error: ApiError): string {
  if (error.status === 401) return 'Log in to see trends.';
  if (error.status === 403) return 'You may not read the tables of trends.';
  if (error === notCounted) return error.message;
  return `Trends are not known now: ${error.message}`;
}

function useTrend(window: 'minute' | 'hour'): { trend: Trend | null; error: ApiError | null } {
  const [state, setState] = useState<{ trend: Trend | null; error: ApiError | null }>({ trend: null, error: null });
  useEffect(() => {
    setState({ trend: null, error: null });
    const controller = new AbortController();
    const { signal } = controller;
    const { table, topic, windowMs } = tables[window];
    let isThere = false;
    /** By the start of the window: full ones are asked for once, and once more for what comes late. */
    const windows = new Map<number, WindowCount[]>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.hidden) return;
      let nextMs = refreshMs;
      try {
        const now = Date.now();
        const currentMs = Math.floor(now / windowMs) * windowMs;
        const oldestMs = currentMs - historyWindows * windowMs;
        isThere ||= await hasTopic(topic, signal);
        if (!isThere) throw notCounted;
        const sinceMs = windows.has(currentMs - 2 * windowMs) ? currentMs - windowMs : oldestMs;
        const rows = await readWindows(table, sinceMs, signal);
        for (const startMs of windows.keys()) if (startMs < oldestMs || startMs >= sinceMs) windows.delete(startMs);
        for (const row of rows) {
          const of = windows.get(row.startMs);
          if (of === undefined) windows.set(row.startMs, [row]);
          else of.push(row);
        }
        const trend = trendOf([...windows.values()].flat(), windowMs, now);
        setState({ trend, error: null });
        if (!trend.isSoFar) nextMs = Math.min(lateMs, currentMs + windowMs - now + refreshMs / 2);
      } catch (error) {
        if (signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(-1, 'HW_CONSOLE_BUG', String(error));
        if (known !== notCounted && known.status >= 400 && known.status < 500) nextMs = lateMs;
        setState((before) => ({ ...before, error: known }));
      }
      if (!signal.aborted) timer = setTimeout(() => void look(), nextMs);
    };
    void look();
    const seen = (): void => void look();
    document.addEventListener('visibilitychange', seen);
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [window]);
  return state;
}

/** The views of a system that has just begun come last: until then a question to the table would only be refused. */
const notCounted = new ApiError(
  404,
  'HW_CONSOLE_NO_TRENDS',
  'Nobody counts words by minute and hour here yet: the tables tweet_words_minute and tweet_words_hour are missing.',
);

async function hasTopic(topic: string, signal: AbortSignal): Promise<boolean> {
  const { topics } = await getJson<{ topics: { name: string }[] }>(
    `/api/topics?search=${topic}&pageSize=10&platform=true`,
    signal,
  );
  return topics.some(({ name }) => name === topic);
}

const rowsMax = 50_000;

/** Rows of a windowed table by a pull query. @throws ApiError */
async function readWindows(table: string, sinceMs: number, signal: AbortSignal): Promise<WindowCount[]> {
  const rows: WindowCount[] = [];
  await streamRows(
    `SELECT word, WINDOWSTART, times FROM ${table} WHERE WINDOWSTART >= ${sinceMs} AND LEN(word) >= ${minLength} LIMIT ${rowsMax};`,
    {},
    {
      signal,
      onHead: () => {},
      onRow: ([word = '', startMs, count]) => rows.push({ word, startMs: Number(startMs), count: Number(count) }),
    },
  );
  return rows;
}
