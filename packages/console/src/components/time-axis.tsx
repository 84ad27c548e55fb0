import type { ReactNode } from 'react';
import { zoneSetting } from '../app/settings.ts';
import { useStore } from '../app/store.ts';
import { formatClock, formatTime, type Zone } from '../format/time.ts';
import type { TimeWindow } from '../url/time-range.ts';
import './chart.css';

/** A time as an axis has it: with its date when the window is longer than a day, with milliseconds when it is shorter than a few seconds. */
export function axisTime(atMs: number, { fromMs, toMs }: TimeWindow, zone: Zone): string {
  if (toMs - fromMs > 26 * 3_600_000)
    return formatTime(atMs, zone, Number.NaN)
      .replace(/:\d\d\.\d+$/, '')
      .replace(/^\d+-/, '');
  return formatClock(atMs, zone, toMs - fromMs < 10_000);
}

/** The times below a chart: its start, its end, and what stands between. */
export function TimeAxis({ window, marks = 4 }: { window: TimeWindow; marks?: number }): ReactNode {
  const zone = useStore(zoneSetting);
  const { fromMs, toMs } = window;
  return (
    <div className="chart-axis" aria-hidden="true">
      {Array.from({ length: marks + 1 }, (_, index) => (
        <span key={index} style={{ left: `${(index / marks) * 100}%` }}>
          {axisTime(fromMs + ((toMs - fromMs) * index) / marks, window, zone)}
        </span>
      ))}
    </div>
  );
}
