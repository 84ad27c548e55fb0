import { type ReactNode, useMemo } from 'react';
import { queryRangePath, readRange } from '../../api/prometheus.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { LineChart, Swatch } from '../../components/line-chart.tsx';
import { Loading } from '../../components/notice.tsx';
import { setTimeRange } from '../../components/time-range-control.tsx';
import { formatChartValue, unitOf } from '../../format/chart-value.ts';
import { lastOf } from '../../format/line-points.ts';
import { plural } from '../../format/number.ts';
import { rangeOf, type TimeWindow } from '../../url/time-range.ts';
import { chartLines, stepOf } from './chart-lines.ts';
import { type ReadyQuery, readyQueries } from './ready-queries.ts';

/** A small chart has room for fewer points. */
const coarser = 3;
const linesNamed = 4;

/** How everything is, before anything is asked: the ready queries as small charts, each the way to its large one. */
export function Overview({
  window: { fromMs, toMs },
  onAsk,
}: {
  window: TimeWindow;
  onAsk: (query: string) => void;
}): ReactNode {
  const stepMs = stepOf((toMs - fromMs) * coarser);
  const window = useMemo(() => {
    const startMs = Math.floor(fromMs / stepMs) * stepMs;
    return { fromMs: startMs, toMs: Math.max(startMs + stepMs, Math.floor(toMs / stepMs) * stepMs) };
  }, [fromMs, toMs, stepMs]);
  return (
    <section className="metrics-overview" aria-label="Overview">
      {readyQueries.map((ready) => (
        <SmallChart key={ready.name} ready={ready} window={window} stepMs={stepMs} onAsk={onAsk} />
      ))}
    </section>
  );
}

function SmallChart({
  ready: { name, query },
  window,
  stepMs,
  onAsk,
}: {
  ready: ReadyQuery;
  window: TimeWindow;
  stepMs: number;
  onAsk: (query: string) => void;
}): ReactNode {
  const { data, error } = useFetch(queryRangePath(query, window, stepMs), readRange);
  const lines = useMemo(() => chartLines(data?.series ?? []), [data]);
  const unit = unitOf(query);
  const named = lines
    .flatMap((line) => {
      const last = lastOf(line);
      return last === null ? [] : [{ line, value: last.value }];
    })
    .sort((a, b) => b.value - a.value);
  const more = lines.length - Math.min(named.length, linesNamed);
  return (
    <article className="metrics-small" aria-label={name}>
      <h2>
        <button type="button" className="link" title={query} onClick={() => onAsk(query)}>
          {name}
        </button>
      </h2>
      {error ? (
        <p className="metrics-none muted">{error.message}</p>
      ) : data === null ? (
        <Loading rows={3} />
      ) : lines.length === 0 ? (
        <p className="metrics-none muted">Nothing was measured in this time.</p>
      ) : (
        <>
          <LineChart
            label={`${name}, ${plural(lines.length, 'line')}`}
            lines={lines}
            window={window}
            stepMs={stepMs}
            unit={unit}
            height={132}
            onZoom={({ fromMs, toMs }) => setTimeRange(rangeOf(fromMs, toMs))}
          />
          <ul className="metrics-named">
            {named.slice(0, linesNamed).map(({ line, value }) => (
              <li key={line.name}>
                <Swatch tone={line.tone} />
                <span className="truncate">{line.name}</span>
                <span className="mono">{formatChartValue(value, unit)}</span>
              </li>
            ))}
            {more > 0 && <li className="muted">and {more} more</li>}
          </ul>
        </>
      )}
    </article>
  );
}
