import { type ReactNode, useCallback, useEffect, useMemo } from 'react';
import { getJson } from '../../api/http.ts';
import { zipkinApi } from '../../api/traces.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { paused } from '../../app/live.ts';
import { Link, setParams, useParams } from '../../app/navigation.tsx';
import { Figure, Figures, Page, Spring } from '../../app/page.tsx';
import { Button, IconButton, SearchBox, Toggle } from '../../components/controls.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Count, Time } from '../../components/numbers.tsx';
import { State, StateIcon } from '../../components/state.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatMicros } from '../../format/micros.ts';
import { plural } from '../../format/number.ts';
import { seriesTones } from '../../format/series.ts';
import { nameOf, serviceOf, type ZipkinSpan } from '../../trace/span.ts';
import { readTrace, rootOf, type Trace } from '../../trace/trace-tree.ts';
import { logsPath } from '../../url/route.ts';
import { SpanPanel } from './span-panel.tsx';
import { TimeByService } from './time-by-service.tsx';
import { TraceOverview } from './trace-overview.tsx';
import { Waterfall } from './waterfall.tsx';
import { readZoom, type Zoom, zoomParam } from './waterfall-scale.ts';
import './trace-page.css';

/** A trace that ended less than this ago may still get spans. */
const growsForMs = 15_000;
const refreshMs = 2000;
/** As many folded spans as an address has room for. */
const foldedMax = 100;

const load = async (path: string, signal: AbortSignal): Promise<Trace> =>
  readTrace(await getJson<ZipkinSpan[]>(path, signal));

/** One trace: what called what, how long each part took, and what everything waited for. */
export default function TracePage({ traceId }: { traceId: string }): ReactNode {
  const isId = /^[0-9a-f]{1,32}$/i.test(traceId);
  const { data: trace, error, reload } = useFetch<Trace>(isId ? `${zipkinApi}/trace/${traceId}` : null, load);
  useGrowing(trace, reload);
  const selected = useParams().get('span');
  const node = trace && selected !== null ? trace.byKey.get(selected) : undefined;
  const close = useCallback(() => setParams({ span: null }), []);
  const panel = trace && node && <SpanPanel key={node.key} trace={trace} node={node} onClose={close} />;
  return (
    <Page title={`Trace ${traceId.slice(0, 8)}`} isFilled panel={panel}>
      {!isId || error?.status === 404 ? (
        <NoTrace traceId={traceId} isId={isId} />
      ) : error && !trace ? (
        <Failure title="The trace did not come" error={error} onRetry={reload} />
      ) : !trace ? (
        <Loading rows={10} />
      ) : (
        <Whole trace={trace} />
      )}
    </Page>
  );
}

function useGrowing(trace: Trace | null, reload: () => void): void {
  useEffect(() => {
    if (!trace) return;
    const endMs = (trace.startUs + trace.durationUs) / 1000;
    if (Date.now() - endMs > growsForMs) return;
    const timer = setTimeout(() => {
      if (!document.hidden && !paused.get()) reload();
    }, refreshMs);
    return () => clearTimeout(timer);
  }, [trace, reload]);
}

function Whole({ trace }: { trace: Trace }): ReactNode {
  const params = useParams();
  const find = params.get('find') ?? '';
  const isPathShown = params.get('path') !== '0';
  const foldText = params.get('fold') ?? '';
  const folded = useMemo(() => new Set(foldText.split(',').filter(Boolean)), [foldText]);
  const tones = useMemo(() => seriesTones(trace.services.map(({ name }) => name)), [trace]);
  const zoomText = params.get('zoom');
  const zoom = useMemo(() => readZoom(zoomText, trace.durationUs), [zoomText, trace]);
  const setZoom = useCallback(
    (next: Zoom) => setParams({ zoom: zoomParam(next, trace.durationUs) }, { replace: true }),
    [trace],
  );
  const fold = useCallback(
    (key: string, isFolded: boolean) => {
      const next = new Set(folded);
      if (isFolded) next.add(key);
      else next.delete(key);
      setParams({ fold: [...next].slice(-foldedMax).join(',') }, { replace: true });
    },
    [folded],
  );
  const select = useCallback((key: string | null) => setParams({ span: key }, { replace: key !== null }), []);
  const isZoomed = zoom.fromUs > 0 || zoom.toUs < trace.durationUs;
  const parents = trace.nodes.filter((node) => node.children.length > 0 && node.depth > 0).slice(0, foldedMax);
  return (
    <div className="trace">
      <TraceHead trace={trace} />
      <TimeByService trace={trace} tones={tones} />
      <TraceOverview trace={trace} zoom={zoom} tones={tones} onZoom={setZoom} />
      <div className="trace-tools">
        <SearchBox
          label="Find a span"
          isPageFilter
          value={find}
          onChange={(text) => setParams({ find: text }, { replace: true })}
        />
        <Toggle
          label="Critical path"
          isOn={isPathShown}
          onChange={(isOn) => setParams({ path: isOn ? null : 0 }, { replace: true })}
        />
        <Spring />
        {isZoomed && (
          <Button icon="fit" onClick={() => setParams({ zoom: null })}>
            Whole trace
          </Button>
        )}
        {folded.size > 0 ? (
          <Button look="quiet" onClick={() => setParams({ fold: null }, { replace: true })}>
            Unfold all
          </Button>
        ) : (
          parents.length > 0 && (
            <Button
              look="quiet"
              onClick={() => setParams({ fold: parents.map(({ key }) => key).join(',') }, { replace: true })}
            >
              Fold all
            </Button>
          )
        )}
      </div>
      <Waterfall
        trace={trace}
        zoom={zoom}
        folded={folded}
        selected={params.get('span')}
        find={find}
        isPathShown={isPathShown}
        tones={tones}
        onZoom={setZoom}
        onFold={fold}
        onSelect={select}
      />
    </div>
  );
}

function TraceHead({ trace }: { trace: Trace }): ReactNode {
  const root = rootOf(trace);
  const missing = trace.nodes.filter(({ isOrphan }) => isOrphan).length;
  return (
    <header className="trace-head">
      <div className="trace-title">
        <h2 className="truncate">
          {trace.errors > 0 && <StateIcon health="bad" label="Failed" size={14} />}
          {root && (
            <>
              <span>{serviceOf(root.span)}</span> <span className="trace-title-name">{nameOf(root.span)}</span>
            </>
          )}
        </h2>
        <p className="muted">
          <Time atMs={trace.startUs / 1000} /> <span className="mono trace-id">{trace.traceId}</span>
          <IconButton icon="copy" name="Copy the trace’s id" onClick={() => void copyText(trace.traceId, 'Trace id')} />
        </p>
      </div>
      <Figures label="The trace">
        <Figure name="Took">
          <span className="mono">{formatMicros(trace.durationUs)}</span>
        </Figure>
        <Figure name="Spans">
          <Count value={trace.nodes.length} unit="spans" />
        </Figure>
        <Figure name="Services">
          <Count value={trace.services.length} unit="services" />
        </Figure>
        <Figure name="Failed">
          <Count value={trace.errors} unit="spans" />
        </Figure>
      </Figures>
      <div className="trace-actions">
        <Link className="button button-plain" to={logsPath(`traceId:${trace.traceId}`)}>
          <span>Logs</span>
        </Link>
        <Button
          look="quiet"
          icon="copy"
          onClick={() => void copyText(`curl '${location.origin}${zipkinApi}/trace/${trace.traceId}'`, 'Command')}
        >
          curl
        </Button>
      </div>
      {missing > 0 && (
        <p className="trace-missing">
          <State health="warning">{`${plural(missing, 'span')} without its parent: a part of the trace was not sent, or comes later.`}</State>
        </p>
      )}
    </header>
  );
}

function NoTrace({ traceId, isId }: { traceId: string; isId: boolean }): ReactNode {
  if (!isId) {
    return (
      <Empty title="This is no id of a trace">
        <p>An id is 16 or 32 hexadecimal digits: {traceId} is not.</p>
      </Empty>
    );
  }
  return (
    <Empty title="This trace is not there">
      <p>
        Its spans have not come yet, or the store let them go for newer ones. The topic headwater-spans keeps spans for
        7 days:
      </p>
      <p>
        <Link className="link" to={`/ui/topics/headwater-spans?contains=${encodeURIComponent(traceId)}`}>
          Look for it in the topic
        </Link>
      </p>
    </Empty>
  );
}
