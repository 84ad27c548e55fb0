import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, callOrThrow, type Given, of } from '../testing/call-function.ts';

const { int, big, text, date, time, timestamp } = of;
const unit = (name: string): Given => ({ unit: name });
const day = 86_400_000;

const cases: [name: string, given: Given[], expected: unknown][] = [
  ['DATEADD', [unit('DAYS'), int(10), date(10)], 20],
  ['DATEADD', [unit('HOURS'), int(25), date(10)], 11],
  ['DATEADD', [unit('MILLISECONDS'), int(-1), date(10)], 9],
  ['DATEADD', [unit('MONTHS'), int(1), text('2024-01-31')], 19782],
  ['DATESUB', [unit('DAYS'), int(-5), date(5)], 10],
  ['DATESUB', [unit('DAYS'), int(null), date(5)], null],
  ['TIMEADD', [unit('MINUTES'), int(90), time(23 * 3_600_000)], 1_800_000],
  ['TIMESUB', [unit('SECONDS'), int(1), time(0)], day - 1000],
  ['TIMESTAMPADD', [unit('HOURS'), int(-1), timestamp(0)], -3_600_000],
  ['TIMESTAMPSUB', [unit('YEARS'), int(1), text('2024-02-29')], Date.UTC(2023, 1, 28)],
  ['CONVERT_TZ', [timestamp(0), text('+0200'), text('+0500')], 10_800_000],
  ['CONVERT_TZ', [timestamp(Date.UTC(2021, 6, 1)), text('UTC'), text('Europe/Paris')], Date.UTC(2021, 6, 1, 2)],
  ['CONVERT_TZ', [timestamp(0), text('UTC'), text('Nowhere')], null],
  ['FORMAT_DATE', [date(0), text("d. MMMM yyyy 'AD'")], '1. January 1970 AD'],
  ['FORMAT_DATE', [date(0), text('HH')], null],
  ['FORMAT_TIME', [time(47_100_000), text('h:mm a')], '1:05 PM'],
  ['FORMAT_TIMESTAMP', [timestamp(0), text('yyyy-MM-dd HH:mm z')], '1970-01-01 00:00 UTC'],
  ['FORMAT_TIMESTAMP', [timestamp(Date.UTC(2021, 6, 1)), text('HH:mm z'), text('Europe/London')], '01:00 BST'],
  ['PARSE_DATE', [text('31/01/2021'), text('dd/MM/yyyy')], 18658],
  ['PARSE_DATE', [text('31/01/2021'), text('dd-MM-yyyy')], null],
  ['PARSE_TIME', [text('01:05:00 pm'), text('hh:mm:ss a')], 47_100_000],
  ['PARSE_TIMESTAMP', [text('2021-01-31 10'), text('yyyy-MM-dd HH')], Date.UTC(2021, 0, 31, 10)],
  ['PARSE_TIMESTAMP', [text('2021-07-31 10'), text('yyyy-MM-dd HH'), text('Europe/London')], Date.UTC(2021, 6, 31, 9)],
  ['DATETOSTRING', [int(-1), text('dd-MM-yyyy')], '31-12-1969'],
  ['STRINGTODATE', [text('1970-01-31 10'), text('yyyy-MM-dd HH')], 30],
  ['TIMESTAMPTOSTRING', [big(1), text('ss.SSS')], '00.001'],
  ['STRINGTOTIMESTAMP', [text('1970-01-01T00:00:01Z'), text("yyyy-MM-dd'T'HH:mm:ssX")], 1000],
  ['FROM_DAYS', [int(31)], 31],
  ['FROM_UNIXTIME', [big(1000)], 1000],
  ['UNIX_DATE', [date(31)], 31],
  ['UNIX_TIMESTAMP', [timestamp(1000)], 1000],
];

for (const [name, given, expected] of cases) {
  test(`${name}(${given.map((each) => ('value' in each ? String(each.value) : 'unit' in each ? each.unit : '')).join(' ; ')})`, () => {
    assert.equal(call(name, ...given), expected);
  });
}

test('a unit is no value', () => {
  assert.throws(() => callOrThrow('TIMEADD', time(0), int(5), time(0)), {
    message: /Function 'timeadd' does not accept parameters \(TIME, INTEGER, TIME\)\./,
  });
});

test('without an argument it is now', () => {
  assert.ok((call('UNIX_TIMESTAMP') as number) > Date.UTC(2020, 0));
  assert.ok((call('UNIX_DATE') as number) > 18_000);
});
