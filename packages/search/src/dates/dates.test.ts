import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EsError } from '../errors.ts';
import { dateFormatter, defaultDateFormat } from './date-formatter.ts';
import { parseDateMath } from './date-math.ts';
import { timeZone } from './time-zone.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const parse = (format: string, text: string, isRoundedUp = false): string =>
  iso(dateFormatter(format).parse(text, isRoundedUp).ms);

test('the default format takes ISO dates of every precision, and epoch milliseconds', () => {
  const cases: [string, string][] = [
    ['2024', '2024-01-01T00:00:00.000Z'],
    ['2024-02', '2024-02-01T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2024-02-29T12', '2024-02-29T12:00:00.000Z'],
    ['2024-02-29T12:34:56.789Z', '2024-02-29T12:34:56.789Z'],
    ['2024-02-29T12:34:56.789123456Z', '2024-02-29T12:34:56.789Z'],
    ['2024-02-29T12:34:56+05:30', '2024-02-29T07:04:56.000Z'],
    ['2024-02-29T12:34:56-0800', '2024-02-29T20:34:56.000Z'],
    ['1405533420000', '2014-07-16T17:57:00.000Z'],
    ['-1', '1969-12-31T23:59:59.999Z'],
  ];
  for (const [text, expected] of cases) assert.equal(parse(defaultDateFormat, text), expected, text);
});

test('what is no date is refused', () => {
  for (const text of [
    '',
    'yesterday',
    '2023-02-29',
    '2024-13-01',
    '2024-1-1',
    '2024-02-29T25:00',
    '2024-02-29 12:00',
  ]) {
    assert.throws(
      () => dateFormatter(defaultDateFormat).parse(text),
      (error: EsError) => /failed to parse date field/.test(error.reason),
      text,
    );
  }
});

test('custom patterns, several at once', () => {
  assert.equal(parse('dd/MM/yyyy', '31/12/2023'), '2023-12-31T00:00:00.000Z');
  assert.equal(parse('dd/MM/yyyy||epoch_second', '1700000000'), '2023-11-14T22:13:20.000Z');
  assert.equal(parse("yyyy-MM-dd'T'HH:mm:ss.SSSX", '2024-01-02T03:04:05.006+01'), '2024-01-02T02:04:05.006Z');
  assert.equal(parse('EEE MMM dd HH:mm:ss Z yyyy', 'Wed Jul 16 17:57:00 +0000 2014'), '2014-07-16T17:57:00.000Z');
  assert.equal(parse('basic_date', '20240229'), '2024-02-29T00:00:00.000Z');
  assert.throws(() => dateFormatter('yyyy-QQQQQQQ-nope'), EsError);
});

test('writes dates', () => {
  assert.equal(dateFormatter(defaultDateFormat).formatMs(1405533420000), '2014-07-16T17:57:00.000Z');
  assert.equal(dateFormatter('yyyy.MM.dd HH').formatMs(1405533420000), '2014.07.16 17');
  assert.equal(dateFormatter('epoch_second').formatMs(1405533420000), '1405533420');
  const berlin = dateFormatter('yyyy-MM-dd HH:mm').withZone(timeZone('Europe/Berlin'));
  assert.equal(berlin.formatMs(1405533420000), '2014-07-16 19:57');
});

test('date math, rounded down and up', () => {
  const now = Date.UTC(2024, 1, 29, 12, 34, 56, 789);
  const formatter = dateFormatter(defaultDateFormat);
  const math = (text: string, isRoundedUp = false): string => iso(parseDateMath(text, formatter, now, isRoundedUp).ms);
  assert.equal(math('now'), '2024-02-29T12:34:56.789Z');
  assert.equal(math('now-1y'), '2023-02-28T12:34:56.789Z');
  assert.equal(math('now+1M/M'), '2024-03-01T00:00:00.000Z');
  assert.equal(math('now/d'), '2024-02-29T00:00:00.000Z');
  assert.equal(math('now/d', true), '2024-02-29T23:59:59.999Z');
  assert.equal(math('now/w'), '2024-02-26T00:00:00.000Z');
  assert.equal(math('now-90m/h'), '2024-02-29T11:00:00.000Z');
  assert.equal(math('2024-01-31||+1M'), '2024-02-29T00:00:00.000Z');
  assert.equal(math('2024-01-31||/M', true), '2024-01-31T23:59:59.999Z');
  // What is not said of the day and month is the first; of the time, the last.
  assert.equal(math('2024-01', true), '2024-01-01T23:59:59.999Z');
  for (const text of ['now-', 'now-1', 'now+1x', 'now/', 'now/2d', 'nowhere']) {
    assert.throws(() => math(text), EsError, text);
  }
});

test('time zones: rounding follows the clock on the wall, through changes of the clock', () => {
  const formatter = dateFormatter(defaultDateFormat).withZone(timeZone('America/New_York'));
  const math = (text: string, now: number): string => iso(parseDateMath(text, formatter, now, false).ms);
  assert.equal(math('now/d', Date.UTC(2024, 2, 10, 18)), '2024-03-10T05:00:00.000Z');
  assert.equal(math('now+1d/d', Date.UTC(2024, 2, 10, 18)), '2024-03-11T04:00:00.000Z');
  assert.throws(() => timeZone('Mars/Olympus'));
});
