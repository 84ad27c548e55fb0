import { dateOfEpochDay, epochDay } from '../calendar.ts';

/** Monday is 1. */
export function dayOfWeek(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

/** Sunday is 1: weeks are those of the United States, which start on Sunday, and the first is that with January 1. */
export function localDayOfWeek(days: number): number {
  return (dayOfWeek(days) % 7) + 1;
}

function startOfWeekYear(year: number): number {
  const first = epochDay(year, 1, 1);
  return first - (localDayOfWeek(first) - 1);
}

export function weekBasedYear(days: number): number {
  const { year } = dateOfEpochDay(days);
  return days >= startOfWeekYear(year + 1) ? year + 1 : year;
}

export function weekOfWeekBasedYear(days: number): number {
  return Math.floor((days - startOfWeekYear(weekBasedYear(days))) / 7) + 1;
}

export function weekOfMonth(days: number): number {
  const { year, month, day } = dateOfEpochDay(days);
  return Math.floor((day + localDayOfWeek(epochDay(year, month, 1)) - 2) / 7) + 1;
}

/** The day that a week of a week-based year and a day of the week name. */
export function dayOfWeekDate(year: number, week: number, localDay: number): number {
  return startOfWeekYear(year) + (week - 1) * 7 + (localDay - 1);
}
