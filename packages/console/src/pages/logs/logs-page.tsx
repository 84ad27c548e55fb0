import { type ReactNode, useMemo, useRef } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { logIndex, logQuery } from '../../api/logs.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring } from '../../app/page.tsx';
import { Button, Segments } from '../../components/controls.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { useSettled } from '../../components/numbers.tsx';
import { type HistogramSeries, TimeHistogram } from '../../components/time-histogram.tsx';
import { setTimeRange, useTimeRange } from '../../components/time-range-control.tsx';
import { copyText } from '../../components/toasts.tsx';
import { useSize } from '../../components/use-size.ts';
import { queryTerms } from '../../format/highlight.ts';
import { formatExact, plural } from '../../format/number.ts';
import { type LogLine, logFields } from '../../logs/log-line.ts';
import { clauseOf, splitQuery, withClause } from '../../logs/log-query.ts';
import { choiceParam } from '../../url/search-params.ts';
import { rangeOf, type TimeWindow, timeRangeParams } from '../../url/time-range.ts';
import { FieldList } from './field-list.tsx';
import { LiveLogs } from './live-logs.tsx';
import { LogPanel } from './log-panel.tsx';
import { LogTable, toLogRow } from './log-table.tsx';
import { QueryBox } from './query-box.tsx';
import { TeachLogs } from './teach-logs.tsx';
import { TemplatesView } from './templates-view.tsx';
import { type Logs, useLogs } from './use-logs.ts';
import './logs-page.css';

const views = [
  { value: 'lines', name: 'Lines', icon: 'logs' },
  { value: 'templates', name: 'Templates', icon: 'template' },
  { value: 'live', name: 'Live', icon: 'live' },
] as const;

const series: readonly HistogramSeries[] = [
  { key: 'quiet', name: 'info and below', tone: 'quiet' },
  { key: 'warning', name: 'warnings', tone: 'warning' },
  { key: 'bad', name: 'errors', tone: 'bad' },
];

/** What services wrote: over time, by field, by template, as it comes; from a line to its trace and record. */
export default function LogsPage(): ReactNode {
  const params = useParams();
  const typed = params.get('q') ?? '';
  // A field without its value yet asks nothing.
  const query = useSettled(typed.replace(/(?:^|\s)-?[\w.@]+:$/, ''), 250);
  const view = choiceParam(params.get('view'), ['lines', 'templates', 'live']);
  const columns = useMemo(() => readColumns(params.get('cols')), [params.get('cols')]);
  const range = useTimeRange();
  const logs = useLogs(query, range, view !== 'live');
  const lines = logs.found?.lines ?? noLines;
  // Half typed, a query finds nothing: values are suggested from what was found before.
  const suggested = useRef(noLines);
  if (lines.length > 0) suggested.current = lines;
  const openId = params.get('line');
  const live = useRef<LogLine | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const width = useSize(box)?.width ?? innerWidth;
  const isNarrow = width < 620;
  const terms = useMemo(() => termsOf(query), [query]);
  const open = (line: LogLine): void => {
    live.current = line;
    setParams({ line: line.id }, { replace: openId !== null });
  };
  const setQuery = (text: string): void => setParams({ q: text });
  const openLine =
    openId === null
      ? null
      : (lines.find(({ id }) => id === openId) ?? (live.current?.id === openId ? live.current : null));
  const panel = openId !== null && (
    <LogPanel
      id={openId}
      line={openLine}
      onClose={() => setParams({ line: null })}
      onOpen={(id) => setParams({ line: id }, { replace: true })}
      onFilter={(field, value, isExcluded) => setQuery(withClause(typed, field, value, isExcluded))}
    />
  );
  return (
    <Page title="Logs" isFilled panel={panel}>
      <div className="logs" ref={box}>
        <div className="logs-head">
          <QueryBox
            value={typed}
            lines={suggested.current}
            onChange={(text) => setParams({ q: text }, { replace: true })}
          />
          <Segments
            label="How lines are shown"
            value={view}
            choices={views}
            onChange={(value) => setParams({ view: value === 'lines' ? null : value })}
          />
        </div>
        {view === 'live' ? (
          <LiveLogs query={query} columns={columns} terms={terms} openId={openId} isNarrow={isNarrow} onOpen={open} />
        ) : (
          <>
            {(logs.found === null || logs.found.total > 0) && !logs.error && (
              <div className="logs-chart">
                {logs.histogram && (
                  <TimeHistogram
                    label={`${plural(logs.found?.total ?? 0, 'line')} over time, by level`}
                    window={logs.histogram.window}
                    widthMs={logs.histogram.widthMs}
                    buckets={logs.histogram.buckets}
                    series={series}
                    height={chartHeight}
                    onZoom={({ fromMs, toMs }: TimeWindow) => setTimeRange(rangeOf(fromMs, toMs))}
                  />
                )}
              </div>
            )}
            {logs.error && <QueryFailure error={logs.error} onRetry={logs.reload} />}
            {view === 'templates' ? (
              <TemplatesView
                query={query}
                range={range}
                onChoose={({ template, example }) => {
                  const field = example.fields['template'] === undefined ? 'message' : 'template';
                  setParams({ view: null, q: withClause(typed, field, template, false) });
                }}
              />
            ) : (
              <Lines logs={logs} query={query}>
                <div className="logs-body">
                  {width >= 840 && lines.length > 0 && (
                    <FieldList
                      lines={lines}
                      query={typed}
                      columns={columns}
                      onQuery={setQuery}
                      onColumns={(next) => setParams({ cols: next.join(',') })}
                    />
                  )}
                  <div className="logs-lines">
                    <LinesTable
                      logs={logs}
                      columns={columns}
                      terms={terms}
                      openId={openId}
                      isNarrow={isNarrow}
                      onOpen={open}
                    />
                  </div>
                </div>
              </Lines>
            )}
          </>
        )}
      </div>
    </Page>
  );
}

/** Kept free while the counts are on their way. */
const chartHeight = 88;

const noLines: readonly LogLine[] = [];

const readColumns = (text: string | null): string[] =>
  (text ?? '').split(',').filter((field) => logFields.some((known) => known === field));

/** Words to mark in messages: not the values of other fields. */
const termsOf = (query: string): string[] =>
  queryTerms(
    splitQuery(query)
      .filter((part) => !part.startsWith('-') && (!/^[\w.@]+:/.test(part) || /^(?:message|stack):/.test(part)))
      .join(' '),
  );

function Lines({ logs, query, children }: { logs: Logs; query: string; children: ReactNode }): ReactNode {
  const { found, newCount, isLoading, error } = logs;
  if (!found) return error ? null : <Loading rows={10} />;
  return (
    <>
      <div className="logs-status">
        <span role="status">
          {isLoading ? 'Searching' : `${plural(found.total, 'line')} in ${formatExact(found.tookMs)} ms`}
        </span>
        {newCount > 0 && (
          <Button look="primary" icon="arrowUp" onClick={logs.showNew}>
            {`${formatExact(newCount)} new`}
          </Button>
        )}
        <Spring />
        {found.after !== null && (
          <Button look="quiet" disabled={logs.isLoadingMore} onClick={logs.loadMore}>
            {`Load older than these ${formatExact(found.lines.length)}`}
          </Button>
        )}
        <Button look="quiet" icon="copy" onClick={() => void copyText(curlOf(query, logs.window), 'Command')}>
          curl
        </Button>
      </div>
      {children}
    </>
  );
}

function LinesTable({
  logs,
  ...table
}: { logs: Logs } & Omit<Parameters<typeof LogTable>[0], 'rows' | 'isBusy' | 'empty'>): ReactNode {
  const rows = useMemo(() => (logs.found?.lines ?? []).map(toLogRow), [logs.found]);
  return (
    <LogTable
      {...table}
      rows={rows}
      isBusy={logs.isLoading}
      empty={logs.isLoading ? <Loading rows={8} /> : <NoLines />}
    />
  );
}

function NoLines(): ReactNode {
  const params = useParams();
  const range = useTimeRange();
  const query = params.get('q') ?? '';
  const wider = range.from !== '-7d' && (
    <Button onClick={() => setParams(timeRangeParams({ from: '-7d', to: 'now' }))}>Look at the last 7 days</Button>
  );
  if (query.trim() !== '') {
    return (
      <Empty title="No line fits in this time">
        <p>
          Words are all looked for, in message and stack; <code>{clauseOf('level', 'ERROR')}</code> asks a field, a
          minus before it leaves it out, <code>"connection refused"</code> is a phrase, <code>kafka OR broker</code>{' '}
          either.
        </p>
        <p className="logs-empty-tools">
          <Button onClick={() => setParams({ q: null })}>Show all lines</Button>
          {wider}
        </p>
      </Empty>
    );
  }
  return (
    <TeachLogs title="No line was written in this time">
      <p className="logs-empty-tools">{wider}</p>
    </TeachLogs>
  );
}

/** Half typed, or no index yet: say what it is, and what is meant. */
function QueryFailure({ error, onRetry }: { error: ApiError; onRetry: () => void }): ReactNode {
  if (error.status === 404) return <TeachLogs title="No line has been indexed yet" />;
  if (error.status !== 400) return <Failure title="The lines did not come" error={error} onRetry={onRetry} />;
  return (
    <div className="logs-refused" role="alert">
      <p>
        <strong>The store does not understand this.</strong> {error.message}
      </p>
      <p className="muted">
        Put <code>\</code> before a sign that is meant as itself, or quotes around the whole.
      </p>
    </div>
  );
}

function curlOf(query: string, window: TimeWindow): string {
  const body = { size: 100, query: logQuery(query, window), sort: [{ '@timestamp': 'desc' }] };
  return `curl -H 'content-type: application/json' -d '${JSON.stringify(body).replaceAll("'", `'\\''`)}' '${location.origin}/api/search/${logIndex}/_search'`;
}
