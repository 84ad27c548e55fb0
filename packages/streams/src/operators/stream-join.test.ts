/** Expected results are those of Kafka Streams 4.3.1 in its TopologyTestDriver, for the same records. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import { type JoinWindows, within } from '../dsl/windows.ts';
import { serdes } from '../serdes/index.ts';
import type { JoinWindowStore } from '../stores/join-window-store.ts';
import type { UnjoinedStore } from '../stores/unjoined-store.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';

const { string } = serdes;
const text = { value: string };

function joined(kind: 'inner' | 'left' | 'outer', windows: JoinWindows) {
  const builder = new StreamsBuilder();
  const left = builder.stream<string, string>('a', text);
  const right = builder.stream<string, string>('b', text);
  const join = (one: string | null, other: string | null) => `${one}+${other}`;
  const result =
    kind === 'inner'
      ? left.join(right, join, windows)
      : kind === 'left'
        ? left.leftJoin(right, join, windows)
        : left.outerJoin(right, join, windows);
  result.to('out', text);
  const driver = new TopologyTestDriver(builder.build());
  return {
    driver,
    a: driver.input('a', string, string),
    b: driver.input('b', string, string),
    out: driver.output('out', string, string),
  };
}

test('records of two streams within the time difference are joined, at the later time', () => {
  const { a, b, driver, out } = joined('inner', within(10, { graceMs: 100 }));
  a.pipe('k', 'a1', 100);
  b.pipe('k', 'b1', 110);
  b.pipe('k', 'b2', 111);
  b.pipe('k', 'b3', 90);
  a.pipe('k', 'a2', 95);
  a.pipe('other', 'a3', 95);
  a.pipe('k', null, 95);
  assert.deepEqual(out.readRows(), [
    ['k', 'a1+b1', 110],
    ['k', 'a1+b3', 100],
    ['k', 'a2+b3', 95],
  ]);
  assert.equal(driver.metrics[0]!.recordsSkipped, 1);
  driver.close();
});

test('before and after have bounds of their own', () => {
  const { a, b, driver, out } = joined('inner', within(0, { afterMs: 5, graceMs: 100 }));
  a.pipe('k', 'a1', 100);
  for (const time of [99, 100, 105, 106]) b.pipe('k', `b${time}`, time);
  assert.deepEqual(
    out.readRows().map(([, value]) => value),
    ['a1+b100', 'a1+b105'],
  );
  driver.close();
});

test('what is older than window and grace is not kept, and counted', () => {
  const { a, b, driver, out } = joined('inner', within(5, { graceMs: 5 }));
  a.pipe('k', 'new', 100);
  a.pipe('k', 'late', 85);
  a.pipe('k', 'old', 86);
  b.pipe('k', 'b', 86);
  assert.deepEqual(out.readRows(), [['k', 'old+b', 86]]);
  assert.equal(driver.metrics[0]!.lateRecordsDropped, 1);
  driver.close();
});

test('an outer join tells of what found no partner when its window has closed, and its changelogs are those of Kafka Streams', () => {
  const { a, b, driver, out } = joined('outer', within(5, { graceMs: 2 }));
  a.pipe('k', 'v', 1);
  a.pipe('k', 'v2', 1);
  assert.deepEqual(out.readRows(), []);
  b.pipe('k', 'w', 30);
  assert.deepEqual(out.readRows(), [
    ['k', 'v+null', 1],
    ['k', 'v2+null', 1],
  ]);
  a.pipe('k', 'z', 31);
  a.pipe('q', 'z', 31);
  a.pipe('k', 'z', 90);
  assert.deepEqual(out.readRows(), [
    ['k', 'z+w', 31],
    ['q', 'z+null', 31],
  ]);
  const changelog = (store: string) =>
    driver.written
      .filter(({ topic }) => topic === `test-KSTREAM-${store}-store-changelog`)
      .map(({ key, value }) => [key!.toString('hex'), value?.toString('hex') ?? null]);
  assert.deepEqual(changelog('OUTERTHIS-0000000004').slice(0, 3), [
    ['6b000000000000000100000001', '76'],
    ['6b000000000000000100000002', '7632'],
    ['6b000000000000001f00000003', '7a'],
  ]);
  assert.deepEqual(changelog('OUTERSHARED-0000000004').slice(1), [
    ['0000000000000001016b', '010000000200000002017600000003017632'],
    ['0000000000000001016b', null],
    ['000000000000001e006b', '0100000001000000020077'],
    ['000000000000001e006b', null],
    ['000000000000001f0171', '010000000100000002017a'],
    ['000000000000001f0171', null],
    ['000000000000005a016b', '010000000100000002017a'],
  ]);
  driver.close();
});

test('of several records with one key and time each is looked at by itself when closed windows are looked for', () => {
  const { a, b, driver, out } = joined('outer', within(5, { graceMs: 10 }));
  a.pipe('old', 'a1', 100);
  b.pipe('r', 'b1', 123);
  a.pipe('l', 'a2', 128);
  a.pipe('l', 'a3', 128);
  b.pipe('s', 'b2', 131);
  // Closes 'old'; of what is open it has seen 128 last, not 131.
  b.pipe('t', 'b3', 135);
  assert.deepEqual(out.readRows(), [['old', 'a1+null', 100]]);
  b.pipe('u', 'b4', 144);
  assert.deepEqual(out.readRows(), [
    ['r', 'null+b1', 123],
    ['l', 'a2+null', 128],
    ['l', 'a3+null', 128],
  ]);
  driver.close();
});

test('stores of a join go on where their changelogs end', () => {
  const first = joined('outer', within(5, { graceMs: 2 }));
  first.a.pipe('k', 'a1', 10);
  first.a.pipe('k', 'a2', 10);
  first.b.pipe('other', 'b1', 12);
  const second = joined('outer', within(5, { graceMs: 2 }));
  for (const { key, timestamp, topic, value } of first.driver.written) {
    const name = /^test-(.*)-changelog$/.exec(topic)?.[1];
    if (name !== undefined) second.driver.store<JoinWindowStore<string, string>>(name).restore(key!, value);
    assert.ok(timestamp >= 0);
  }
  assert.equal(
    second.driver.store<UnjoinedStore<string, string, string>>('KSTREAM-OUTERSHARED-0000000004-store').count,
    2,
  );
  second.b.pipe('k', 'b2', 13);
  second.a.pipe('x', 'a3', 40);
  assert.deepEqual(second.out.readRows(), [
    ['k', 'a1+b2', 13],
    ['k', 'a2+b2', 13],
    ['other', 'null+b1', 12],
  ]);
  // Nothing is in the changelog under a number that it had before.
  second.a.pipe('k', 'a4', 10);
  const keys = [...first.driver.written, ...second.driver.written].flatMap(({ key, topic }) =>
    topic.includes('OUTERTHIS') ? key!.toString('hex') : [],
  );
  assert.equal(new Set(keys).size, keys.length);
  first.driver.close();
  second.driver.close();
});

test('records without a key go through a left join alone', () => {
  const { a, b, driver, out } = joined('left', within(5));
  a.pipe(null, 'a1', 10);
  b.pipe(null, 'b1', 10);
  assert.deepEqual(out.readRows(), [[null, 'a1+null', 10]]);
  driver.close();
});

test('a stream whose key was changed is joined by way of topics, once for several joins', () => {
  const builder = new StreamsBuilder();
  const left = builder.stream<string, string>('a', text).selectKey((value) => value.slice(0, 1));
  const right = builder.stream<string, string>('b', text).selectKey((value) => value.slice(0, 1));
  const join = (one: string, other: string) => `${one}+${other}`;
  left.join(right, join, within(5), { otherValue: string, value: string }).to('out', text);
  left.join(right, join, within(1), { otherValue: string, value: string }).to('near', text);
  const driver = new TopologyTestDriver(builder.build());
  driver.input('a', string, string).pipe('x', 'k1', 10);
  driver.input('b', string, string).pipe('y', 'k2', 12);
  assert.deepEqual(driver.output('out', string, string).readRows(), [['k', 'k1+k2', 12]]);
  assert.deepEqual(driver.output('near', string, string).readRows(), []);
  assert.deepEqual(
    [...driver.plan.repartitionTopics.keys()],
    ['test-KSTREAM-KEY-SELECT-0000000001-repartition', 'test-KSTREAM-KEY-SELECT-0000000003-repartition'],
  );
  driver.close();
});

test('a stream is joined with itself: each record with itself and with those around it', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream<string, string>('a', text);
  stream.join(stream, (one, other) => `${one}+${other}`, within(5)).to('out', text);
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.input('a', string, string);
  input.pipe('k', 'a', 1);
  input.pipe('k', 'b', 3);
  assert.deepEqual(driver.output('out', string, string).readRows(), [
    ['k', 'a+a', 1],
    ['k', 'b+a', 3],
    ['k', 'a+b', 3],
    ['k', 'b+b', 3],
  ]);
  driver.close();
});
