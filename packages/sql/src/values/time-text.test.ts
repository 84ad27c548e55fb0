import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateOfEpochDay, epochDay } from './calendar.ts';
import { dateText, parseDate, parseTime, parseTimestamp, timestampText, timeText } from './time-text.ts';
import { instantOfLocal, zoneOf } from './time-zone.ts';

test('days and dates are each other, over all eras', () => {
  for (let days = -1_000_000; days <= 1_000_000; days += 997) {
    const { year, month, day } = dateOfEpochDay(days);
    assert.equal(epochDay(year, month, day), days);
    const date = new Date(days * 86_400_000);
    assert.deepEqual([year, month, day], [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
  }
});

test('a timestamp may lack parts, and may name a zone', () => {
  assert.equal(parseTimestamp('2020'), Date.UTC(2020, 0));
  assert.equal(parseTimestamp('2020-05'), Date.UTC(2020, 4));
  assert.equal(parseTimestamp(' 2020-05-26T23:5 '), Date.UTC(2020, 4, 26, 23, 50));
  assert.equal(parseTimestamp('2020-05-26T23:59:58.123Z'), Date.UTC(2020, 4, 26, 23, 59, 58, 123));
  assert.equal(parseTimestamp('2020-05-26T23:59:58+0200'), Date.UTC(2020, 4, 26, 21, 59, 58));
  assert.equal(parseTimestamp('2020-05-26T23:59:58-02:30'), Date.UTC(2020, 4, 27, 2, 29, 58));
  for (const text of ['', 'x', '2020-13', '2020-02-32', '2020-05T10:00', '2020-05-26T24:00', '2020-05-26 10:00']) {
    assert.throws(() => parseTimestamp(text), { code: 'HW_SQL_EVALUATION' }, text);
  }
});

test('dates and times are read and written as ISO 8601', () => {
  assert.equal(parseDate('1970-01-10'), 9);
  assert.throws(() => parseDate('2021-02-29'));
  assert.equal(parseTimestamp('2021-02-31'), Date.UTC(2021, 1, 28));
  assert.equal(dateText(9), '1970-01-10');
  assert.equal(dateText(epochDay(12345, 6, 7)), '+12345-06-07');
  assert.equal(parseTime('01:34'), 5_640_000);
  assert.equal(parseTime('23:59:59.999'), 86_399_999);
  assert.equal(timeText(5_640_000), '01:34');
  assert.equal(timeText(5_641_000), '01:34:01');
  assert.equal(timeText(5_641_020), '01:34:01.020');
  assert.equal(timestampText(-1), '1969-12-31T23:59:59.999');
  for (const text of ['1:34', '24:00', '12:60', '12']) assert.throws(() => parseTime(text));
});

test('a local time in a gap moves on, one that is there twice is the earlier', () => {
  const paris = zoneOf('Europe/Paris')!;
  assert.equal(instantOfLocal(Date.UTC(2021, 2, 28, 2, 30), paris), Date.UTC(2021, 2, 28, 1, 30));
  assert.equal(instantOfLocal(Date.UTC(2021, 9, 31, 2, 30), paris), Date.UTC(2021, 9, 31, 0, 30));
  assert.equal(instantOfLocal(Date.UTC(2021, 9, 31, 3, 30), paris), Date.UTC(2021, 9, 31, 2, 30));
  assert.equal(zoneOf('UTC+3')!.offsetMs(0), 10_800_000);
  assert.equal(zoneOf('Nowhere/Else'), undefined);
});
