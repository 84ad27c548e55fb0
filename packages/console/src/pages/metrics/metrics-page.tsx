import { type ReactNode, useEffect, useMemo, useState } from 'react';
import {
  metadataPath,
  metricNamesPath,
  queryRangePath,
  readMetadata,
  readNames,
  readRange,
} from '../../api/prometheus.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { paused } from '../../app/live.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page } from '../../app/page.tsx';
import { Button, Segments } from '../../components/controls.tsx';
import { LineChart } from '../../components/line-chart.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { setTimeRange, useTimeRange } from '../../components/time-range-control.tsx';
import { unitOf } from '../../format/chart-value.ts';
import { formatExact, plural } from '../../format/number.ts';
import { choiceParam } from '../../url/search-params.ts';
import { isLiveRange, rangeOf, resolveRange } from '../../url/time-range.ts';
import { chartLines, linesMax, stepOf } from './chart-lines.ts';
import { Overview } from './overview.tsx';
import { PromqlBox } from './promql-box.tsx';
import { readyQueries } from './ready-queries.ts';
import { ValuesTable } from './values-table.tsx';
import './metrics-page.css';

const views = [
  { value: 'chart', name: 'Chart' },
  { value: 'table', name: 'Table' },
] as const;

/** Scrapes come every 15 s: asking more often shows nothing new. */
const everyMs = 10_000;
const noNames: readonly string[] = [];

/** What services and parts measure: a PromQL expression over time. */
export default function MetricsPage(): ReactNode {
  const params = useParams();
  const query = params.get('q') ?? '';
  const view = choiceParam(params.get('view'), ['chart', 'table']);
  const range = useTimeRange();
  const [nowMs, setNowMs] = useState(Date.now);
  const isLive = isLiveRange(range);
  useEffect(() => {
    setNowMs(Date.now());
    if (!isLive) return;
    const timer = setInterval(() => {
      if (!paused.get() && !document.hidden) setNowMs(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [isLive, range.from, query]);

  const names = useFetch(metricNamesPath, readNames);
  const metadata = useFetch(metadataPath, readMetadata);
  const { stepMs, window } = useMemo(() => {
    const resolved = resolveRange({ from: range.from, to: range.to }, nowMs);
    const step = stepOf(resolved.toMs - resolved.fromMs);
    // Round times: the same points come again, and what is drawn stands still but for its end.
    const fromMs = Math.floor(resolved.fromMs / step) * step;
    return { stepMs: step, window: { fromMs, toMs: Math.max(fromMs + step, Math.floor(resolved.toMs / step) * step) } };
  }, [range.from, range.to, nowMs]);
  const path = query === '' ? null : queryRangePath(query, window, stepMs);
  const { data, error, isLoading, reload } = useFetch(path, readRange);
  // While the next answer is under way the last one of the same query stays.
  const [kept, setKept] = useState<{
    query: string;
    data: NonNullable<typeof data>;
    window: typeof window;
    stepMs: number;
  } | null>(null);
  useEffect(() => {
    if (data !== null && !isLoading) setKept({ query, data, window, stepMs });
  }, [data, isLoading]);
  const shown = kept?.query === query && error === null ? kept : null;
  const lines = useMemo(() => chartLines(shown?.data.series ?? []), [shown]);
  const hidden = useMemo(() => new Set(params.getAll('off').flatMap((text) => text.split('\n'))), [params.get('off')]);
  const toggle = (name: string, isOnly: boolean): void => {
    const others = lines.map((line) => line.name).filter((other) => other !== name);
    const next = isOnly
      ? others.every((other) => hidden.has(other)) && !hidden.has(name)
        ? []
        : others
      : hidden.has(name)
        ? [...hidden].filter((other) => other !== name)
        : [...hidden, name];
    setParams({ off: next.filter(Boolean).join('\n') || null }, { replace: true });
  };
  const ask = (text: string): void => {
    setParams({ q: text || null, off: null });
    setNowMs(Date.now());
  };
  const unit = unitOf(query);
  return (
    <Page title="Metrics">
      <div className="metrics-head">
        <PromqlBox
          value={query}
          names={names.data ?? noNames}
          metadata={metadata.data ?? {}}
          isBad={error !== null && error.status === 400}
          onAsk={ask}
        />
        <Segments
          label="Shown as"
          value={view}
          choices={views}
          onChange={(next) => setParams({ view: next === 'chart' ? null : next })}
        />
      </div>
      <ul className="metrics-ready" aria-label="Ready queries">
        {readyQueries.map((ready) => (
          <li key={ready.name}>
            <Button
              look="quiet"
              aria-pressed={ready.query === query}
              title={ready.query}
              onClick={() => ask(ready.query)}
            >
              {ready.name}
            </Button>
          </li>
        ))}
      </ul>
      {query === '' ? (
        <>
          {(names.data?.length ?? 0) > 0 && <Overview window={window} onAsk={ask} />}
          <NoQuery count={names.data?.length ?? null} error={names.error} onRetry={names.reload} />
        </>
      ) : error ? (
        <Failure
          title={
            error.status === 400 || error.status === 422
              ? 'This cannot be worked out'
              : 'The part prometheus did not answer'
          }
          error={error}
          onRetry={reload}
        />
      ) : shown === null ? (
        <Loading rows={8} />
      ) : lines.length === 0 ? (
        <Empty title="Nothing was measured in this time">
          <p>The expression is right, and no series has a value there. Choose a longer time, or look what there is:</p>
          <Command>{`curl ${location.origin}/api/prometheus/api/v1/label/__name__/values`}</Command>
        </Empty>
      ) : (
        <div className="metrics-body">
          <p className="metrics-note muted" role="status">
            {plural(shown.data.series.length, 'series', 'series')}
            {shown.data.series.length > linesMax &&
              `, the first ${formatExact(linesMax)} are shown: narrow it by topk()`}
            {`, a value every ${shown.stepMs / 1000} s`}
            {shown.data.warnings.map((warning) => ` · ${warning}`)}
          </p>
          {view === 'table' ? (
            <ValuesTable lines={lines} unit={unit} />
          ) : (
            <LineChart
              label={`${query}, ${plural(lines.length, 'line')}`}
              lines={lines}
              window={shown.window}
              stepMs={shown.stepMs}
              unit={unit}
              height={360}
              hidden={hidden}
              onToggle={toggle}
              onZoom={({ fromMs, toMs }) => setTimeRange(rangeOf(fromMs, toMs))}
            />
          )}
        </div>
      )}
    </Page>
  );
}

function NoQuery({
  count,
  error,
  onRetry,
}: {
  count: number | null;
  error: ReturnType<typeof useFetch>['error'];
  onRetry: () => void;
}): ReactNode {
  if (error && count === null)
    return <Failure title="The part prometheus did not answer" error={error} onRetry={onRetry} />;
  return (
    <Empty
      title={
        count === null
          ? 'Looking for what is measured'
          : count === 0
            ? 'Nothing is measured yet'
            : `${plural(count, 'metric')} to ask for`
      }
    >
      <p>
        Choose one above, or write PromQL: names are completed. Services in discovery are scraped by themselves; any
        other by its address in headwater.yaml:
      </p>
      <Command label="Configuration">
        {
          "prometheus:\n  scrape_configs:\n    - job_name: shop\n      static_configs: [{ targets: ['127.0.0.1:8090'] }]"
        }
      </Command>
      <p>The same in a terminal, from Prometheus’ own API:</p>
      <Command>{`curl -G ${location.origin}/api/prometheus/api/v1/query --data-urlencode 'query=up'`}</Command>
    </Empty>
  );
}
