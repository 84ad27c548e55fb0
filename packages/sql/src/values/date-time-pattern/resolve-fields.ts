import { dateOfEpochDay, dayMs, daysOfMonth, epochDay, isLeapYear } from '../calendar.ts';
import type { ParsedFields } from './parse-date-time.ts';
import type { NumberField } from './pattern-parts.ts';
import { dayOfWeek, dayOfWeekDate } from './weeks.ts';

const ranges: Readonly<Partial<Record<NumberField, readonly [low: number, high: number]>>> = {
  month: [1, 12],
  quarter: [1, 4],
  dayOfMonth: [1, 31],
  dayOfYear: [1, 366],
  week: [1, 54],
  localDayOfWeek: [1, 7],
  hourOfDay: [0, 24],
  clockHourOfDay: [0, 24],
  hourOfAmPm: [0, 11],
  clockHourOfAmPm: [0, 12],
  minute: [0, 59],
  second: [0, 59],
  nanoOfSecond: [0, 999_999_999],
  milliOfDay: [0, dayMs - 1],
};

/** The year that the fields name; years of an era are of the present one where it is not told. */
function yearOf({ numbers, era }: ParsedFields): number | undefined {
  const year = numbers.get('year');
  if (year !== undefined) return year;
  const ofEra = numbers.get('yearOfEra');
  if (ofEra === undefined) return undefined;
  if (ofEra < 1) throw new RangeError(`There is no year ${ofEra}`);
  return era === 0 ? 1 - ofEra : ofEra;
}

/** @throws RangeError for a number that its field cannot have */
export function checkRanges({ numbers }: ParsedFields): void {
  for (const [field, value] of numbers) {
    const range = ranges[field];
    if (range !== undefined && (value < range[0] || value > range[1])) {
      throw new RangeError(`Invalid value for ${field} (valid values ${range[0]} - ${range[1]}): ${value}`);
    }
  }
}

/**
 * The day that the fields name, as Java's SMART style resolves them: days beyond a month's end are its last. Undefined where they name none.
 *
 * @throws RangeError where fields contradict each other
 */
export function resolveDate(fields: ParsedFields): number | undefined {
  const days = dateOf(fields);
  if (days !== undefined && fields.dayOfWeek !== undefined && dayOfWeek(days) !== fields.dayOfWeek) {
    throw new RangeError('The day of the week is not that of the date');
  }
  return days;
}

/** As `resolveDate`, of a lenient calendar: the 31st of April is the 1st of May, and what is not named is as at 1970-01-01. */
export function resolveLenientDate(fields: ParsedFields): number {
  const { numbers } = fields;
  if (numbers.has('weekBasedYear')) return resolveDate(fields) ?? 0;
  const year = yearOf(fields) ?? 1970;
  const dayOfYear = numbers.get('dayOfYear');
  if (dayOfYear !== undefined) return epochDay(year, 1, 1) + dayOfYear - 1;
  const months = (numbers.get('month') ?? 1) - 1;
  const years = Math.floor(months / 12);
  return epochDay(year + years, months - years * 12 + 1, 1) + (numbers.get('dayOfMonth') ?? 1) - 1;
}

function dateOf(fields: ParsedFields): number | undefined {
  const { numbers } = fields;
  const year = yearOf(fields);
  const [month, day, dayOfYear] = [numbers.get('month'), numbers.get('dayOfMonth'), numbers.get('dayOfYear')];
  if (year !== undefined && month !== undefined && day !== undefined) {
    return epochDay(year, month, Math.min(day, daysOfMonth(year, month)));
  }
  if (year !== undefined && dayOfYear !== undefined) {
    if (dayOfYear === 366 && !isLeapYear(year)) throw new RangeError(`${year} has no day 366`);
    return epochDay(year, 1, 1) + dayOfYear - 1;
  }
  const [weekYear, week] = [numbers.get('weekBasedYear'), numbers.get('week')];
  const local =
    numbers.get('localDayOfWeek') ?? (fields.dayOfWeek === undefined ? undefined : (fields.dayOfWeek % 7) + 1);
  if (weekYear !== undefined && week !== undefined && local !== undefined) return dayOfWeekDate(weekYear, week, local);
  return undefined;
}

/** The hour of the day, by whichever fields name it. */
function hourOf({ numbers, amPm }: ParsedFields): number | undefined {
  const hour = numbers.get('hourOfDay');
  if (hour !== undefined) return hour;
  const clockHour = numbers.get('clockHourOfDay');
  if (clockHour !== undefined) return clockHour % 24;
  const half = numbers.get('hourOfAmPm') ?? remainder(numbers.get('clockHourOfAmPm'), 12);
  return half === undefined || amPm === undefined ? undefined : amPm * 12 + half;
}

function remainder(value: number | undefined, divisor: number): number | undefined {
  return value === undefined ? undefined : value % divisor;
}

/** Milliseconds of the day; parts behind the last that is named are 0. Undefined where the hour is not named. */
export function resolveTime(fields: ParsedFields): number | undefined {
  const { numbers } = fields;
  const nanoOfDay = numbers.get('nanoOfDay');
  if (nanoOfDay !== undefined) return Math.floor(nanoOfDay / 1_000_000);
  const milliOfDay = numbers.get('milliOfDay');
  if (milliOfDay !== undefined) return milliOfDay;
  const hour = hourOf(fields);
  if (hour === undefined) return undefined;
  const [minute, second, nano] = [numbers.get('minute'), numbers.get('second'), numbers.get('nanoOfSecond')];
  if (minute === undefined && (second !== undefined || nano !== undefined)) return undefined;
  if (second === undefined && nano !== undefined) return undefined;
  if (hour === 24 && (minute ?? 0) + (second ?? 0) + (nano ?? 0) > 0) throw new RangeError('24 is the end of the day');
  return clockMs(hour % 24, minute, second, nano);
}

function clockMs(hour = 0, minute = 0, second = 0, nano = 0): number {
  return ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(nano / 1_000_000);
}

/** Milliseconds of the local time that the fields name; what they do not name is as at 1970-01-01 00:00. */
export function resolveLocalMs(fields: ParsedFields): number {
  const { numbers, amPm } = fields;
  const excess = numbers.get('hourOfDay') === 24 ? dayMs : 0;
  const days = resolveDate(fields) ?? partialDate(fields);
  const time = resolveTime(fields);
  if (time !== undefined) return days * dayMs + time + excess;
  const half = numbers.get('hourOfAmPm') ?? remainder(numbers.get('clockHourOfAmPm'), 12);
  const hour = hourOf(fields) ?? (half ?? 0) + (amPm ?? 0) * 12;
  return days * dayMs + clockMs(hour, numbers.get('minute'), numbers.get('second'), numbers.get('nanoOfSecond'));
}

function partialDate(fields: ParsedFields): number {
  const { numbers } = fields;
  const year = yearOf(fields);
  const dayOfYear = numbers.get('dayOfYear');
  if (dayOfYear !== undefined) {
    if (dayOfYear === 366) throw new RangeError('Leap day cannot be parsed without supplying the year field');
    return epochDay(year ?? 1970, 1, 1) + dayOfYear - 1;
  }
  const quarter = numbers.get('quarter');
  const month = numbers.get('month') ?? (quarter === undefined ? 1 : quarter * 3 - 2);
  const base = dateOfEpochDay(0);
  const [y, d] = [year ?? base.year, numbers.get('dayOfMonth') ?? base.day];
  return epochDay(y, month, Math.min(d, daysOfMonth(y, month)));
}
