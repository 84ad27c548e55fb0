import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Guarantee, Streams, StreamsBuilder, serdes } from '../index.ts';
import type { ClusterUnderTest } from './cluster-suite.ts';

const { json, string } = serdes;

interface Order {
  customer: string;
  shop: string;
}

type Change = readonly [topic: 'orders' | 'customers' | 'shops', key: string, value: Order | string | null];

/** Numbers from 0 to `below`, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}

function randomChanges(count: number, seed: number): Change[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, (): Change => {
    const what = random(10);
    const value = <T>(made: T) => (random(6) === 0 ? null : made);
    if (what === 0) return ['customers', `c${random(5)}`, value(`name ${random(100)}`)];
    if (what === 1) return ['shops', `s${random(4)}`, value(`shop ${random(100)}`)];
    return ['orders', `o${random(30)}`, value({ customer: `c${random(6)}`, shop: `s${random(5)}` })];
  });
}

/** What is to come out in the end. */
function joined(changes: readonly Change[]): Record<string, string> {
  const tables = { orders: new Map(), customers: new Map(), shops: new Map() };
  for (const [topic, key, value] of changes) {
    if (value === null) tables[topic].delete(key);
    else tables[topic].set(key, value);
  }
  const result: Record<string, string> = {};
  for (const [key, { customer, shop }] of [...tables.orders].sort()) {
    if (tables.customers.has(customer)) {
      result[key] = `${tables.customers.get(customer)} at ${tables.shops.get(shop) ?? 'none'}`;
    }
  }
  return result;
}

/** Foreign-key joins on a cluster: topics of different numbers of partitions, two joins one after the other. */
export function foreignKeySuite(name: string, cluster: ClusterUnderTest, skip: string | false = false): void {
  let nextId = 0;
  for (const guarantee of ['at-least-once', 'exactly-once'] satisfies Guarantee[]) {
    test(`${name}: foreign-key joins ${guarantee}, on over a restart and two instances`, {
      skip,
      timeout: 60_000,
    }, async () => {
      const seed = Number(process.env['HEADWATER_SEED'] ?? 20_261_122);
      const client = createClient({ bootstrap: cluster.bootstrap(), clientId: 'foreign-key-test' });
      const run = `${process.pid}-${Date.now().toString(36)}-${nextId++}`;
      const topicOf = (what: string) => `${what}-${run}`;
      const partitions = { orders: 3, customers: 2, shops: 4, out: 1 };
      await client.createTopics(
        Object.entries(partitions).map(([what, count]) => ({ name: topicOf(what), partitions: count })),
      );
      const write = async (changes: readonly Change[]) => {
        for (const [what, list] of Map.groupBy(changes, ([topic]) => topic)) {
          const records = list.map(([, key, value]) => ({
            key,
            value: value === null ? null : typeof value === 'string' ? value : JSON.stringify(value),
          }));
          await client.produce({ topic: topicOf(what), records });
        }
      };
      const newInstance = () => {
        const builder = new StreamsBuilder();
        const customers = builder.table<string, string>(topicOf('customers'), { value: string });
        const shops = builder.table<string, string>(topicOf('shops'), { value: string });
        builder
          .table<string, Order>(topicOf('orders'), { value: json<Order>() })
          .joinForeignKey(
            customers,
            (order) => order.customer,
            ({ shop }, who) => ({ shop, who }),
          )
          .leftJoinForeignKey(
            shops,
            ({ shop }) => shop,
            ({ who }, shop) => `${who} at ${shop ?? 'none'}`,
            { value: string },
          )
          .toStream()
          .to(topicOf('out'), { value: string });
        const instance = new Streams({
          applicationId: topicOf('app'),
          kafka: cluster.bootstrap(),
          guarantee,
          commitIntervalMs: 30,
          heartbeatIntervalMs: 100,
        });
        instance.add(builder.build());
        return instance;
      };
      const changes = randomChanges(600, seed);
      const isThere = async (count: number) => {
        const expected = joined(changes.slice(0, count));
        assert.ok(Object.keys(expected).length > 3, `seed ${seed}`);
        await tableIs(client, topicOf('out'), expected);
      };
      await write(changes.slice(0, 200));
      const first = newInstance();
      await first.start();
      await isThere(200);
      await first.close();
      await write(changes.slice(200, 400));
      const second = newInstance();
      const third = newInstance();
      await Promise.all([second.start(), third.start()]);
      await isThere(400);
      await second.close();
      await write(changes.slice(400));
      await isThere(600);
      await third.close();
      await client.close();
    });
  }
}

/** Reads a topic until the last values are the expected ones; else the test's time is up, and says so. */
async function tableIs(client: KafkaClient, topic: string, expected: Record<string, string>): Promise<void> {
  const wanted = JSON.stringify(expected);
  const table = new Map<string, string>();
  const tail = client.tail({ topics: [topic], from: 'earliest', isolation: 'read_committed' });
  for await (const batch of tail) {
    for (const { key, value } of batch.records()) {
      if (value === null) table.delete(String(key));
      else table.set(String(key), value.toString());
    }
    if (JSON.stringify(Object.fromEntries([...table].sort())) === wanted) break;
  }
  await tail.close();
}
