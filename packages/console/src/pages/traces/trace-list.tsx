import { type ReactNode, useMemo, useRef } from 'react';
import { Link, navigate } from '../../app/navigation.tsx';
import { Time } from '../../components/numbers.tsx';
import { StateIcon } from '../../components/state.tsx';
import { type Column, type Sort, Table } from '../../components/table.tsx';
import { copyText } from '../../components/toasts.tsx';
import { useSize } from '../../components/use-size.ts';
import { formatMicros } from '../../format/micros.ts';
import { formatExact, plural } from '../../format/number.ts';
import { seriesTones } from '../../format/series.ts';
import { nameOf, serviceOf } from '../../trace/span.ts';
import { rootOf, type Trace } from '../../trace/trace-tree.ts';
import { tracePath } from '../../url/route.ts';
import { ServiceMark } from './service-mark.tsx';

/** As many as have room for their names. */
const servicesShown = 3;

/** Traces, newest first: what began it, how long it took beside the others, who took part, what failed. */
export function TraceList({
  traces,
  services,
  sort,
  onSort,
  empty,
}: {
  traces: readonly Trace[];
  services: readonly string[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  empty: ReactNode;
}): ReactNode {
  const longestUs = traces.reduce((most, { durationUs }) => Math.max(most, durationUs), 1);
  const tones = useMemo(() => seriesTones(services), [services]);
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = (useSize(box)?.width ?? innerWidth) < 620;
  const columns = useMemo(
    () => (isNarrow ? narrowColumns() : columnsOf(longestUs, tones)),
    [isNarrow, longestUs, tones],
  );
  return (
    <div className="trace-list" ref={box}>
      <Table
        label="Traces"
        rows={traces}
        columns={columns}
        rowKey={(trace) => trace.traceId}
        onOpen={(trace) => navigate(tracePath(trace.traceId))}
        onCopy={(trace) => void copyText(JSON.stringify(trace.nodes.map(({ span }) => span)), 'Trace')}
        sort={sort}
        onSort={onSort}
        isMain
        minWidth={isNarrow ? 0 : 820}
        rowHeight={isNarrow ? 52 : 36}
        empty={empty}
      />
    </div>
  );
}

/** On a phone: what, when below it, how long. */
function narrowColumns(): Column<Trace>[] {
  const [time, state, root, took] = columnsOf(1, new Map());
  return [
    { ...state!, width: '24px' },
    {
      ...root!,
      width: 'minmax(0, 1fr)',
      render: (trace) => (
        <span className="trace-list-two">
          <Root trace={trace} />
          <span className="muted">{time!.render(trace)}</span>
        </span>
      ),
    },
    {
      ...took!,
      width: '92px',
      render: (trace) => <span className="mono">{formatMicros(trace.durationUs)}</span>,
    },
  ];
}

function columnsOf(longestUs: number, tones: ReadonlyMap<string, number>): Column<Trace>[] {
  return [
    {
      key: 'time',
      name: 'Started',
      width: '118px',
      sort: 'time',
      render: (trace) => <Time atMs={trace.startUs / 1000} />,
    },
    {
      key: 'state',
      name: 'State',
      isNameHidden: true,
      width: '28px',
      render: (trace) =>
        trace.errors > 0 ? (
          <span title={`${plural(trace.errors, 'span')} failed`}>
            <StateIcon health="bad" label={`${plural(trace.errors, 'span')} failed`} />
          </span>
        ) : null,
    },
    {
      key: 'root',
      name: 'What began it',
      width: 'minmax(240px, 1.2fr)',
      render: (trace) => <Root trace={trace} />,
    },
    {
      key: 'duration',
      name: 'Took',
      width: 'minmax(150px, 0.7fr)',
      sort: 'duration',
      align: 'right',
      render: (trace) => <Took us={trace.durationUs} longestUs={longestUs} />,
    },
    {
      key: 'spans',
      name: 'Spans',
      width: '72px',
      align: 'right',
      sort: 'spans',
      render: (trace) => <span className="mono">{formatExact(trace.nodes.length)}</span>,
    },
    {
      key: 'services',
      name: 'Services',
      width: 'minmax(240px, 1.8fr)',
      render: (trace) => (
        <>
          {trace.services.slice(0, servicesShown).map(({ name, spans }) => (
            <ServiceMark key={name} name={name} tone={tones.get(name)} count={spans} />
          ))}
          {trace.services.length > servicesShown && (
            <span className="muted">{trace.services.length - servicesShown} more</span>
          )}
        </>
      ),
    },
  ];
}

function Root({ trace }: { trace: Trace }): ReactNode {
  const root = rootOf(trace);
  if (!root) return null;
  return (
    <Link className="truncate trace-root" to={tracePath(trace.traceId)} title={trace.traceId}>
      <span className="muted">{serviceOf(root.span)}</span> {nameOf(root.span)}
    </Link>
  );
}

/** The bar is logarithmic, as durations are: each tenfold is as long as the one before. */
function Took({ us, longestUs }: { us: number; longestUs: number }): ReactNode {
  const share = Math.log10(Math.max(10, us)) - 1;
  const most = Math.max(0.1, Math.log10(Math.max(10, longestUs)) - 1);
  return (
    <>
      <span className="took-track" aria-hidden="true">
        <span className="took-bar" style={{ width: `${Math.max(1, (share / most) * 100)}%` }} />
      </span>
      <span className="mono took-text" title={`${formatExact(us)} µs`}>
        {formatMicros(us)}
      </span>
    </>
  );
}
