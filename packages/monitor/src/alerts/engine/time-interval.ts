/** Times of the week, month and year, as Alertmanager's `time_intervals` say them. What is empty is always. */
export interface TimeInterval {
  /** Minutes of the day; the end is not in it. */
  readonly times: readonly { startMinute: number; endMinute: number }[];
  /** 0 is Sunday; both ends are in it. */
  readonly weekdays: readonly { from: number; to: number }[];
  /** Negative days count from the month's end. */
  readonly daysOfMonth: readonly { from: number; to: number }[];
  /** 1 is January. */
  readonly months: readonly { from: number; to: number }[];
  readonly years: readonly { from: number; to: number }[];
  /** A name of the IANA's list, such as Europe/Berlin. Default UTC. */
  readonly location: string;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const formats = new Map<string, Intl.DateTimeFormat>();

export function isInInterval(interval: TimeInterval, atMs: number): boolean {
  const time = localTime(atMs, interval.location);
  const isIn = (ranges: readonly { from: number; to: number }[], value: number): boolean =>
    ranges.length === 0 || ranges.some(({ from, to }) => from <= value && value <= to);
  if (interval.times.length > 0) {
    const isInTime = interval.times.some((range) => range.startMinute <= time.minute && time.minute < range.endMinute);
    if (!isInTime) return false;
  }
  const daysInMonth = new Date(Date.UTC(time.year, time.month, 0)).getUTCDate();
  const days = interval.daysOfMonth.map(({ from, to }) => ({
    from: Math.max(1, from < 0 ? daysInMonth + from + 1 : from),
    to: Math.min(daysInMonth, to < 0 ? daysInMonth + to + 1 : to),
  }));
  return (
    isIn(days, time.day) &&
    isIn(interval.weekdays, time.weekday) &&
    isIn(interval.months, time.month) &&
    isIn(interval.years, time.year)
  );
}

/** Throws RangeError for a place that is not known. */
export function localTime(atMs: number, location: string) {
  let format = formats.get(location);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: location === 'Local' ? undefined : location,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(location, format);
  }
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return {
    year: Number(parts['year']),
    month: Number(parts['month']),
    day: Number(parts['day']),
    weekday: weekdays.indexOf(parts['weekday'] ?? ''),
    minute: Number(parts['hour']) * 60 + Number(parts['minute']),
  };
}
