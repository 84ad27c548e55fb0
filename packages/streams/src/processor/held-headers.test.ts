import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KStream, Storage } from '../../index.ts';
import { StreamsBuilder, serdes, session, sliding, TopologyTestDriver, tumbling } from '../../index.ts';

const headers = (text: string) => [{ key: 'traceparent', value: Buffer.from(text) }];

type Made = (input: KStream<string, string>, builder: StreamsBuilder) => { to(topic: string, more: object): void };

const text = { key: serdes.string, value: serdes.string };
const topologies: Readonly<Record<string, Made>> = {
  count: (input) => input.groupByKey(text).count({ store: 's' }).toStream(),
  'regrouped count': (input) =>
    input
      .groupBy((value) => value.slice(0, 1), text)
      .count({ store: 's' })
      .toStream(),
  'table of a stream': (input) => input.toTable({ store: 's', ...text }).toStream(),
  'table aggregate': (input) =>
    input
      .toTable({ store: 't', ...text })
      .groupBy((value, key) => [key, value], text)
      .count({ store: 's' })
      .toStream(),
  'windowed count': (input) =>
    input
      .groupByKey(text)
      .windowedBy(tumbling(1_000))
      .count({ store: 's' })
      .toStream((_count, { key }) => key),
  'sliding count': (input) =>
    input
      .groupByKey(text)
      .windowedBy(sliding(1, { graceMs: 0 }))
      .count({ store: 's' })
      .toStream((_count, { key }) => key),
  sessions: (input) =>
    input
      .groupByKey(text)
      .windowedBy(session(10, { graceMs: 0 }))
      .count({ store: 's' })
      .toStream((_count, { key }) => key),
  'join of tables': (input, builder) =>
    input
      .toTable({ store: 't', ...text })
      .outerJoin(builder.table<string, string>('other', { ...text, store: 'o' }), (one, other) => `${one}${other}`, {
        store: 's',
        value: serdes.string,
      })
      .toStream(),
};

for (const storage of ['memory', 'disk'] as const satisfies Storage[]) {
  for (const [name, make] of Object.entries(topologies)) {
    test(`updates that wait for a commit have the newest record's headers: ${name}, ${storage}`, () => {
      const builder = new StreamsBuilder();
      make(builder.stream<string, string>('in', text), builder).to('out', { key: serdes.string, value: serdes.json() });
      const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent: false, storage });
      const outcome = (records: readonly (readonly [string, string])[], hasHeaders: boolean) => {
        for (const [key, value] of records) {
          driver.pipe('in', Buffer.from(key), Buffer.from(value), 100, hasHeaders ? headers(`of ${key}`) : []);
        }
        return driver.take('out').map((each) => each.headers.map(({ value }) => String(value)).join());
      };
      assert.deepEqual(outcome([['a', 'x1']], true), ['of a']);
      assert.deepEqual(outcome([['b', 'y1']], true), ['of b']);
      assert.deepEqual(outcome([['a', 'x2']], false), [''], 'nothing is left of those before');
      driver.close();
    });
  }
}

test('of several updates of a row before a commit the last one says the headers', () => {
  const plain = new StreamsBuilder();
  plain
    .stream<string, string>('in', text)
    .process(() => ({
      process({ timestamp, value }, context) {
        for (const word of value.split(' ')) context.forward({ key: word, value: word, timestamp });
        for (const word of value.split(' ')) {
          context.forward({ key: word, value: word, timestamp, headers: headers(`again ${word}`) });
        }
      },
    }))
    .groupByKey(text)
    .count({ store: 's' })
    .toStream()
    .to('out', { key: serdes.string, value: serdes.long });
  const driver = new TopologyTestDriver(plain.build(), { isEachUpdateSent: false });
  driver.pipe('in', null, Buffer.from('to be'), 1, headers('first'));
  const written = driver.take('out').map(({ headers, key }) => [String(key), String(headers[0]?.value)]);
  assert.deepEqual(written, [
    ['to', 'again to'],
    ['be', 'again be'],
  ]);
  driver.close();
});
