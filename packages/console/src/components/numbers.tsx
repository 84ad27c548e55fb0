import { type ReactNode, useEffect, useState } from 'react';
import { paused } from '../app/live.ts';
import { zoneSetting } from '../app/settings.ts';
import { Store, useStore } from '../app/store.ts';
import { formatBytes, formatCount, formatExact, formatRate } from '../format/number.ts';
import { formatAge, formatTime, formatTimeExact } from '../format/time.ts';

/** Short on screen, exact on hover. */
export function Count({ value, unit }: { value: number; unit?: string }): ReactNode {
  return (
    <span className="mono" title={`${formatExact(value)}${unit ? ` ${unit}` : ''}`}>
      {formatCount(value)}
    </span>
  );
}

/** Records a second; zero steps back, so that what flows stands out. */
export function Rate({ value, unit = '/s' }: { value: number; unit?: string }): ReactNode {
  return (
    <span
      className={`mono rate ${value === 0 ? 'muted' : ''}`}
      title={`${value.toFixed(2)} records a second, smoothed over 3 s`}
    >
      {formatRate(value)}
      <span className="muted">{unit}</span>
    </span>
  );
}

export function Bytes({ value }: { value: number }): ReactNode {
  return (
    <span className="mono" title={`${formatExact(value)} bytes`}>
      {formatBytes(value)}
    </span>
  );
}

/** One clock for all ages on the page, stopped with everything else. */
const clock = new Store(Date.now());
setInterval(() => {
  if (!paused.get() && !document.hidden) clock.set(Date.now());
}, 1000);

export function useNow(): number {
  return useStore(clock);
}

export function Age({ atMs, suffix = '' }: { atMs: number; suffix?: string }): ReactNode {
  const now = useNow();
  const zone = useStore(zoneSetting);
  const age = formatAge(now - atMs);
  return (
    <time dateTime={isoOf(atMs)} title={formatTimeExact(atMs, zone)}>
      {age === 'now' ? age : `${age}${suffix}`}
    </time>
  );
}

export function Time({ atMs }: { atMs: number }): ReactNode {
  const zone = useStore(zoneSetting);
  const [now] = useState(() => Date.now());
  return (
    <time className="mono" dateTime={isoOf(atMs)} title={formatTimeExact(atMs, zone)}>
      {formatTime(atMs, zone, now)}
    </time>
  );
}

function isoOf(atMs: number): string | undefined {
  return Number.isFinite(atMs) && Math.abs(atMs) <= 8.64e15 ? new Date(atMs).toISOString() : undefined;
}

/** What was typed, once it has rested for a moment. */
export function useSettled<T>(value: T, delayMs = 200): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}
