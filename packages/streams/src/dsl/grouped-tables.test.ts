import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Change } from '../processor/change.ts';
import type { FixedKeyProcessor } from '../processor/fixed-key-processor.ts';
import { changeSerde } from '../serdes/change-serde.ts';
import { serdes } from '../serdes/index.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';
import { keyValueStore } from './stores.ts';
import { StreamsBuilder } from './streams-builder.ts';
import { session } from './windows.ts';

const { json, long, string } = serdes;

test('rows of a table are grouped: what a row was is taken from its group', () => {
  const builder = new StreamsBuilder();
  const regions = builder
    .table<string, { region: string; sales: number }>('shops')
    .groupBy((shop) => [shop.region, shop.sales], { key: string, value: json<number>() });
  regions
    .aggregate(
      () => 0,
      (sum, sales) => sum + sales,
      (sum, sales) => sum - sales,
      { store: 'sums' },
    )
    .toStream()
    .to('sums-out');
  regions.count({ store: 'counts' }).toStream().to('counts-out', { value: long });
  const driver = new TopologyTestDriver(builder.build());
  const shop = driver.input('shops', string, json());
  shop.pipe('1', { region: 'N', sales: 5 }, 1);
  shop.pipe('2', { region: 'N', sales: 7 }, 2);
  shop.pipe('1', { region: 'N', sales: 6 }, 1);
  shop.pipe('1', { region: 'S', sales: 6 }, 3);
  shop.pipe('2', null, 4);
  assert.deepEqual(driver.output('sums-out', string, json()).readRows(), [
    ['N', 5, 1],
    ['N', 12, 2],
    ['N', 13, 2],
    ['N', 7, 3],
    ['S', 6, 3],
    ['N', 0, 4],
  ]);
  assert.deepEqual(driver.output('counts-out', string, long).readRows().at(-1), ['N', 0, 4]);
  const topics = new Set(driver.written.map(({ topic }) => topic));
  assert.ok(topics.has('test-sums-repartition') && topics.has('test-counts-repartition'));
  driver.close();
});

test('old and new values go through the topic in the form of Kafka Streams', () => {
  const serde = changeSerde(string);
  const hex = (change: Change<string>) => Buffer.from(serde.encode(change, '') as Buffer).toString('hex');
  assert.equal(hex(new Change<string>(null, 'a')), '6100');
  assert.equal(hex(new Change<string>('a', null)), '6101');
  assert.equal(hex(new Change<string>('ab', 'c')), '0461626302');
  const decode = (text: string) => {
    const bytes = Buffer.from(text, 'hex');
    return serde.decode(bytes, 0, bytes.length, '');
  };
  assert.deepEqual(decode('0461626302'), new Change('ab', 'c'));
  assert.deepEqual(decode('046162630105'), new Change('ab', 'c'));
  assert.deepEqual(decode('610103'), new Change<string>(null, 'a'));
  assert.throws(() => decode('0a61626302'), { code: 'HW_STREAMS_DESERIALIZATION' });
  const long = 'x'.repeat(100_000);
  const bytes = serde.encode(new Change(long, 'y'), '') as Buffer;
  assert.deepEqual(serde.decode(bytes, 0, bytes.length, ''), new Change(long, 'y'));
});

test('streams of several kinds go into one result', () => {
  interface Basket {
    readonly items: number;
    readonly isPaid: boolean;
  }
  const builder = new StreamsBuilder();
  const items = builder.stream<string, string>('items', { value: string }).groupByKey();
  const payments = builder
    .stream<string, string>('payments', { value: string })
    .groupBy((customer) => customer, { name: 'by-customer' });
  items
    .cogroup((basket: Basket) => ({ ...basket, items: basket.items + 1 }))
    .cogroup(payments, (basket) => ({ ...basket, isPaid: true }))
    .aggregate(() => ({ items: 0, isPaid: false }), { store: 'baskets' })
    .toStream()
    .to('out');
  const driver = new TopologyTestDriver(builder.build());
  driver.input('items', string, string).pipe('ada', 'book', 1);
  driver.input('payments', string, string).pipe('p1', 'ada', 2);
  driver.input('items', string, string).pipe('ada', 'pen', 3);
  assert.deepEqual(driver.output('out', string, json()).readRows(), [
    ['ada', { items: 1, isPaid: false }, 1],
    ['ada', { items: 1, isPaid: true }, 2],
    ['ada', { items: 2, isPaid: true }, 3],
  ]);
  driver.close();
});

test('streams of several kinds go into the same sessions, each update or once a commit', () => {
  for (const isEachUpdateSent of [true, false]) {
    const builder = new StreamsBuilder();
    builder
      .stream<string, string>('in', { value: string })
      .groupByKey()
      .cogroup((all: string, value) => all + value)
      .cogroup(builder.stream<string, string>('in2', { value: string }).groupByKey(), (all, value) => `${all}/${value}`)
      .windowedBy(session(10))
      .aggregate(
        () => '',
        (one, other) => one + other,
        { value: string },
      )
      .toStream((_all, { window }) => `${window.startMs}-${window.endMs}`)
      .to('out', { key: string });
    const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent });
    driver.input('in', string, string).pipe('k', 'a', 10);
    driver.input('in2', string, string).pipe('k', 'b', 15);
    assert.deepEqual(driver.output('out', string, string).readRows(), [
      ['10-10', 'a', 10],
      ['10-10', null, 10],
      ['10-15', 'a/b', 15],
    ]);
    driver.close();
  }
});

test('values of a table are transformed with a store, and looked up through it', () => {
  const builder = new StreamsBuilder().addStateStore(
    keyValueStore({ name: 'seen', keySerde: string, valueSerde: json<number>() }),
  );
  const numbered = builder.table<string, string>('in', { value: string }).transformValues(
    () => {
      let seen: KeyValueStore<string, number>;
      return {
        init: (context) => {
          seen = context.store<KeyValueStore<string, number>>('seen');
        },
        transform(value, key) {
          if (value === null) return null;
          const count = (seen.get(key) ?? 0) + 1;
          seen.put(key, count, 0);
          return `${value}${count}`;
        },
      };
    },
    { store: 'numbered', value: string, stores: ['seen'] },
  );
  numbered.toStream().to('out');
  builder
    .stream<string, string>('clicks', { value: string })
    .join(numbered, (click, row) => click + row)
    .to('joined', { value: string });
  const driver = new TopologyTestDriver(builder.build());
  driver.input('in', string, string).pipe('k', 'a', 1);
  driver.input('in', string, string).pipe('k', 'b', 2);
  driver.input('clicks', string, string).pipe('k', '>', 3);
  driver.input('in', string, string).pipe('k', null, 4);
  assert.deepEqual(driver.output('out', string, string).readRows(), [
    ['k', 'a1', 1],
    ['k', 'b2', 2],
    ['k', null, 4],
  ]);
  assert.deepEqual(driver.output('joined', string, string).readRows(), [['k', '>b2', 3]]);
  driver.close();
});

test('a step that keeps the key needs no repartition topic; punctuation follows both clocks', () => {
  const builder = new StreamsBuilder();
  const punctuations: string[] = [];
  const lengths = (): FixedKeyProcessor<string, string, number> => ({
    init(context) {
      context.schedule(10, 'stream-time', (time) => punctuations.push(`stream ${time}`));
      context.schedule(10, 'wall-clock', (time) => punctuations.push(`wall ${time}`));
    },
    process: (record, context) => context.forward(record.withValue(record.value.length)),
  });
  builder
    .stream<string, string>('in', { value: string })
    .processValues(lengths)
    .groupByKey()
    .count({ store: 'counts' })
    .toStream()
    .to('out');
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.input('in', string, string);
  for (const time of [7, 9, 12, 45]) input.pipe('k', 'x', time);
  driver.advanceWallClock(25);
  driver.advanceWallClock(4);
  driver.advanceWallClock(1);
  // Stream time is aligned to the epoch, the wall clock to the start; what was missed is made up for once.
  assert.deepEqual(punctuations, ['stream 7', 'stream 12', 'stream 45', 'wall 25', 'wall 30']);
  assert.equal(driver.output('out', string, long).readRows().length, 4);
  assert.ok(driver.written.every(({ topic }) => !topic.endsWith('-repartition')));
  driver.close();
});
