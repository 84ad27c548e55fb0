import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markEnd, markStart, markTerms, queryTerms, splitMarks } from './highlight.ts';
import { formatBytes, formatCount, formatExact, formatRate, plural } from './number.ts';
import { formatAge, formatClock, formatDuration, formatTime, formatTimeExact } from './time.ts';

test('exact numbers are grouped, 64-bit ones too', () => {
  assert.equal(formatExact(0), '0');
  assert.equal(formatExact(1234567), '1,234,567');
  assert.equal(formatExact(-1234), '-1,234');
  assert.equal(formatExact(9223372036854775807n), '9,223,372,036,854,775,807');
  assert.equal(formatExact(1234.5), '1,234.5');
  assert.equal(formatExact(Number.NaN), 'NaN');
});

test('counts are shortened from ten thousand and never rounded up a scale', () => {
  assert.equal(formatCount(9999), '9,999');
  assert.equal(formatCount(10_000), '10.0k');
  assert.equal(formatCount(12_345), '12.3k');
  assert.equal(formatCount(999_999), '999k');
  assert.equal(formatCount(1_000_000), '1.00M');
  assert.equal(formatCount(-45_678), '-45.6k');
  assert.equal(formatCount(Number.NaN), '–');
});

test('rates keep few digits', () => {
  assert.equal(formatRate(0), '0');
  assert.equal(formatRate(0.04), '<0.1');
  assert.equal(formatRate(3.42), '3.4');
  assert.equal(formatRate(9.97), '10');
  assert.equal(formatRate(42.4), '42');
  assert.equal(formatRate(999.6), '999');
  assert.equal(formatRate(1234), '1.23k');
});

test('bytes are decimal', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(999), '999 B');
  assert.equal(formatBytes(1234), '1.2 kB');
  assert.equal(formatBytes(5_000_000), '5.0 MB');
});

test('plural', () => {
  assert.equal(plural(1, 'record'), '1 record');
  assert.equal(plural(0, 'record'), '0 records');
  assert.equal(plural(2, 'index', 'indexes'), '2 indexes');
});

test('ages have one unit and never run ahead', () => {
  assert.equal(formatAge(-50), 'now');
  assert.equal(formatAge(999), 'now');
  assert.equal(formatAge(59_999), '59 s');
  assert.equal(formatAge(60_000), '1 min');
  assert.equal(formatAge(3_599_999), '59 min');
  assert.equal(formatAge(86_400_000), '1 d');
});

test('durations', () => {
  assert.equal(formatDuration(3.4), '3 ms');
  assert.equal(formatDuration(1234), '1.2 s');
  assert.equal(formatDuration(250_000), '4 min 10 s');
  assert.equal(formatDuration(3_660_000), '1 h 1 min');
});

test('times say their date only when it is not today', () => {
  const at = Date.UTC(2026, 1, 3, 14, 2, 31, 123);
  assert.equal(formatClock(at, 'utc'), '14:02:31.123');
  assert.equal(formatClock(at, 'utc', false), '14:02:31');
  assert.equal(formatTime(at, 'utc', at + 1000), '14:02:31.123');
  assert.equal(formatTime(at, 'utc', at + 86_400_000), '2026-02-03 14:02:31.123');
  assert.equal(formatTimeExact(at, 'utc'), '2026-02-03 14:02:31.123 UTC');
  assert.match(formatTimeExact(at, 'local'), /^2026-02-0\d \d\d:02|^2026-02-0\d \d\d:\d\d:31\.123 UTC[+−]\d\d:\d\d$/);
});

test('a timestamp outside of what a date can hold is a dash, not an exception', () => {
  assert.equal(formatTime(9e15, 'utc', 0), '–');
  assert.equal(formatTimeExact(Number.NaN, 'local'), '–');
  assert.equal(formatClock(-9e15, 'utc'), '–');
});

test('marks of the store become segments, and HTML stays text', () => {
  assert.deepEqual(splitMarks(`a ${markStart}b${markEnd} <em>c</em>`), [
    { text: 'a ', isHit: false },
    { text: 'b', isHit: true },
    { text: ' <em>c</em>', isHit: false },
  ]);
  assert.deepEqual(splitMarks(`open ${markStart}end`), [{ text: `open ${markStart}end`, isHit: false }]);
  assert.deepEqual(splitMarks(''), []);
});

test('terms are marked as whole words', () => {
  const hits = markTerms('Kafka, kafkaesque KAFKA!', ['kafka']).filter((segment) => segment.isHit);
  assert.deepEqual(
    hits.map((hit) => hit.text),
    ['Kafka', 'KAFKA'],
  );
  assert.equal(markTerms('café ok', ['café']).length, 2);
  assert.deepEqual(markTerms('plain', []), [{ text: 'plain', isHit: false }]);
});

test('terms of a query', () => {
  assert.deepEqual(queryTerms('lang:en kafka -java "big data" AND text:"event store"'), [
    'en',
    'kafka',
    'big',
    'data',
    'event',
    'store',
  ]);
});
