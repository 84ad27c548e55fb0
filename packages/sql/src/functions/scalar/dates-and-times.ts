import { sqlTypes } from '../../types/sql-type.ts';
import { addMonths, dayMs } from '../../values/calendar.ts';
import { lastPattern } from '../../values/date-time-pattern/date-time-pattern.ts';
import type { Long } from '../../values/long.ts';
import { type TimeZone, utc, zoneOf } from '../../values/time-zone.ts';
import { parameter, scalar, variant, variantAt } from '../define.ts';
import type { ScalarFunction } from '../function.ts';
import { patterns } from '../type-pattern.ts';

const { string, integer, bigint, date, time, timestamp } = sqlTypes;
const category = 'DATE / TIME';
const format = parameter('format', string, "A pattern of Java's DateTimeFormatter.");
const zoneName = parameter('timeZone', string, 'Such as UTC, Europe/London or +02:00; default UTC.');
const noInput = { isNullTaken: true };

function zoneNamed(id: string): TimeZone {
  const zone = zoneOf(id);
  if (zone === undefined) throw new RangeError(`Unknown time-zone ID: ${id}`);
  return zone;
}

/** What patterns write for `z` and `VV` where no zone is given. */
const defaultZone = zoneOf('UTC') ?? utc;

const unitMs: Readonly<Record<string, number>> = {
  DAYS: dayMs,
  HOURS: 3_600_000,
  MINUTES: 60_000,
  SECONDS: 1000,
  MILLISECONDS: 1,
};
const unitMonths: Readonly<Record<string, number>> = { YEARS: 12, MONTHS: 1 };

/** So many units later; months and years by the calendar. */
function shifted(ms: number, unit: string, amount: number): number {
  const months = unitMonths[unit];
  if (months === undefined) return ms + unitMs[unit]! * amount;
  const days = Math.floor(ms / dayMs);
  return addMonths(days, months * amount) * dayMs + (ms - days * dayMs);
}

type Shift = (unit: string, amount: number, value: number) => number;

/** Parts of days are cut. */
const shiftDate: Shift = (unit, amount, days) => Math.trunc(shifted(days * dayMs, unit, amount) / dayMs);
const shiftTime: Shift = (unit, amount, ms) => {
  const moved = shifted(ms, unit, amount) % dayMs;
  return moved < 0 ? moved + dayMs : moved + 0;
};
const shiftTimestamp: Shift = (unit, amount, ms) => shifted(ms, unit, amount);

function shiftFunction(
  name: string,
  type: typeof date | typeof time | typeof timestamp,
  sign: 1 | -1,
  shift: Shift,
  example: string,
): ScalarFunction {
  return scalar(
    name,
    { category, description: `A ${type.kind} so much ${sign === 1 ? 'later' : 'earlier'}.`, example },
    variant(
      [
        parameter('unit', patterns.unit, 'DAYS, HOURS, MINUTES, SECONDS, MILLISECONDS, MONTHS or YEARS.'),
        parameter('interval', integer, 'How many.'),
        parameter('value', type, `The ${type.kind}.`),
      ],
      type,
      (unit: string, amount: number, value: number) => shift(unit, sign * amount, value),
    ),
  );
}

function formatTimestampVariants(type: typeof bigint | typeof timestamp): ReturnType<typeof variantAt>[] {
  const value = parameter('timestamp', type, 'Milliseconds since the epoch.');
  return [
    variantAt([value, format], string, () => {
      const pattern = lastPattern();
      return (ms: Long, source: string) => pattern(source).formatTimestamp(Number(ms), defaultZone);
    }),
    variantAt([value, format, zoneName], string, () => {
      const pattern = lastPattern();
      return (ms: Long, source: string, id: string) => pattern(source).formatTimestamp(Number(ms), zoneNamed(id));
    }),
  ];
}

function parseTimestampVariants(type: typeof bigint | typeof timestamp): ReturnType<typeof variantAt>[] {
  const text = parameter('text', string, 'The text.');
  return [
    variantAt([text, format], type, () => {
      const pattern = lastPattern();
      return (value: string, source: string) => pattern(source).parseTimestamp(value, defaultZone);
    }),
    variantAt([text, format, zoneName], type, () => {
      const pattern = lastPattern();
      return (value: string, source: string, id: string) => pattern(source).parseTimestamp(value, zoneNamed(id));
    }),
  ];
}

export const dateAndTimeFunctions: readonly ScalarFunction[] = [
  shiftFunction('DATEADD', date, 1, shiftDate, "DATEADD(DAYS, 5, '2024-02-27') → 2024-03-03"),
  shiftFunction('DATESUB', date, -1, shiftDate, "DATESUB(MONTHS, 1, '2024-03-31') → 2024-02-29"),
  shiftFunction('TIMEADD', time, 1, shiftTime, "TIMEADD(MINUTES, 90, '23:00') → 00:30"),
  shiftFunction('TIMESUB', time, -1, shiftTime, "TIMESUB(SECONDS, 1, '00:00') → 23:59:59"),
  shiftFunction(
    'TIMESTAMPADD',
    timestamp,
    1,
    shiftTimestamp,
    "TIMESTAMPADD(HOURS, 1, '2024-01-01') → 2024-01-01T01:00:00.000",
  ),
  shiftFunction(
    'TIMESTAMPSUB',
    timestamp,
    -1,
    shiftTimestamp,
    "TIMESTAMPSUB(YEARS, 1, '2024-02-29') → 2023-02-28T00:00:00.000",
  ),
  scalar(
    'CONVERT_TZ',
    {
      category,
      description: 'The TIMESTAMP that clocks show in one zone when they show another in the other zone.',
      example: "CONVERT_TZ('2024-01-01T12:00', 'UTC', '+02:00') → 2024-01-01T14:00:00.000",
    },
    variant(
      [
        parameter('timestamp', timestamp, 'The TIMESTAMP.'),
        parameter('fromTimeZone', string, 'Its zone.'),
        parameter('toTimeZone', string, 'The other zone.'),
      ],
      timestamp,
      (ms: number, from: string, to: string) => ms + zoneNamed(to).offsetMs(ms) - zoneNamed(from).offsetMs(ms),
    ),
  ),
  scalar(
    'FORMAT_DATE',
    { category, description: 'A DATE as a text.', example: "FORMAT_DATE('2024-05-03', 'd MMM yyyy') → '3 May 2024'" },
    variantAt([parameter('date', date, 'The DATE.'), format], string, () => {
      const pattern = lastPattern();
      return (days: number, source: string) => pattern(source).formatDate(days);
    }),
  ),
  scalar(
    'FORMAT_TIME',
    { category, description: 'A TIME as a text.', example: "FORMAT_TIME('13:05', 'h:mm a') → '1:05 PM'" },
    variantAt([parameter('time', time, 'The TIME.'), format], string, () => {
      const pattern = lastPattern();
      return (ms: number, source: string) => pattern(source).formatTime(ms);
    }),
  ),
  scalar(
    'FORMAT_TIMESTAMP',
    {
      category,
      description: 'A TIMESTAMP as a text.',
      example: "FORMAT_TIMESTAMP('2024-05-03', 'EEE HH:mm z', 'Europe/London') → 'Fri 01:00 BST'",
    },
    ...formatTimestampVariants(timestamp),
  ),
  scalar(
    'PARSE_DATE',
    {
      category,
      description: 'The DATE that a text names.',
      example: "PARSE_DATE('3 May 2024', 'd MMM yyyy') → 2024-05-03",
    },
    variantAt([parameter('text', string, 'The text.'), format], date, () => {
      const pattern = lastPattern();
      return (text: string, source: string) => pattern(source).parseDate(text);
    }),
  ),
  scalar(
    'PARSE_TIME',
    { category, description: 'The TIME that a text names.', example: "PARSE_TIME('1:05 pm', 'h:mm a') → 13:05" },
    variantAt([parameter('text', string, 'The text.'), format], time, () => {
      const pattern = lastPattern();
      return (text: string, source: string) => pattern(source).parseTime(text);
    }),
  ),
  scalar(
    'PARSE_TIMESTAMP',
    {
      category,
      description: 'The TIMESTAMP that a text names; what it does not name is as at 1970-01-01 00:00.',
      example: "PARSE_TIMESTAMP('03/05/2024 10h', 'dd/MM/yyyy HH''h''') → 2024-05-03T10:00:00.000",
    },
    ...parseTimestampVariants(timestamp),
  ),
  scalar(
    'DATETOSTRING',
    {
      category,
      description: 'Days since 1970-01-01 as a text; FORMAT_DATE is for DATE.',
      example: "DATETOSTRING(1, 'yyyy-MM-dd') → '1970-01-02'",
    },
    variantAt([parameter('epochDays', integer, 'The days.'), format], string, () => {
      const pattern = lastPattern();
      return (days: number, source: string) => pattern(source).formatDate(days);
    }),
  ),
  scalar(
    'STRINGTODATE',
    {
      category,
      description: 'The days since 1970-01-01 of a date that a text names; PARSE_DATE gives a DATE.',
      example: "STRINGTODATE('1970-01-02', 'yyyy-MM-dd') → 1",
    },
    variantAt([parameter('text', string, 'The text.'), format], integer, () => {
      const pattern = lastPattern();
      return (text: string, source: string) => pattern(source).parseDateOfAny(text);
    }),
  ),
  scalar(
    'TIMESTAMPTOSTRING',
    {
      category,
      description: 'Milliseconds since the epoch as a text; FORMAT_TIMESTAMP is for TIMESTAMP.',
      example: "TIMESTAMPTOSTRING(0, 'yyyy-MM-dd') → '1970-01-01'",
    },
    ...formatTimestampVariants(bigint),
  ),
  scalar(
    'STRINGTOTIMESTAMP',
    {
      category,
      description: 'The milliseconds since the epoch of a time that a text names; PARSE_TIMESTAMP gives a TIMESTAMP.',
      example: "STRINGTOTIMESTAMP('1970-01-01T00:00:01Z', 'yyyy-MM-dd''T''HH:mm:ssX') → 1000",
    },
    ...parseTimestampVariants(bigint),
  ),
  scalar(
    'FROM_DAYS',
    { category, description: 'The DATE so many days after 1970-01-01.', example: 'FROM_DAYS(31) → 1970-02-01' },
    variant([parameter('days', integer, 'The days.')], date, (days: number) => days),
  ),
  scalar(
    'FROM_UNIXTIME',
    {
      category,
      description: 'The TIMESTAMP so many milliseconds after the epoch.',
      example: 'FROM_UNIXTIME(1000) → 1970-01-01T00:00:01.000',
    },
    variant([parameter('milliseconds', bigint, 'The milliseconds.')], timestamp, (ms: Long) => Number(ms)),
  ),
  scalar(
    'UNIX_DATE',
    {
      category,
      description: 'The days since 1970-01-01, of today or of a DATE.',
      example: "UNIX_DATE('1970-01-31') → 30",
    },
    variant([], integer, () => Math.floor(Date.now() / dayMs), noInput),
    variant([parameter('date', date, 'The DATE.')], integer, (days: number) => days),
  ),
  scalar(
    'UNIX_TIMESTAMP',
    {
      category,
      description: 'The milliseconds since the epoch, now or of a TIMESTAMP.',
      example: "UNIX_TIMESTAMP('1970-01-01T00:00:01') → 1000",
    },
    variant([], bigint, () => Date.now(), noInput),
    variant([parameter('timestamp', timestamp, 'The TIMESTAMP.')], bigint, (ms: number) => ms),
  ),
];
