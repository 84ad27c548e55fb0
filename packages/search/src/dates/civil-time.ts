/** Fields of a local date and time; those that a text did not give are undefined. */
export interface TimeFields {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  /** 0 = AM, 1 = PM, with `hour12`. */
  half?: number;
  hour12?: number;
  minute?: number;
  second?: number;
  nano?: number;
}

export const dayMs = 86_400_000;

/** Milliseconds of a civil date and time as if it were UTC; undefined when there is no such date. */
export function civilToMs(fields: TimeFields, isRoundedUp: boolean): number | undefined {
  const year = fields.year ?? 1970;
  let month = fields.month ?? 1;
  let day = fields.day ?? 1;
  if (fields.dayOfYear !== undefined) {
    if (fields.dayOfYear < 1 || fields.dayOfYear > (isLeapYear(year) ? 366 : 365)) return undefined;
    const date = new Date(dateMs(year, 1, 1) + (fields.dayOfYear - 1) * dayMs);
    month = date.getUTCMonth() + 1;
    day = date.getUTCDate();
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  let hour = fields.hour;
  if (hour === undefined && fields.hour12 !== undefined) hour = (fields.hour12 % 12) + (fields.half === 1 ? 12 : 0);
  hour ??= isRoundedUp ? 23 : 0;
  const minute = fields.minute ?? (isRoundedUp ? 59 : 0);
  const second = fields.second ?? (isRoundedUp ? 59 : 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const nano = fields.nano ?? (isRoundedUp ? 999_999_999 : 0);
  return dateMs(year, month, day) + hour * 3_600_000 + minute * 60_000 + second * 1000 + Math.floor(nano / 1_000_000);
}

/** Date.UTC for every year, also those before 100. */
export function dateMs(year: number, month: number, day: number): number {
  if (year >= 100) return Date.UTC(year, month - 1, day);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Adds months to a local time; the day is cut to the month's last. */
export function addMonths(localMs: number, months: number): number {
  const date = new Date(localMs);
  const index = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(index / 12);
  const month = (index % 12) + (index < 0 && index % 12 !== 0 ? 12 : 0) + 1;
  const day = Math.min(date.getUTCDate(), daysInMonth(year, month));
  return dateMs(year, month, day) + (localMs - Math.floor(localMs / dayMs) * dayMs);
}
