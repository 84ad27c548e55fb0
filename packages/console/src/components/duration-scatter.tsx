import { type ReactNode, useRef, useState } from 'react';
import { zoneSetting } from '../app/settings.ts';
import { useStore } from '../app/store.ts';
import { formatMicros } from '../format/micros.ts';
import type { TimeWindow } from '../url/time-range.ts';
import { axisTime, TimeAxis } from './time-axis.tsx';
import { tipPlace } from './time-histogram.tsx';
import { useBrush } from './use-brush.ts';
import { useSize } from './use-size.ts';
import './chart.css';

export interface ScatterPoint {
  key: string;
  atMs: number;
  /** Microseconds. */
  durationUs: number;
  isError: boolean;
  name: string;
}

const nearPx = 14;

/**
 * When and how long: a dot each, durations on a logarithmic scale, errors as crosses on top. Dragging zooms the time, a click opens the
 * nearest. The list below says the same in words.
 */
export function DurationScatter({
  label,
  window,
  points,
  openKey,
  height = 116,
  onZoom,
  onOpen,
}: {
  label: string;
  window: TimeWindow;
  points: readonly ScatterPoint[];
  openKey?: string | null;
  height?: number;
  onZoom: (window: TimeWindow) => void;
  onOpen: (key: string) => void;
}): ReactNode {
  const zone = useStore(zoneSetting);
  const plot = useRef<HTMLDivElement>(null);
  const width = useSize(plot)?.width ?? 0;
  const [hovered, setHovered] = useState<string | null>(null);
  const spanMs = window.toMs - window.fromMs;
  const { brush, handlers } = useBrush((chosen) =>
    onZoom({ fromMs: window.fromMs + chosen.from * spanMs, toMs: window.fromMs + chosen.to * spanMs }),
  );
  const plotHeight = height - 18;
  const { low, high } = scaleOf(points);
  const x = ({ atMs }: ScatterPoint): number => ((atMs - window.fromMs) / spanMs) * width;
  const y = (durationUs: number): number =>
    plotHeight - 8 - ((Math.log10(Math.max(1, durationUs)) - low) / (high - low)) * (plotHeight - 20);
  const nearest = (clientX: number, clientY: number): ScatterPoint | null => {
    const box = plot.current!.getBoundingClientRect();
    let best: ScatterPoint | null = null;
    let bestDistance = nearPx;
    for (const point of points) {
      const distance = Math.hypot(x(point) - (clientX - box.left), y(point.durationUs) - (clientY - box.top));
      if (distance < bestDistance) [best, bestDistance] = [point, distance];
    }
    return best;
  };
  const tip = points.find((point) => point.key === hovered);
  const grid = Array.from({ length: high - low + 1 }, (_, index) => low + index).filter(
    (power, index, all) => all.length <= 4 || index % 2 === 0 || power === high,
  );
  return (
    <figure className="chart" style={{ height }} aria-label={label}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the list below is the keyboard's way to the same */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div
        className="chart-plot"
        ref={plot}
        {...handlers}
        onPointerMove={(event) => {
          handlers.onPointerMove(event);
          setHovered(nearest(event.clientX, event.clientY)?.key ?? null);
        }}
        onPointerLeave={() => setHovered(null)}
        onClick={(event) => {
          const found = nearest(event.clientX, event.clientY);
          if (found && !brush) onOpen(found.key);
        }}
        style={tip ? { cursor: 'pointer' } : undefined}
      >
        {grid.map((power) => (
          <span key={power} className="chart-top" style={{ top: y(10 ** power) - 7 }}>
            {formatMicros(10 ** power)}
          </span>
        ))}
        <svg aria-hidden="true" focusable="false">
          {grid.map((power) => (
            <line key={power} className="chart-grid" x1="0" x2="100%" y1={y(10 ** power)} y2={y(10 ** power)} />
          ))}
          {points
            .filter((point) => !point.isError)
            .map((point) => (
              <circle
                key={point.key}
                className={`chart-dot ${point.key === hovered || point.key === openKey ? 'chart-dot-open' : ''}`}
                cx={x(point)}
                cy={y(point.durationUs)}
                r={point.key === hovered ? 5 : 3.5}
              />
            ))}
          {points
            .filter((point) => point.isError)
            .map((point) => (
              <path
                key={point.key}
                className={`chart-dot-bad ${point.key === hovered || point.key === openKey ? 'chart-dot-open' : ''}`}
                d="M-4.500-1.900-1.900-4.500 0-2.600 1.900-4.500 4.500-1.900 2.600 0 4.500 1.900 1.900 4.500 0 2.600-1.900 4.500-4.500 1.900-2.600 0z"
                transform={`translate(${x(point)} ${y(point.durationUs)})`}
              />
            ))}
          <line className="chart-base" x1="0" x2="100%" y1={plotHeight - 0.5} y2={plotHeight - 0.5} />
        </svg>
        {brush && (
          <span
            className="chart-brush"
            style={{ left: `${brush.from * 100}%`, width: `${(brush.to - brush.from) * 100}%` }}
          />
        )}
        {tip && !brush && (
          <span className="chart-tip" style={tipPlace(x(tip), width)}>
            {tip.name} · <span className="mono">{formatMicros(tip.durationUs)}</span> ·{' '}
            <span className="mono">{axisTime(tip.atMs, window, zone)}</span>
            {tip.isError && ' · failed'}
          </span>
        )}
      </div>
      <TimeAxis window={window} marks={width < 480 ? 2 : 6} />
    </figure>
  );
}

/** Whole powers of ten around what there is. */
function scaleOf(points: readonly ScatterPoint[]): { low: number; high: number } {
  const powers = points.map(({ durationUs }) => Math.log10(Math.max(1, durationUs)));
  const low = Math.floor(Math.min(3, ...powers));
  return {
    low: powers.length === 0 ? 3 : Math.max(low, Math.floor(Math.min(...powers))),
    high: Math.max(low + 1, Math.ceil(Math.max(4, ...powers))),
  };
}
