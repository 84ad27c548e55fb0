import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneOf } from '../time-zone.ts';
import { DateTimePattern } from './date-time-pattern.ts';

// What a JDK's DateTimeFormatter gave for the same patterns, texts and zones (Locale.US).
const instant = 1526075913042; // 2018-05-11T21:58:33.042Z, a Friday
const formatted: [pattern: string, zone: string, text: string][] = [
  ["yyyy-MM-dd'T'HH:mm:ss.SSS", 'UTC', '2018-05-11T21:58:33.042'],
  ['EEEE, d MMMM uuuu', 'Asia/Kolkata', 'Saturday, 12 May 2018'],
  ['EEE MMM d HH:mm:ss zzz yyyy', 'America/New_York', 'Fri May 11 17:58:33 EDT 2018'],
  ['d/M/yy h:mm a', 'Europe/London', '11/5/18 10:58 PM'],
  ['D w W e F', 'UTC', '131 19 2 6 4'],
  ['k K H Q QQQ QQQQ', 'Australia/Lord_Howe', '8 8 8 2 Q2 2nd quarter'],
  ['X XX XXX x xx Z ZZZZ ZZZZZ', '+05:30', '+0530 +0530 +05:30 +0530 +0530 +0530 GMT+05:30 +05:30'],
  ['X XXX x xxx Z ZZZZ O', 'UTC', 'Z Z +00 +00:00 +0000 GMT GMT'],
  ['VV z zzzz', 'Europe/London', 'Europe/London BST British Summer Time'],
  ["G GGGG y 'o''clock' ppH:ppm", 'UTC', "AD Anno Domini 2018 o'clock 21:58"],
  ['yyyyy S SSSSSS A', 'UTC', '02018 0 042000 79113042'],
  ['MMMMM EEEEE cccc LLLL', 'UTC', 'M F Friday May'],
];

test('timestamps are written as Java writes them', () => {
  for (const [pattern, zone, text] of formatted) {
    assert.equal(new DateTimePattern(pattern).formatTimestamp(instant, zoneOf(zone)!), text, pattern);
  }
});

const dates: [pattern: string, text: string, days: number | null][] = [
  ['yyyy-MM-dd', '2021-02-30', 18688],
  ['yyyy-MM-dd', '2021-14-03', 19026],
  ['yyyy-MM-dd', '2021-2-3', 18661],
  ['yyyyMMdd', '20210203', 18661],
  ['yyyyMMdd', '202102031', 18689],
  ['yyyyMMdd', '+20210203', null],
  ['yyMMdd', '990203', 10625],
  ['d MMM yyyy', '3 may 2021', 18750],
  ['EEE, d MMM yyyy', 'Tue, 3 May 2021', 18750],
  ['yyyy-DDD', '2021-366', 18993],
  ['yyyy-DDD', '2020-366', 18627],
  ["YYYY-'W'ww-e", '2021-W05-3', 18653],
  ['yyyy-MM', '2021-05', 18748],
  ['yyyy-MM-dd', 'soon', null],
  ['yyyy-MM-dd HH', '2021-05-03 10', null],
  ['yyyy-MM-dd HH', '2021-05-03 00', 18750],
  ['yyyy-MM-dd', '2021-05-03 and more', 18750],
  ['G yyyy MM dd', 'BC 0005 01 01', -720989],
  ['yyyy-MM-dd[ HH:mm]', '2021-01-01', 18628],
];

const times: [pattern: string, text: string, ms: number | null][] = [
  ['H:m', '9:5', 32_700_000],
  ['HH:mm', '9:05', null],
  ['h:mm a', '12:05 am', 300_000],
  ['h:mm a', '13:05 PM', null],
  ['HHmmssSSS', '010203004', 3_723_004],
  ['HH:mm:ss.SSS', '01:02:03.04', null],
  ['HH', '24', 0],
  ['HH:mm', '24:01', null],
  ['K:mm a', '0:01 PM', 43_260_000],
  ['mm:ss', '01:02', null],
  ['HH:ss', '01:02', null],
  ['HH:mm:ss[.SSS]', '01:02:03', 3_723_000],
];

const stamps: [pattern: string, text: string, zone: string, ms: number | null][] = [
  ['yyyy-MM-dd HH:mm:ss', '2021-03-28 02:30:00', 'Europe/Paris', 1616895000000],
  ['yyyy-MM-dd HH:mm:ss', '2021-10-31 02:30:00', 'Europe/Paris', 1635643800000],
  ["yyyy-MM-dd'T'HH:mm:ssX", '2021-03-28T02:30:00+05', 'UTC', 1616880600000],
  ['yyyy-MM-dd HH:mm VV', '2021-07-01 00:00 Europe/London', 'UTC', 1625094000000],
  ['yyyy-MM-dd HH:mm z', '2021-07-01 00:00 pst', 'UTC', 1625122800000],
  ['HH:mm', '10:00', 'UTC', 36_000_000],
  ['MM-dd', '05-31', 'UTC', 12_960_000_000],
  ['yyyy', '2021', 'UTC', 1609459200000],
  ['DDD', '366', 'UTC', null],
  ['mm:ss', '10:20', 'UTC', 620_000],
];

function orNull(run: () => number): number | null {
  try {
    return run();
  } catch {
    return null;
  }
}

test('texts are read as Java reads them', () => {
  for (const [pattern, text, days] of dates) {
    assert.equal(
      orNull(() => new DateTimePattern(pattern).parseDate(text)),
      days,
      `${pattern} ${text}`,
    );
  }
  for (const [pattern, text, ms] of times) {
    assert.equal(
      orNull(() => new DateTimePattern(pattern).parseTime(text)),
      ms,
      `${pattern} ${text}`,
    );
  }
  for (const [pattern, text, zone, ms] of stamps) {
    assert.equal(
      orNull(() => new DateTimePattern(pattern).parseTimestamp(text, zoneOf(zone)!)),
      ms,
      `${pattern} ${text}`,
    );
  }
});

test('what is no pattern says why', () => {
  for (const [pattern, message] of [
    ['yyyy-bb', /bb has no meaning/],
    ["HH 'o", /a quote is not closed/],
    ['HH]', /\] has no \[/],
    ['{HH}', /reserved/],
    ['HHH', /HHH has no meaning/],
    ['V', /V has no meaning/],
  ] as const) {
    assert.throws(() => new DateTimePattern(pattern), message);
  }
  assert.throws(() => new DateTimePattern('HH').formatDate(0), /there is none/);
});
