import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Registry, startRegistry } from '@headwater/registry';
import { connectTopics, type TopicDefinition, type TopicDefinitions, type TopicsOptions } from '../index.ts';
import { topicsV1, topicsV2, topicsWithoutTotal } from './orders.ts';

let broker: Broker;
let registry: Registry;
let admin: KafkaClient;
const open: { close(): Promise<void> }[] = [];

before(async () => {
  broker = await startBroker({ port: 0 });
  registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  admin = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
});

after(async () => {
  for (const each of open) await each.close();
  await admin.close();
  await registry.close();
  await broker.close();
});

let topicCount = 0;

type Orders<V> = { orders: { key: string; value: V } };

/** The definition of `orders` for a topic of this test's own. */
function own<V>(definitions: TopicDefinitions<Orders<V>>, name: string): TopicDefinition<Orders<V>['orders']> {
  const { key, value } = definitions.orders;
  return { key: { ...key!, subject: `${name}-key` }, value: { ...value!, subject: `${name}-value` } };
}

function connect<V>(definitions: TopicDefinitions<Orders<V>>, name: string, options: Partial<TopicsOptions> = {}) {
  const renamed: TopicDefinitions<Record<string, Orders<V>['orders']>> = { [name]: own(definitions, name) };
  const connected = connectTopics(renamed, { kafkaUrl: broker.bootstrap, registryUrl: registry.url, ...options });
  open.push(connected);
  return { orders: connected.topic(name), close: connected.close };
}

async function topicName(): Promise<string> {
  const name = `orders-${(topicCount += 1)}`;
  await admin.createTopics([{ name, partitions: 1 }]);
  return name;
}

async function setCompatibility(subject: string, compatibility: string): Promise<void> {
  const response = await fetch(`${registry.url}/config/${subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility }),
  });
  assert.equal(response.status, 200);
}

async function take<R>(records: AsyncIterable<R>, count: number): Promise<R[]> {
  const taken: R[] = [];
  for await (const record of records) if (taken.push(record) === count) break;
  return taken;
}

test('records go in and come out as the types say, and the log holds Confluent’s wire format', async () => {
  const name = await topicName();
  const { orders } = connect(topicsV1, name, { register: true });
  const place = await orders.produce({ key: 'a', value: { total: 2n ** 60n }, headers: { source: 'test' } });
  assert.deepEqual([place.topic, place.partition, place.offset], [name, 0, 0]);
  await orders.produceBatch([
    { key: 'b', value: { total: 2n }, timestamp: 1_700_000_000_000 },
    { key: 'c', value: { total: 3n } },
  ]);
  const [first, second, third] = await take(orders.consume({ group: name }), 3);
  assert.deepEqual([first!.key, first!.value, first!.offset], ['a', { total: 2n ** 60n }, 0]);
  assert.deepEqual(
    first!.headers.map(({ key, value }) => [key, String(value)]),
    [['source', 'test']],
  );
  assert.deepEqual([second!.timestamp, third!.value], [1_700_000_000_000, { total: 3n }]);
  const [raw] = await take(admin.tail({ topics: [name], from: 'earliest' }), 1);
  const { key, value } = raw!.records()[0]!;
  assert.deepEqual([key![0], value![0], key!.subarray(5).toString('hex')], [0, 0, '0261']);
});

test('a group goes on after what was done with, and comes back to what was in hand', async () => {
  const name = await topicName();
  const { orders } = connect(topicsV1, name, { register: true });
  await orders.produceBatch(Array.from({ length: 6 }, (_, i) => ({ key: 'k', value: { total: BigInt(i) } })));
  // The third is in hand when the loop is left: it comes again.
  assert.deepEqual(
    (await take(orders.consume({ group: name }), 3)).map(({ offset }) => offset),
    [0, 1, 2],
  );
  assert.deepEqual(
    (await take(orders.consume({ group: name }), 4)).map(({ offset }) => offset),
    [2, 3, 4, 5],
  );
  // Asking for the next one says that the one before is done: here that is asked for, and the loop closed from elsewhere.
  const last = orders.consume({ group: name });
  const given: number[] = [];
  for await (const { offset } of last) {
    given.push(offset);
    setImmediate(() => void last.close());
  }
  assert.deepEqual(given, [5]);
  await orders.produce({ key: 'k', value: { total: 6n } });
  assert.deepEqual(
    (await take(orders.consume({ group: name }), 1)).map(({ offset }) => offset),
    [6],
  );
});

test('batches are one wait for many records; without a group all is read and no place is kept', async () => {
  const name = await topicName();
  const { orders } = connect(topicsV1, name, { register: true });
  await orders.produceBatch(Array.from({ length: 100 }, (_, i) => ({ key: 'k', value: { total: BigInt(i) } })));
  for (const from of ['earliest', 'earliest'] as const) {
    const [batch] = await take(orders.consume({ from }).batches(), 1);
    assert.deepEqual([batch!.partition, batch!.records.length, batch!.records[99]!.value.total], [0, 100, 99n]);
  }
});

test('compiled against version 1, and the registry at version 2: each reads the other', async () => {
  const name = await topicName();
  const early = connect(topicsV1, name, { register: true });
  await early.orders.produce({ key: 'k', value: { total: 1n } });
  const late = connect(topicsV2, name, { register: true });
  await late.orders.produce({ key: 'k', value: { total: 2n, currency: 'USD' } });
  // Registered by now: the early one writes with its own version, and needs to register nothing.
  const strict = connect(topicsV1, name);
  await strict.orders.produce({ key: 'k', value: { total: 3n } });

  const asV1 = await take(early.orders.consume({ from: 'earliest' }), 3);
  assert.deepEqual(
    asV1.map(({ value }) => value),
    [{ total: 1n }, { total: 2n }, { total: 3n }],
    'the new field is left out for who does not know it',
  );
  const asV2 = await take(late.orders.consume({ from: 'earliest' }), 3);
  assert.deepEqual(
    asV2.map(({ value }) => ({ ...value })),
    [
      { total: 1n, currency: 'EUR' },
      { total: 2n, currency: 'USD' },
      { total: 3n, currency: 'EUR' },
    ],
    'the default is filled in where it was not written',
  );
  const versions = await (await fetch(`${registry.url}/subjects/${name}-value/versions`)).json();
  assert.deepEqual(versions, [1, 2]);
});

test('compiled against version 2, and the registry at version 1: nothing is written, and it says what to do', async () => {
  const name = await topicName();
  await connect(topicsV1, name, { register: true }).orders.produce({ key: 'k', value: { total: 1n } });
  const late = connect(topicsV2, name);
  await assert.rejects(late.orders.produce({ key: 'k', value: { total: 2n, currency: 'USD' } }), {
    code: 'HW_SERVICE_SCHEMA',
    message: /does not have the schema .*-value, there version 2\): register it there first/,
  });
  // What failed is tried again: as soon as it is registered it works.
  const { value } = own(topicsV2, name);
  const response = await fetch(`${registry.url}/subjects/${name}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema: value!.schema }),
  });
  assert.equal(response.status, 200);
  assert.equal((await late.orders.produce({ key: 'k', value: { total: 2n, currency: 'USD' } })).offset, 1);
});

test('a schema that would not fit is refused by the registry, and what cannot be read is told with its place', async () => {
  const name = await topicName();
  const early = connect(topicsV1, name, { register: true });
  await early.orders.produce({ key: 'k', value: { total: 1n } });
  await setCompatibility(`${name}-value`, 'FORWARD');
  const broken = connect(topicsWithoutTotal, name, { register: true });
  await assert.rejects(broken.orders.produce({ key: 'k', value: { currency: 'USD' } }), /409/);
  // Somebody turns the rule off.
  await setCompatibility(`${name}-value`, 'NONE');
  const forced = connect(topicsWithoutTotal, name, { register: true });
  await forced.orders.produce({ key: 'k', value: { currency: 'USD' } });
  await early.orders.produce({ key: 'k', value: { total: 3n } });

  const given: bigint[] = [];
  const read = async () => {
    for await (const { value } of early.orders.consume({ group: name })) given.push(value.total);
  };
  await assert.rejects(read(), { code: 'HW_SERDES_DATA', message: new RegExp(`topic ${name}, partition 0, offset 1`) });
  assert.deepEqual(given, [1n]);
  // The group stands before it: the same again, without what came before.
  await assert.rejects(read(), { code: 'HW_SERDES_DATA' });
  assert.deepEqual(given, [1n]);
  const told: number[] = [];
  const onUndecodable = (_: unknown, { offset }: { offset: number }) => void told.push(offset);
  const [after] = await take(early.orders.consume({ group: name, onUndecodable }), 1);
  assert.deepEqual([told, after!.value.total], [[1], 3n]);
});

test('junk and tombstones are told, and tombstones given to who asks for them', async () => {
  const name = await topicName();
  const { orders } = connect(topicsV1, name, { register: true });
  await orders.produce({ key: 'k', value: { total: 1n } });
  await orders.tombstone('k');
  await admin.produce({ topic: name, records: [{ key: 'k', value: 'junk' }] });
  const codes: string[] = [];
  const consumer = orders.consume({ from: 'earliest', onUndecodable: ({ code }) => void codes.push(code) });
  const rest = take(consumer, 2);
  await orders.produce({ key: 'k', value: { total: 2n } });
  assert.deepEqual(
    (await rest).map(({ value }) => value.total),
    [1n, 2n],
  );
  assert.deepEqual(codes, ['HW_SERVICE_TOMBSTONE', 'HW_SERDES_DATA']);
  const given = await take(orders.consume({ from: 'earliest', tombstones: true, onUndecodable() {} }), 2);
  assert.deepEqual(
    given.map(({ value }) => value),
    [{ total: 1n }, null],
  );
});

test('a value that the compiler could not see is refused with its path, and nothing is written', async () => {
  const name = await topicName();
  const { orders } = connect(topicsV1, name, { register: true });
  const wrong = { key: 'k', value: { total: 'much' } } as never;
  await assert.rejects(orders.produceBatch([{ key: 'k', value: { total: 1n } }, wrong]), {
    code: 'HW_SERDES_DATA',
    message: /total/,
  });
  assert.equal((await orders.produce({ key: 'k', value: { total: 1n } })).offset, 0);
});

test('closing ends loops and calls, twice and in any order; a signal ends a loop with its reason', async () => {
  const name = await topicName();
  const { orders, close } = connect(topicsV1, name, { register: true });
  const waiting = take(orders.consume({ group: name }), 1);
  const abort = new AbortController();
  const aborted = take(orders.consume({ from: 'earliest', signal: abort.signal }), 1);
  abort.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  await Promise.all([close(), close()]);
  assert.deepEqual(await waiting, []);
  await assert.rejects(orders.produce({ key: 'k', value: { total: 1n } }), { code: 'HW_SERVICE_CLOSED' });
  assert.throws(() => orders.consume({}), { code: 'HW_SERVICE_CLOSED' });
});

test('a topic that is not defined is refused by name', () => {
  const connected = connectTopics(topicsV1, { kafkaUrl: broker.bootstrap, registryUrl: registry.url });
  open.push(connected);
  assert.throws(() => connected.topic('toString' as 'orders'), {
    code: 'HW_SERVICE_TOPIC',
    message: 'there is no topic "toString" among: orders',
  });
});
