import { type ReactNode, useMemo } from 'react';
import { useBrush } from '../../components/use-brush.ts';
import { axisMarks, formatMicros } from '../../format/micros.ts';
import { seriesColours } from '../../format/series.ts';
import { errorOf, serviceOf } from '../../trace/span.ts';
import type { Trace } from '../../trace/trace-tree.ts';
import type { Zoom } from './waterfall-scale.ts';

const height = 46;
const rowsMax = 400;

/** The whole trace small, a line a span; dragging over it chooses the part that the waterfall shows. */
export function TraceOverview({
  trace,
  zoom,
  tones,
  onZoom,
}: {
  trace: Trace;
  zoom: Zoom;
  tones: ReadonlyMap<string, number>;
  onZoom: (zoom: Zoom) => void;
}): ReactNode {
  const { durationUs } = trace;
  const paths = useMemo(() => drawLines(trace, tones), [trace, tones]);
  const whole = Math.max(1, durationUs);
  const { brush, handlers } = useBrush(({ from, to }) =>
    onZoom({ fromUs: from * whole, toUs: Math.max(to * whole, from * whole + 1) }),
  );
  const left = (zoom.fromUs / whole) * 100;
  const right = 100 - (zoom.toUs / whole) * 100;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard zooms with the keys of the waterfall
    <div
      className="trace-overview"
      style={{ height }}
      {...handlers}
      onDoubleClick={() => onZoom({ fromUs: 0, toUs: whole })}
    >
      <svg viewBox={`0 0 1000 ${height}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        {paths.map(({ tone, d }) => (
          <path
            key={tone}
            d={d}
            style={{ stroke: tone === 0 ? 'var(--bad)' : `var(--series-${tone})` }}
            strokeWidth={paths.length > 0 ? lineWidth(trace) : 1}
          />
        ))}
      </svg>
      {axisMarks(0, whole, 6).map((mark) => (
        <span key={mark} className="trace-overview-mark" style={{ left: `${(mark / whole) * 100}%` }}>
          {mark > 0 && mark < whole * 0.96 && formatMicros(mark)}
        </span>
      ))}
      <span className="trace-overview-shade" style={{ left: 0, width: `${left}%` }} />
      <span className="trace-overview-shade" style={{ right: 0, width: `${right}%` }} />
      {brush && (
        <span
          className="chart-brush"
          style={{ left: `${brush.from * 100}%`, width: `${(brush.to - brush.from) * 100}%` }}
        />
      )}
    </div>
  );
}

const lineWidth = (trace: Trace): number => Math.max(1, Math.min(4, (height - 16) / trace.nodes.length - 0.5));

/** One path a colour, however many spans there are. */
function drawLines(trace: Trace, tones: ReadonlyMap<string, number>): { tone: number; d: string }[] {
  const drawn: string[] = Array.from({ length: seriesColours + 1 }, () => '');
  const whole = Math.max(1, trace.durationUs);
  const step = Math.max(1, trace.nodes.length / rowsMax);
  const rows = Math.ceil(trace.nodes.length / step);
  trace.nodes.forEach((node, index) => {
    const y = 15 + (Math.floor(index / step) / Math.max(1, rows)) * (height - 18);
    const x = (node.startUs / whole) * 1000;
    const width = Math.max(1, ((node.endUs - node.startUs) / whole) * 1000);
    const tone = errorOf(node.span) === null ? (tones.get(serviceOf(node.span)) ?? seriesColours) : 0;
    drawn[tone] += `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}`;
  });
  return drawn
    .map((d, tone) => ({ tone, d }))
    .filter(({ d }) => d !== '')
    .reverse();
}
