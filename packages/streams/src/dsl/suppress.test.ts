import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serdes } from '../serdes/index.ts';
import { SuppressBuffer } from '../stores/suppress-buffer.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';
import { StreamsBuilder } from './streams-builder.ts';
import { type UntilTimeLimit, untilTimeLimit, untilWindowCloses } from './suppressed.ts';
import { session, tumbling } from './windows.ts';

const { long, string } = serdes;

test('a window has one result, when it is closed; a session that has become part of another has none', () => {
  for (const isEachUpdateSent of [true, false]) {
    const builder = new StreamsBuilder();
    const grouped = builder.stream<string, string>('in', { value: string }).groupByKey();
    grouped
      .windowedBy(tumbling(10, { graceMs: 5 }))
      .count()
      .suppress(untilWindowCloses())
      .toStream((_count, { key, window }) => `${key}@${window.startMs}`)
      .to('windows', { key: string, value: long });
    grouped
      .windowedBy(session(5))
      .reduce((all, value) => all + value)
      .suppress(untilWindowCloses())
      .toStream((_all, { key, window }) => `${key}@${window.startMs}-${window.endMs}`)
      .to('sessions', { key: string, value: string });
    const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent });
    const input = driver.input('in', string, string);
    for (const time of [1, 9, 12, 7, 30]) input.pipe('a', `${time} `, time);
    assert.deepEqual(driver.output('windows', string, long).readRows(), [
      ['a@0', 3, 9],
      ['a@10', 1, 12],
    ]);
    assert.deepEqual(driver.output('sessions', string, string).readRows(), [
      ['a@1-1', '1 ', 1],
      ['a@7-12', '9 12 7 ', 12],
    ]);
    driver.close();
  }
});

function suppressed(until: UntilTimeLimit) {
  const builder = new StreamsBuilder();
  builder.table<string, string>('in', { value: string }).suppress(until).toStream().to('out');
  const driver = new TopologyTestDriver(builder.build());
  return {
    driver,
    input: driver.input('in', string, string),
    rows: () => driver.output('out', string, string).readRows(),
  };
}

test('updates wait for a time; the last of a key goes on at the time of the first, with its own headers', () => {
  const { driver, input, rows } = suppressed(untilTimeLimit(10));
  input.pipe('a', '1', 0);
  input.pipe('b', '2', 4, [{ key: 'from', value: Buffer.from('b') }]);
  input.pipe('a', '3', 5);
  input.pipe('c', null, 9);
  assert.deepEqual(rows(), []);
  input.pipe('d', '4', 14);
  const [first, second] = driver.output('out', string, string).readAll();
  assert.deepEqual([first!.key, first!.value, first!.timestamp, first!.headers.length], ['a', '3', 5, 0]);
  assert.deepEqual([second!.key, second!.value, second!.timestamp, second!.headers[0]!.key], ['b', '2', 4, 'from']);
  input.pipe('d', null, 19);
  assert.deepEqual(rows(), [['c', null, 9]]);
  driver.close();
});

test('a full buffer sends the oldest before its time, or fails', () => {
  const eager = suppressed(untilTimeLimit(1000, { maxRecords: 2 }));
  for (const [at, key] of ['c', 'a', 'b'].entries()) eager.input.pipe(key, key, at);
  assert.deepEqual(eager.rows(), [['c', 'c', 0]]);
  eager.driver.close();
  const strict = suppressed(untilTimeLimit(1000, { maxRecords: 2, whenFull: 'fail' }));
  strict.input.pipe('a', '', 0);
  strict.input.pipe('b', '', 0);
  assert.throws(() => strict.input.pipe('c', '', 0), /holds 3 of 2 records/);
  strict.driver.close();
  // A row counts its key, its value, its topic and 28 bytes.
  const sized = suppressed(untilTimeLimit(1000, { maxBytes: 70 }));
  sized.input.pipe('a', 'xx', 0);
  sized.input.pipe('b', 'xx', 1);
  assert.deepEqual(sized.rows(), []);
  sized.input.pipe('b', 'xxxxx', 1);
  assert.deepEqual(sized.rows(), [['a', 'xx', 0]]);
  sized.driver.close();
});

test('what is held back comes back from the changelog, in its order', () => {
  const serdesOf = { key: string, value: string };
  const record = { topic: 't', partition: 3, offset: 7, timestamp: 20, headers: [{ key: 'h', value: Buffer.of(1) }] };
  const before = new SuppressBuffer<string, string>('b', serdesOf, true);
  before.open({ changelogTopic: 'c', isLogged: true });
  before.put(10, 'k', { newValue: '1', oldValue: '0' }, record);
  before.put(11, 'k', { newValue: '2', oldValue: '1' }, { ...record, timestamp: 21 });
  before.put(9, 'gone', { newValue: 'x', oldValue: null }, record);
  const logged: [Buffer, Buffer | null][] = [];
  const after = new SuppressBuffer<string, string>('b', serdesOf, true);
  after.open({ changelogTopic: 'c', isLogged: true });
  const drain = () =>
    before.drainChanges({
      append: (key, value) =>
        logged.push([Buffer.from(key as Buffer), value === null ? null : Buffer.from(value as Buffer)]),
    });
  drain();
  assert.equal(before.first!.key, 'gone');
  before.removeFirst();
  drain();
  for (const [key, value] of logged) after.restore(key, value);
  assert.equal(after.count, 1);
  assert.equal(after.sizeBytes, before.sizeBytes);
  const { key, newValue, oldValue, priorValue, timeMs, record: restored } = after.first!;
  assert.deepEqual([key, newValue, oldValue, priorValue, timeMs], ['k', '2', '1', '0', 10]);
  assert.deepEqual(restored, { ...record, timestamp: 21 });
});

test('only windows can be waited for to close', () => {
  const table = new StreamsBuilder().table<string, string>('in');
  // @ts-expect-error: its keys have no window
  assert.throws(() => table.suppress(untilWindowCloses()), { code: 'HW_STREAMS_BAD_OPTION' });
});
