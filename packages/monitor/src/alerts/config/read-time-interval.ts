import { localTime, type TimeInterval } from '../engine/time-interval.ts';
import type { YamlValue } from './yaml-reader.ts';

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** Times, weekdays, days of the month, months and years, as Alertmanager writes them: `monday:friday`, `-3:-1`, `09:00`. */
export function readTimeInterval(value: YamlValue): TimeInterval {
  const map = value.map(['times', 'weekdays', 'days_of_month', 'months', 'years', 'location']);
  const location = map.location.text('UTC');
  if (map.location.attempt(() => localTime(0, location)) === undefined) return readTimeIntervalIn(value, 'UTC');
  return readTimeIntervalIn(value, location);
}

function readTimeIntervalIn(value: YamlValue, location: string): TimeInterval {
  const map = value.map(['times', 'weekdays', 'days_of_month', 'months', 'years', 'location']);
  return {
    location,
    times: map.times.list().map((item) => {
      const { end_time, start_time } = item.map(['start_time', 'end_time']);
      const range = { startMinute: minuteOf(start_time), endMinute: minuteOf(end_time) };
      if (range.startMinute >= range.endMinute)
        item.fail('ends before it starts: write two times for what goes over midnight');
      return range;
    }),
    weekdays: map.weekdays.list().map((item) => range(item, (text) => weekdays.indexOf(text), 0, 6)),
    daysOfMonth: map.days_of_month.list().map((item) => range(item, Number, -31, 31)),
    months: map.months
      .list()
      .map((item) => range(item, (text) => (/^\d+$/.test(text) ? Number(text) : months.indexOf(text) + 1), 1, 12)),
    years: map.years.list().map((item) => range(item, Number, 1, 9_999)),
  };
}

function minuteOf(value: YamlValue): number {
  const match = /^(\d\d):(\d\d)$/.exec(value.text());
  const minute = match === null ? -1 : Number(match[1]) * 60 + Number(match[2]);
  if (minute < 0 || minute > 1_440 || Number(match?.[2]) > 59)
    value.fail('is to be a time such as 09:30, at most 24:00');
  return minute;
}

function range(
  value: YamlValue,
  read: (text: string) => number,
  min: number,
  max: number,
): { from: number; to: number } {
  const [first = '', last = first, ...more] = value.text().toLowerCase().split(':');
  const from = read(first.trim());
  const to = read(last.trim());
  const isIn = (number: number): boolean =>
    Number.isInteger(number) && number >= min && number <= max && !(min < 0 && number === 0);
  if (more.length > 0 || !isIn(from) || !isIn(to))
    value.fail('is not understood: write one value, or two with a colon between');
  else if (from > to && from > 0 === to > 0) value.fail('ends before it starts');
  return { from, to };
}
