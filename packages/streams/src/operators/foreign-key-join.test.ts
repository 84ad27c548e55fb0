/** What Kafka Streams makes of foreign-key joins is compared in conformance/streams. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import { serdes } from '../serdes/index.ts';
import type { Serde } from '../serdes/serde.ts';
import { subscriptionResponseSerde, subscriptionSerde } from '../serdes/subscription-serdes.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import { SubscriptionStore } from '../stores/subscription-store.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';

const { integer, json, string } = serdes;

interface Order {
  customer: number | null;
  item: string;
}

function driverOf(kind: 'joinForeignKey' | 'leftJoinForeignKey', isEachUpdateSent = true) {
  const builder = new StreamsBuilder();
  const orders = builder.table<string, Order>('orders', { value: json<Order>() });
  const customers = builder.table<number, string>('customers', { key: integer, value: string });
  const text = (order: Order, name: string | null, id: string) => `${id}: ${order.item} for ${name}`;
  orders[kind](customers, (order) => order.customer, text, { store: 'joined', value: string })
    .toStream()
    .to('out', { value: string });
  const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent });
  return {
    driver,
    orders: driver.input('orders', string, json<Order>()),
    customers: driver.input('customers', integer, string),
    out: driver.output('out', string, string),
  };
}

for (const isEachUpdateSent of [true, false]) {
  const when = isEachUpdateSent ? 'each update' : 'once a commit';
  test(`orders have the names of their customers, told ${when}`, () => {
    const { customers, driver, orders, out } = driverOf('joinForeignKey', isEachUpdateSent);
    orders.pipe('o1', { customer: 1, item: 'tea' }, 1);
    orders.pipe('o2', { customer: 1, item: 'rye' }, 2);
    orders.pipe('o3', { customer: null, item: 'jam' }, 3);
    assert.deepEqual(out.readRows(), []);
    customers.pipe(1, 'Ann', 5);
    assert.deepEqual(out.readRows(), [
      ['o1', 'o1: tea for Ann', 5],
      ['o2', 'o2: rye for Ann', 5],
    ]);
    customers.pipe(2, 'Bob', 4);
    orders.pipe('o1', { customer: 2, item: 'tea' }, 6);
    orders.pipe('o2', { customer: 9, item: 'rye' }, 7);
    orders.pipe('o1', null, 8);
    customers.pipe(2, null, 9);
    assert.deepEqual(out.readRows(), [
      ['o1', 'o1: tea for Bob', 6],
      ['o2', null, 7],
      ['o1', null, 8],
    ]);
    assert.equal(driver.store<KeyValueStore<string, string>>('joined').count, 0);
    assert.equal(
      driver.metrics.reduce((sum, { recordsSkipped }) => sum + recordsSkipped, 0),
      1,
    );
    assert.equal(
      driver.metrics.reduce((sum, { recordsSkipped }) => sum + recordsSkipped, 0),
      1,
    );
    driver.close();
  });
}

test('a left join keeps orders without a customer', () => {
  const { customers, driver, orders, out } = driverOf('leftJoinForeignKey');
  orders.pipe('o1', { customer: null, item: 'jam' }, 1);
  orders.pipe('o1', { customer: 3, item: 'jam' }, 2);
  customers.pipe(3, 'Cho', 3);
  customers.pipe(3, null, 4);
  orders.pipe('o1', null, 5);
  assert.deepEqual(out.readRows(), [
    ['o1', 'o1: jam for null', 1],
    ['o1', 'o1: jam for null', 2],
    ['o1', 'o1: jam for Cho', 3],
    ['o1', 'o1: jam for null', 4],
    ['o1', null, 5],
  ]);
  driver.close();
});

test('an answer to a row that has changed since is left out', () => {
  const { driver, orders, out } = driverOf('leftJoinForeignKey');
  orders.pipe('o1', { customer: 3, item: 'jam' }, 1);
  const response = driver.written.findLast(({ topic }) => topic.endsWith('-RESPONSE-0000000014-topic'))!;
  orders.pipe('o1', { customer: 3, item: 'tea' }, 2);
  out.readAll();
  driver.pipe(response.topic, response.key, response.value, 9);
  assert.deepEqual(out.readRows(), []);
  driver.close();
});

test('messages of older releases are read, of newer ones refused', () => {
  const subscriptions = subscriptionSerde(string, (topic) => topic);
  const decode = (bytes: Buffer) => subscriptions.decode(bytes, 0, bytes.length, 't');
  const old = { hash: null, instruction: 2, primaryKey: 'k', primaryPartition: null } as const;
  const oldBytes = Buffer.from(subscriptions.encode(old, 't') as Uint8Array);
  assert.deepEqual(oldBytes, Buffer.from([0x80, 2, 107]));
  assert.deepEqual(decode(oldBytes), old);
  const now = { hash: '0123456789abcdef', instruction: 1, primaryKey: 'k', primaryPartition: 7 } as const;
  assert.deepEqual(decode(Buffer.from(subscriptions.encode(now, 't') as Uint8Array)), now);
  for (const bytes of [[], [1], [2, 0, 1], [1, 0, 1], [0x81, 9, 0, 0, 0, 0]]) {
    assert.throws(() => decode(Buffer.from(bytes)), { code: 'HW_STREAMS_DESERIALIZATION' });
  }
  const responses = subscriptionResponseSerde(string);
  for (const bytes of [[], [1], [0, 1]]) {
    assert.throws(() => responses.decode(Buffer.from(bytes), 0, bytes.length, 't'), {
      code: 'HW_STREAMS_DESERIALIZATION',
    });
  }
});

test('subscriptions are there again from their changelog', () => {
  const topicsOf = () => ({ foreignKey: 'fk', primaryKey: 'pk' });
  const newStore = () => {
    const store = new SubscriptionStore({ name: 's', foreignKeySerde: string, keySerde: integer, topicsOf });
    store.open({ changelogTopic: 'c', isLogged: true });
    return store;
  };
  const store = newStore();
  const changes: [Buffer, Buffer | null, number][] = [];
  const drain = (from: SubscriptionStore<string, number>) =>
    from.drainChanges({
      append: (key, value, timestamp) =>
        changes.push([Buffer.from(key), value === null ? null : Buffer.from(value), timestamp]),
    });
  const subscription = (primaryKey: number) =>
    ({ hash: '0123456789abcdef', instruction: 2, primaryKey, primaryPartition: 1 }) as const;
  for (const key of [300, 2, 17]) store.put('a', subscription(key), key);
  store.put('b', subscription(2), 5);
  drain(store);
  store.delete('a', 2, 6);
  store.delete('c', 9, 6);
  drain(store);
  assert.equal(store.count, 3);
  const restored = newStore();
  for (const change of changes) restored.restore(...change);
  assert.equal(restored.count, 3);
  assert.deepEqual(
    restored.subscribersOf('a').map(({ primaryKey, primaryPartition }) => [primaryKey, primaryPartition]),
    [
      [17, 1],
      [300, 1],
    ],
  );
  const before = changes.length;
  drain(restored);
  assert.equal(changes.length, before);
});

test('a table is joined with itself, though its serde writes all keys to the same place', () => {
  const place = Buffer.alloc(4);
  const key: Serde<number> = {
    encode(value) {
      place.writeInt32BE(value);
      return place;
    },
    decode: (data, start) => data.readInt32BE(start),
  };
  interface Person {
    name: string;
    boss: number | null;
  }
  const builder = new StreamsBuilder();
  const staff = builder.table<number, Person>('staff', { key, value: json<Person>() });
  staff
    .joinForeignKey(
      staff,
      ({ boss }) => boss,
      (one, boss) => `${one.name} < ${boss.name}`,
      { value: string },
    )
    .toStream()
    .to('out', { key: integer, value: string });
  const driver = new TopologyTestDriver(builder.build());
  const people = driver.input('staff', integer, json<Person>());
  people.pipe(1, { name: 'ann', boss: null });
  people.pipe(2, { name: 'bob', boss: 1 });
  people.pipe(1, { name: 'eve', boss: 2 });
  const rows = driver.output('out', integer, string).readAll();
  assert.deepEqual(
    rows
      .flatMap(({ key: id, value }) => (value === null ? [] : [[id, value]]))
      .sort((a, b) => String(a).localeCompare(String(b))),
    [
      [1, 'eve < bob'],
      [2, 'bob < ann'],
      [2, 'bob < eve'],
    ],
  );
  driver.close();
});
