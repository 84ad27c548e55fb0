/** Ages, durations and points in time. The zone is always said by the caller: the console shows UTC or local, never a mix. */
export type Zone = 'utc' | 'local';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `now`, `12 s`, `3 min`, `5 h`, `2 d`: one unit, cut and not rounded, so that an age never runs ahead. */
export function formatAge(ageMs: number): string {
  if (!Number.isFinite(ageMs)) return '–';
  if (ageMs < second) return 'now';
  if (ageMs < minute) return `${Math.floor(ageMs / second)} s`;
  if (ageMs < hour) return `${Math.floor(ageMs / minute)} min`;
  if (ageMs < day) return `${Math.floor(ageMs / hour)} h`;
  return `${Math.floor(ageMs / day)} d`;
}

/** A span of time with enough figures to compare: `3 ms`, `1.2 s`, `4 min 10 s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < second) return `${Math.round(ms)} ms`;
  if (ms < minute) return `${(ms / second).toFixed(1)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min ${Math.floor((ms % minute) / second)} s`;
  return `${Math.floor(ms / hour)} h ${Math.floor((ms % hour) / minute)} min`;
}

interface TimeParts {
  date: string;
  time: string;
  millis: string;
}

function parts(epochMs: number, zone: Zone): TimeParts {
  const at = new Date(epochMs);
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  if (zone === 'utc') {
    const iso = at.toISOString();
    const split = iso.indexOf('T');
    return { date: iso.slice(0, split), time: iso.slice(split + 1, split + 9), millis: iso.slice(-4, -1) };
  }
  return {
    date: `${pad(at.getFullYear(), 4)}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`,
    time: `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`,
    millis: pad(at.getMilliseconds(), 3),
  };
}

const isTime = (epochMs: number): boolean => Number.isFinite(epochMs) && Math.abs(epochMs) <= 8.64e15;

/** `14:02:31.123`: for rows that are all of today. */
export function formatClock(epochMs: number, zone: Zone, withMillis = true): string {
  if (!isTime(epochMs)) return '–';
  const { time, millis } = parts(epochMs, zone);
  return withMillis ? `${time}.${millis}` : time;
}

/** `2026-02-03 14:02:31.123`, and the date left out when it is the day of `now`. */
export function formatTime(epochMs: number, zone: Zone, now: number): string {
  if (!isTime(epochMs)) return '–';
  const { date, time, millis } = parts(epochMs, zone);
  return date === parts(now, zone).date ? `${time}.${millis}` : `${date} ${time}.${millis}`;
}

/** The whole of it, with the zone: `2026-02-03 14:02:31.123 UTC`, or local time with its offset. */
export function formatTimeExact(epochMs: number, zone: Zone): string {
  if (!isTime(epochMs)) return '–';
  const { date, time, millis } = parts(epochMs, zone);
  return `${date} ${time}.${millis} ${zone === 'utc' ? 'UTC' : offsetOf(epochMs)}`;
}

function offsetOf(epochMs: number): string {
  const minutes = -new Date(epochMs).getTimezoneOffset();
  const size = Math.abs(minutes);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}
