import { type ReactNode, useMemo } from 'react';
import { traceLimits, zipkinApi } from '../../api/traces.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { navigate, setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring } from '../../app/page.tsx';
import { Button, Select } from '../../components/controls.tsx';
import { DurationScatter } from '../../components/duration-scatter.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { useSettled } from '../../components/numbers.tsx';
import type { Sort } from '../../components/table.tsx';
import { setTimeRange, useTimeRange } from '../../components/time-range-control.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { nameOf, serviceOf } from '../../trace/span.ts';
import { rootOf, type Trace } from '../../trace/trace-tree.ts';
import { tracePath } from '../../url/route.ts';
import { choiceParam } from '../../url/search-params.ts';
import { rangeOf, resolveRange, timeRangeParams } from '../../url/time-range.ts';
import { ServiceMap } from './service-map.tsx';
import { TraceList } from './trace-list.tsx';
import { isUnfiltered, noFilter, readTraceSearch } from './trace-query.ts';
import { TraceSearchForm } from './trace-search-form.tsx';
import { useLiveTraces } from './use-live-traces.ts';
import './traces-page.css';

/** Which requests and messages went through, how long they took, what failed; who calls whom. */
export default function TracesPage(): ReactNode {
  const params = useParams();
  const view = choiceParam(params.get('view'), ['list', 'map']);
  const services = useFetch<string[]>(`${zipkinApi}/services`);
  return (
    <Page title="Traces" isFilled>
      <TraceSearchForm search={readTraceSearch(params)} view={view} services={services.data ?? []} />
      {services.error && !services.data ? (
        <Failure title="The traces did not come" error={services.error} onRetry={services.reload} />
      ) : !services.data ? (
        <Loading rows={10} />
      ) : view === 'map' ? (
        <ServiceMap services={services.data} />
      ) : (
        <Found services={services.data} />
      )}
    </Page>
  );
}

function Found({ services }: { services: readonly string[] }): ReactNode {
  const params = useParams();
  const typed = readTraceSearch(params);
  const settled = useSettled(`${typed.tags}\n${typed.minDuration}`);
  const [tags = '', minDuration = ''] = settled.split('\n');
  const search = { ...typed, tags, minDuration };
  const range = useTimeRange();
  const { traces, window, newCount, showNew, error, isLoading, reload } = useLiveTraces(search, range);
  const sort = readSort(params.get('sort'));
  const sorted = useMemo(() => (traces ? sortTraces(traces, sort) : []), [traces, sort.by, sort.isDescending]);
  const points = useMemo(() => (traces ?? []).map(pointOf), [traces]);
  // A service that was first heard of after the page was opened has its colour too.
  const known = useMemo(
    () => [...new Set([...services, ...(traces ?? []).flatMap((trace) => trace.services.map(({ name }) => name))])],
    [services, traces],
  );
  if (error && !traces) return <Failure title="The traces did not come" error={error} onRetry={reload} />;
  if (!traces) return <Loading rows={10} />;
  const isCut = traces.length >= search.limit;
  return (
    <>
      {traces.length > 0 && (
        <div className="traces-chart">
          <DurationScatter
            label={`When ${plural(traces.length, 'trace')} began, and how long they took`}
            window={window}
            points={points}
            onZoom={({ fromMs, toMs }) => setTimeRange(rangeOf(fromMs, toMs))}
            onOpen={(traceId) => navigate(tracePath(traceId))}
          />
        </div>
      )}
      <div className="traces-status">
        <span role="status">
          {isCut && 'The newest '}
          {plural(traces.length, 'trace')}
          {failedText(traces)}
        </span>
        {newCount > 0 && (
          <Button look="primary" icon="arrowUp" className="traces-new" onClick={showNew}>
            {`${formatExact(newCount)} new`}
          </Button>
        )}
        {error && <span className="traces-stale">No newer ones come: {error.message}</span>}
        <Spring />
        <Select
          aria-label="How many at most"
          value={String(search.limit)}
          onChange={(event) => setParams({ limit: event.target.value === '100' ? null : event.target.value })}
        >
          {traceLimits.map((limit) => (
            <option key={limit} value={limit}>
              at most {formatExact(limit)}
            </option>
          ))}
        </Select>
        <Button look="quiet" icon="copy" onClick={() => void copyText(curlOf(params), 'Command')}>
          curl
        </Button>
      </div>
      <TraceList
        traces={sorted}
        services={known}
        sort={sort}
        onSort={({ by, isDescending }) =>
          setParams({ sort: by === 'time' && isDescending ? null : `${isDescending ? '-' : ''}${by}` })
        }
        empty={
          isLoading ? (
            <Loading rows={8} />
          ) : (
            <NoTraces isUnfiltered={isUnfiltered(search)} hasServices={services.length > 0} />
          )
        }
      />
    </>
  );
}

function failedText(traces: readonly Trace[]): string {
  const failed = traces.filter(({ errors }) => errors > 0).length;
  return failed === 0 ? '' : `, ${formatExact(failed)} with errors`;
}

function pointOf(trace: Trace) {
  const root = rootOf(trace);
  return {
    key: trace.traceId,
    atMs: trace.startUs / 1000,
    durationUs: trace.durationUs,
    isError: trace.errors > 0,
    name: root ? `${serviceOf(root.span)} ${nameOf(root.span)}` : trace.traceId,
  };
}

function readSort(text: string | null): Sort {
  const by = text?.replace(/^-/, '') ?? 'time';
  return ['time', 'duration', 'spans'].includes(by)
    ? { by, isDescending: text === null || text.startsWith('-') }
    : { by: 'time', isDescending: true };
}

function sortTraces(traces: readonly Trace[], { by, isDescending }: Sort): Trace[] {
  const value = (trace: Trace): number =>
    by === 'duration' ? trace.durationUs : by === 'spans' ? trace.nodes.length : trace.startUs;
  const sign = isDescending ? -1 : 1;
  return [...traces].sort((a, b) => sign * (value(a) - value(b)) || (a.traceId < b.traceId ? -1 : 1));
}

/** The same question for a terminal, about the last hours of it as the page has it now. */
function curlOf(params: URLSearchParams): string {
  const search = readTraceSearch(params);
  const { fromMs, toMs } = resolveRange(
    { from: params.get('from') ?? '-1h', to: params.get('to') ?? 'now' },
    Date.now(),
  );
  const query = new URLSearchParams();
  if (search.service !== '') query.set('serviceName', search.service);
  if (search.isErrorsOnly || search.tags !== '')
    query.set('annotationQuery', [search.tags, search.isErrorsOnly ? 'error' : ''].filter(Boolean).join(' and '));
  query.set('endTs', String(Math.round(toMs)));
  query.set('lookback', String(Math.round(toMs - fromMs)));
  query.set('limit', String(search.limit));
  return `curl '${location.origin}${zipkinApi}/traces?${query}'`;
}

function NoTraces({ isUnfiltered: isWhole, hasServices }: { isUnfiltered: boolean; hasServices: boolean }): ReactNode {
  const range = useTimeRange();
  if (hasServices) {
    return (
      <Empty title={isWhole ? 'No trace began in this time' : 'No trace fits'}>
        <p>
          {isWhole
            ? 'Spans are kept for as long as the store has room; the topic headwater-spans keeps them for 7 days.'
            : 'All parts of what is asked must be true of one service’s spans in a trace. Tags are compared whole: http.status_code=500.'}
        </p>
        <p className="traces-empty-tools">
          {!isWhole && <Button onClick={() => setParams(noFilter)}>Show all traces</Button>}
          {range.from !== '-1d' && (
            <Button onClick={() => setParams(timeRangeParams({ from: '-1d', to: 'now' }))}>Look at the last day</Button>
          )}
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No service has sent a span yet">
      <p>Every call through the gateway makes a trace. This one does, whatever it is answered:</p>
      <Command>{`curl '${location.origin}/query/documents?limit=1'`}</Command>
      <p>A service in any language sends its own with OpenTelemetry, set by two variables:</p>
      <Command>{`OTEL_SERVICE_NAME=orders OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}/api/otlp npm start`}</Command>
      <p>With Zipkin’s format a span is one request:</p>
      <Command>{`curl -H 'content-type: application/json' -d '[{"traceId":"1","id":"1","name":"get","timestamp":'$(date +%s)000000',"duration":1500,"localEndpoint":{"serviceName":"orders"}}]' '${location.origin}${zipkinApi}/spans'`}</Command>
    </Empty>
  );
}
