import { type ReactNode, useRef, useState } from 'react';
import { zoneSetting } from '../app/settings.ts';
import { useStore } from '../app/store.ts';
import { formatExact } from '../format/number.ts';
import type { TimeWindow } from '../url/time-range.ts';
import { axisTime, TimeAxis } from './time-axis.tsx';
import { useBrush } from './use-brush.ts';
import { useSize } from './use-size.ts';
import './chart.css';

export interface HistogramSeries {
  key: string;
  name: string;
  /** How it is drawn; the lowest comes first. */
  tone: 'quiet' | 'accent' | 'warning' | 'bad';
}

export interface HistogramBucket {
  startMs: number;
  /** By key of the series. */
  counts: Readonly<Record<string, number>>;
}

/** Counts over time in stacked bars. Dragging over it zooms; the same is there as a table for those who do not see it. */
export function TimeHistogram({
  label,
  window,
  widthMs,
  buckets,
  series,
  height = 72,
  onZoom,
}: {
  label: string;
  window: TimeWindow;
  /** How long a bucket is. */
  widthMs: number;
  buckets: readonly HistogramBucket[];
  series: readonly HistogramSeries[];
  height?: number;
  onZoom?: (window: TimeWindow) => void;
}): ReactNode {
  const zone = useStore(zoneSetting);
  const plot = useRef<HTMLDivElement>(null);
  const width = useSize(plot)?.width ?? 0;
  const [hovered, setHovered] = useState<number | null>(null);
  const spanMs = window.toMs - window.fromMs;
  const { brush, handlers } = useBrush((chosen) =>
    onZoom?.({ fromMs: window.fromMs + chosen.from * spanMs, toMs: window.fromMs + chosen.to * spanMs }),
  );
  const totals = buckets.map(({ counts }) => series.reduce((sum, { key }) => sum + (counts[key] ?? 0), 0));
  const highest = Math.max(1, ...totals);
  const x = (atMs: number): number => Math.min(1, Math.max(0, (atMs - window.fromMs) / spanMs)) * width;
  const plotHeight = height - 18;
  const tip = hovered === null ? undefined : buckets[hovered];
  return (
    <figure className="chart" style={{ height }} aria-label={label}>
      <div
        className="chart-plot"
        ref={plot}
        {...handlers}
        onPointerMove={(event) => {
          handlers.onPointerMove(event);
          const box = event.currentTarget.getBoundingClientRect();
          const atMs = window.fromMs + ((event.clientX - box.left) / box.width) * spanMs;
          const index = buckets.findLastIndex(({ startMs }) => startMs <= atMs);
          setHovered(index === -1 ? null : index);
        }}
        onPointerLeave={() => setHovered(null)}
      >
        <span className="chart-top">{formatExact(highest)}</span>
        <svg aria-hidden="true" focusable="false">
          {hovered !== null && tip && (
            <rect
              className="chart-hover"
              x={x(tip.startMs)}
              width={x(tip.startMs + widthMs) - x(tip.startMs)}
              height="100%"
            />
          )}
          {buckets.map((bucket, index) => {
            const left = x(bucket.startMs);
            const barWidth = Math.max(1, x(bucket.startMs + widthMs) - left - 1);
            let top = plotHeight;
            return (
              totals[index]! > 0 &&
              series.map(({ key, tone }) => {
                const count = bucket.counts[key] ?? 0;
                // What is there is seen, however little it is beside the rest.
                const tall = count === 0 ? 0 : Math.max(1.5, (count / highest) * (plotHeight - 4));
                top -= tall;
                return (
                  count > 0 && (
                    <rect
                      key={`${bucket.startMs}${key}`}
                      className={`chart-bar-${tone}`}
                      x={left}
                      y={top}
                      width={barWidth}
                      height={tall}
                    />
                  )
                );
              })
            );
          })}
          <line className="chart-base" x1="0" x2="100%" y1={plotHeight - 0.5} y2={plotHeight - 0.5} />
        </svg>
        {brush && (
          <span
            className="chart-brush"
            style={{ left: `${brush.from * 100}%`, width: `${(brush.to - brush.from) * 100}%` }}
          />
        )}
        {tip && !brush && (
          <span className="chart-tip" style={tipPlace(x(tip.startMs + widthMs / 2), width)}>
            <span className="mono">{axisTime(tip.startMs, window, zone)}</span>
            {series
              .filter(({ key }) => (tip.counts[key] ?? 0) > 0)
              .map(({ key, name }) => ` · ${name} ${formatExact(tip.counts[key] ?? 0)}`)}
            {totals[hovered!] === 0 && ' · none'}
          </span>
        )}
      </div>
      <TimeAxis window={window} marks={width < 480 ? 2 : 6} />
      {/* A table does not get smaller than its text by itself. */}
      <div className="visually-hidden">
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              {series.map(({ key, name }) => (
                <th key={key} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {buckets
              .filter((_, index) => totals[index]! > 0)
              .map(({ startMs, counts }) => (
                <tr key={startMs}>
                  <th scope="row">{axisTime(startMs, window, zone)}</th>
                  {series.map(({ key }) => (
                    <td key={key}>{formatExact(counts[key] ?? 0)}</td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** Beside the pointer, and never over the edge. */
export const tipPlace = (x: number, width: number): { left: number } | { right: number } =>
  x > width / 2 ? { right: width - x + 10 } : { left: x + 10 };
