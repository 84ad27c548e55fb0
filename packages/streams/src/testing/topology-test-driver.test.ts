import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import { hopping, tumbling } from '../dsl/windows.ts';
import { serdes } from '../serdes/index.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import { TopologyTestDriver } from './topology-test-driver.ts';

const { json, long, string } = serdes;

test('words are counted through a repartition topic', () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('lines', { value: string })
    .flatMapValues((line) => line.toLowerCase().split(/\W+/).filter(Boolean))
    .groupBy((word) => word)
    .count({ store: 'counts' })
    .toStream()
    .to('counts-out');
  const driver = new TopologyTestDriver(builder.build());
  const output = driver.output('counts-out', string, long);
  const input = driver.input('lines', string, string);
  input.pipe('k', 'to be or not to be', 10);
  input.pipe('k', 'be', 5);
  assert.deepEqual(output.readRows(), [
    ['to', 1, 10],
    ['be', 1, 10],
    ['or', 1, 10],
    ['not', 1, 10],
    ['to', 2, 10],
    ['be', 2, 10],
    ['be', 3, 10],
  ]);
  assert.equal(driver.store<KeyValueStore<string, number>>('counts').get('be'), 3);
  assert.deepEqual(
    new Set(driver.written.map(({ topic }) => topic)),
    new Set(['test-counts-repartition', 'test-counts-changelog', 'counts-out']),
  );
  driver.close();
});

test('a table that is told of once a commit sends the last value of each row', () => {
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in', { value: string }).groupByKey().count().toStream().to('out');
  const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent: false });
  const output = driver.output('out', string, long);
  driver.input('in', string, string).pipe('a', 'x', 1);
  assert.deepEqual(output.readRows(), [['a', 1, 1]]);
  driver.close();
});

test('windows take records until their grace is over', () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in', { value: string })
    .groupByKey()
    .windowedBy(tumbling(10, { graceMs: 5 }))
    .count()
    .toStream()
    .map((count, { key, window }) => [`${key}@${window.startMs}`, count])
    .to('out', { key: string, value: long });
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.input('in', string, string);
  const output = driver.output('out', string, long);
  for (const time of [1, 9, 12, 3, 16, 4]) input.pipe('a', 'x', time);
  assert.deepEqual(output.readRows(), [
    ['a@0', 1, 1],
    ['a@0', 2, 9],
    ['a@10', 1, 12],
    ['a@0', 3, 9],
    ['a@10', 2, 16],
  ]);
  assert.equal(driver.metrics[0]!.lateRecordsDropped, 1);
  driver.close();
});

test('a record is in all hopping windows that hold its time', () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, number>('in', { value: json<number>() })
    .groupByKey()
    .windowedBy(hopping(10, 5))
    .reduce((sum, value) => sum + value)
    .toStream()
    .map((sum, { key, window }) => [`${key}@${window.startMs}`, sum])
    .to('out', { key: string, value: json<number>() });
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.input('in', string, json<number>());
  input.pipe('a', 2, 7);
  input.pipe('a', 3, 11);
  assert.deepEqual(driver.output('out', string, json<number>()).readRows(), [
    ['a@0', 2, 7],
    ['a@5', 2, 7],
    ['a@5', 5, 11],
    ['a@10', 3, 11],
  ]);
  driver.close();
});

test('a stream is joined with a filtered table without a store of its own', () => {
  const builder = new StreamsBuilder();
  const users = builder
    .table<string, { name: string; isActive: boolean }>('users')
    .filter((user) => user.isActive)
    .mapValues((user) => user.name);
  builder
    .stream<string, string>('clicks', { value: string })
    .leftJoin(users, (page, name) => `${name ?? 'nobody'} ${page}`)
    .to('out', { value: string });
  const driver = new TopologyTestDriver(builder.build());
  const user = driver.input('users', string, json());
  const click = driver.input('clicks', string, string);
  user.pipe('u1', { name: 'Ada', isActive: true }, 1);
  user.pipe('u2', { name: 'Grace', isActive: false }, 1);
  click.pipe('u1', '/a', 2);
  click.pipe('u2', '/b', 3);
  assert.deepEqual(driver.output('out', string, string).readRows(), [
    ['u1', 'Ada /a', 2],
    ['u2', 'nobody /b', 3],
  ]);
  driver.close();
});
