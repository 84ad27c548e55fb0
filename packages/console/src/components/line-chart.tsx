import { type ReactNode, useRef, useState } from 'react';
import { zoneSetting } from '../app/settings.ts';
import { useStore } from '../app/store.ts';
import { type ChartUnit, formatChartValue } from '../format/chart-value.ts';
import { type ChartLine, lastOf, runsOf, valueAt, valueMarks } from '../format/line-points.ts';
import { seriesColour } from '../format/series.ts';
import type { TimeWindow } from '../url/time-range.ts';
import { axisTime, TimeAxis } from './time-axis.tsx';
import { tipPlace } from './time-histogram.tsx';
import { useBrush } from './use-brush.ts';
import { useSize } from './use-size.ts';
import './chart.css';
import './line-chart.css';

const tipLinesMax = 12;

/**
 * Values over time as lines with gaps where there are none. Pointing at it tells the values, dragging zooms; the legend has the last values and switches lines
 * off and on. The same as a table is `values-table.tsx` of the metrics page.
 */
export function LineChart({
  label,
  lines,
  window,
  stepMs,
  unit = 'none',
  height = 320,
  hidden = noNames,
  onToggle,
  onZoom,
}: {
  label: string;
  lines: readonly ChartLine[];
  window: TimeWindow;
  /** How far apart points are: what is farther apart is not joined. */
  stepMs: number;
  unit?: ChartUnit;
  height?: number;
  /** Names of lines that are switched off. */
  hidden?: ReadonlySet<string>;
  /** Without it there is no legend: the lines are named beside the chart. */
  onToggle?: (name: string, isOnly: boolean) => void;
  onZoom?: (window: TimeWindow) => void;
}): ReactNode {
  const zone = useStore(zoneSetting);
  const plot = useRef<HTMLDivElement>(null);
  const width = useSize(plot)?.width ?? 0;
  const [hoverMs, setHoverMs] = useState<number | null>(null);
  const spanMs = window.toMs - window.fromMs;
  const { brush, handlers } = useBrush((chosen) =>
    onZoom?.({ fromMs: window.fromMs + chosen.from * spanMs, toMs: window.fromMs + chosen.to * spanMs }),
  );
  const shown = lines.filter(({ name }) => !hidden.has(name));
  const marks = valueMarks(shown);
  const bottom = marks[0]!;
  const top = marks.at(-1)!;
  const plotHeight = height - 18;
  const x = (atMs: number): number => ((atMs - window.fromMs) / spanMs) * width;
  const y = (value: number): number => plotHeight - 1 - ((value - bottom) / (top - bottom)) * (plotHeight - 12);
  const atMs = hoverMs === null ? null : Math.round((hoverMs - window.fromMs) / stepMs) * stepMs + window.fromMs;
  const told =
    atMs === null
      ? []
      : shown
          .flatMap((line) => {
            const value = valueAt(line, atMs, stepMs);
            return value === undefined ? [] : [{ line, value }];
          })
          .sort((a, b) => b.value - a.value);
  return (
    <>
      <figure className="chart line-chart" style={{ height }} aria-label={label}>
        <div
          className="chart-plot"
          ref={plot}
          {...handlers}
          onPointerMove={(event) => {
            handlers.onPointerMove(event);
            const box = event.currentTarget.getBoundingClientRect();
            setHoverMs(window.fromMs + ((event.clientX - box.left) / Math.max(1, box.width)) * spanMs);
          }}
          onPointerLeave={() => setHoverMs(null)}
        >
          <svg aria-hidden="true" focusable="false">
            {marks.map((mark) => (
              <line key={mark} className="chart-grid" x1="0" x2="100%" y1={y(mark)} y2={y(mark)} />
            ))}
            {width > 0 &&
              shown.map((line) => (
                <g key={line.name} stroke={seriesColour(line.tone)} fill={seriesColour(line.tone)}>
                  {runsOf(line, stepMs).map(([from, to]) =>
                    to - from === 1 ? (
                      <circle
                        key={from}
                        className="line-chart-point"
                        cx={x(line.atMs[from]!)}
                        cy={y(line.values[from]!)}
                        r="2"
                      />
                    ) : (
                      <polyline key={from} className="line-chart-line" points={pointsOf(line, from, to, x, y)} />
                    ),
                  )}
                </g>
              ))}
            {atMs !== null && told.length > 0 && (
              <>
                <line className="line-chart-cursor" x1={x(atMs)} x2={x(atMs)} y1="0" y2={plotHeight} />
                {told
                  .filter(({ value }) => Number.isFinite(value))
                  .map(({ line, value }) => (
                    <circle key={line.name} cx={x(atMs)} cy={y(value)} r="3" fill={seriesColour(line.tone)} />
                  ))}
              </>
            )}
          </svg>
          {marks.map((mark) => (
            <span key={mark} className="line-chart-mark" style={{ top: y(mark) }} aria-hidden="true">
              {formatChartValue(mark, unit)}
            </span>
          ))}
          {brush && (
            <span
              className="chart-brush"
              style={{ left: `${brush.from * 100}%`, width: `${(brush.to - brush.from) * 100}%` }}
            />
          )}
          {atMs !== null && told.length > 0 && !brush && (
            <div className="chart-tip line-chart-tip" style={tipPlace(x(atMs), width)}>
              <span className="mono muted">{axisTime(atMs, window, zone)}</span>
              {told.slice(0, tipLinesMax).map(({ line, value }) => (
                <span key={line.name} className="line-chart-told">
                  <Swatch tone={line.tone} />
                  <span className="truncate">{line.name}</span>
                  <span className="mono">{formatChartValue(value, unit)}</span>
                </span>
              ))}
              {told.length > tipLinesMax && <span className="muted">and {told.length - tipLinesMax} more</span>}
            </div>
          )}
        </div>
        <TimeAxis window={window} marks={width < 480 ? 2 : 6} />
      </figure>
      {onToggle && (
        <ul className="line-chart-legend" aria-label="Lines">
          {lines.map((line) => {
            const last = lastOf(line);
            return (
              <li key={line.name}>
                <button
                  type="button"
                  aria-pressed={!hidden.has(line.name)}
                  title="Click: off and on. With Shift: only this one."
                  onClick={(event) => onToggle(line.name, event.shiftKey)}
                >
                  <Swatch tone={line.tone} />
                  <span className="truncate">{line.name}</span>
                  <span className="mono">{last === null ? '–' : formatChartValue(last.value, unit)}</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

const noNames: ReadonlySet<string> = new Set();

export function Swatch({ tone }: { tone: number }): ReactNode {
  return (
    <svg className="line-chart-swatch" width="12" height="4" aria-hidden="true">
      <rect width="12" height="4" rx="2" fill={seriesColour(tone)} />
    </svg>
  );
}

function pointsOf(
  { atMs, values }: ChartLine,
  from: number,
  to: number,
  x: (atMs: number) => number,
  y: (value: number) => number,
): string {
  let points = '';
  for (let index = from; index < to; index += 1)
    points += `${x(atMs[index]!).toFixed(1)},${y(values[index]!).toFixed(1)} `;
  return points;
}
