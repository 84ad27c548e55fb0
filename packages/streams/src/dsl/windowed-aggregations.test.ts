import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serdes } from '../serdes/index.ts';
import type { Windowed } from '../stores/window-store.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';
import type { KGroupedStream } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import { StreamsBuilder } from './streams-builder.ts';
import { hopping, session, sliding, tumbling } from './windows.ts';

const { long, string } = serdes;

/** What comes out of `records`, each `key time`, as `key@start-end value time`. */
function run<V>(
  build: (grouped: KGroupedStream<string, string>) => KTable<Windowed<string>, V>,
  records: string,
  options: { isEachUpdateSent?: boolean } = {},
) {
  const builder = new StreamsBuilder();
  build(builder.stream<string, string>('in', { value: string }).groupByKey())
    .toStream()
    .map((value, { key, window }) => [`${key}@${window.startMs}-${window.endMs}`, value === null ? 'null' : `${value}`])
    .to('out', { key: string, value: string });
  const driver = new TopologyTestDriver(builder.build(), options);
  for (const record of records.split(', ')) {
    const [value, time] = record.split(' ');
    driver.input('in', string, string).pipe(value![0]!, value!, Number(time));
  }
  const rows = driver.output('out', string, string).readRows();
  const late = driver.metrics[0]!.lateRecordsDropped;
  driver.close();
  return { rows: rows.map((row) => row.join(' ')), late };
}

const concat = [() => '', (all: string, value: string) => all + value] as const;
const merge = (one: string, other: string) => `${one}|${other}`;

test('a record brings sessions together; those that were are taken away', () => {
  const { late, rows } = run(
    (grouped) => grouped.windowedBy(session(10, { graceMs: 15 })).aggregate(...concat, merge, { value: string }),
    'a1 10, a2 30, a3 20, a4 60, a5 34',
  );
  assert.deepEqual(rows, [
    'a@10-10 a1 10',
    'a@30-30 a2 30',
    'a@10-10 null 10',
    'a@30-30 null 30',
    'a@10-30 |a1|a2a3 30',
    'a@60-60 a4 60',
  ]);
  // 34 is past 60 - 10 - 15, and its neighbour, 30, was let go.
  assert.equal(late, 1);
});

test('sessions are counted, and told of once a commit without those that nobody has heard of', () => {
  const { rows } = run((grouped) => grouped.windowedBy(session(10)).count({ value: long }), 'a 10, a 15, b 15', {
    isEachUpdateSent: false,
  });
  // The driver commits after each record.
  assert.deepEqual(rows, ['a@10-10 1 10', 'a@10-10 null 10', 'a@10-15 2 15', 'b@15-15 1 15']);
});

test('sessions are sent once, when they are closed', () => {
  const build = (grouped: KGroupedStream<string, string>) =>
    grouped.windowedBy(session(10, { graceMs: 5 }), { emit: 'window-close' }).reduce((all, value) => all + value);
  const { rows } = run(build, 'a1 10, a2 18, b1 20, a3 33, b2 34, a4 100');
  assert.deepEqual(rows, ['a@10-18 a1a2 18', 'b@20-20 b1 20', 'a@33-33 a3 33', 'b@34-34 b2 34']);
});

test('sessions that are closed at once are sent by their end, then by their start, then by their key', () => {
  const build = (grouped: KGroupedStream<string, string>) =>
    grouped.windowedBy(session(10), { emit: 'window-close' }).count();
  const { rows } = run(build, 'b 20, a 20, c 15, c 20, a 100');
  assert.deepEqual(rows, ['c@15-20 2 20', 'a@20-20 1 20', 'b@20-20 1 20']);
});

test('a session of one moment that comes to nothing has no value before, as in Kafka Streams', () => {
  const build = (grouped: KGroupedStream<string, string>) =>
    grouped
      .windowedBy(session(10))
      .aggregate(
        () => '',
        (all, value) => (value.endsWith('x') ? (null as unknown as string) : all + value),
        merge,
      )
      // Told of values before: says nothing of what neither was nor is one of its rows.
      .filter((value) => value !== null);
  assert.deepEqual(run(build, 'a1 10, ax 10').rows, ['a@10-10 a1 10']);
});

test('a sliding window ends at each record, and one begins after it when another follows', () => {
  const build = (grouped: KGroupedStream<string, string>) =>
    grouped.windowedBy(sliding(10, { graceMs: 20 })).aggregate(...concat, { value: string });
  const { late, rows } = run(build, 'a1 20, a2 26, a3 23, a4 5, a5 100, a6 60');
  assert.deepEqual(rows, [
    'a@10-20 a1 20',
    'a@21-31 a2 26',
    'a@16-26 a1a2 26',
    'a@21-31 a2a3 26',
    'a@16-26 a1a2a3 26',
    'a@13-23 a1a3 23',
    'a@24-34 a2 26',
    'a@0-10 a4 5',
    'a@90-100 a5 100',
  ]);
  assert.equal(late, 1);
});

test('sliding and hopping windows are sent once, when they are closed, whatever the jump that closes them', () => {
  const slid = run(
    (grouped) => grouped.windowedBy(sliding(10), { emit: 'window-close' }).reduce((all, value) => all + value),
    'a1 20, a2 26, a3 1000',
  );
  assert.deepEqual(slid.rows, ['a@10-20 a1 20', 'a@16-26 a1a2 26', 'a@21-31 a2 26']);
  const hopped = run(
    (grouped) => grouped.windowedBy(hopping(10, 5), { emit: 'window-close' }).count(),
    'a 7, b 12, a 15, a 3, a 1000',
    { isEachUpdateSent: false },
  );
  assert.deepEqual(hopped.rows, [
    'a@0-10 1 7',
    'a@5-15 1 7',
    'b@5-15 1 12',
    'a@10-20 1 15',
    'b@10-20 1 12',
    'a@15-25 1 15',
  ]);
  assert.equal(hopped.late, 1);
});

test('a retention shorter than the windows are open is refused', () => {
  const grouped = new StreamsBuilder().stream('in').groupByKey();
  assert.throws(() => grouped.windowedBy(tumbling(10, { graceMs: 5 })).count({ retentionMs: 14 }), {
    code: 'HW_STREAMS_BAD_OPTION',
  });
});
