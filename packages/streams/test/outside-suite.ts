/** What tasks look at beside their own partitions: global tables, and services that are asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Guarantee, type KeyValueStore, Streams, StreamsBuilder, serdes, type Topology } from '../index.ts';
import type { ClusterUnderTest } from './cluster-suite.ts';

const { string } = serdes;
const text = { value: string };

/** The values of a topic by key, as committed, once it has so many. */
async function valuesOf(client: KafkaClient, topic: string, count: number): Promise<Map<string, string[]>> {
  const values = new Map<string, string[]>();
  let found = 0;
  const tail = client.tail({ topics: [topic], from: 'earliest', isolation: 'read_committed' });
  for await (const batch of tail) {
    for (const { key, value } of batch.records()) {
      values.set(String(key), [...(values.get(String(key)) ?? []), String(value)]);
      found++;
    }
    if (found >= count) break;
  }
  await tail.close();
  assert.equal(found, count);
  return values;
}

export function outsideSuite(name: string, cluster: ClusterUnderTest): void {
  let nextId = 0;
  const unique = (what: string) => `${what}-${process.pid}-${Date.now().toString(36)}-${nextId++}`;

  test(`${name}: a global table is whole on each instance before it begins, and follows its topic`, {
    timeout: 60_000,
  }, async () => {
    const client = createClient({ bootstrap: cluster.bootstrap(), clientId: 'globals-test' });
    const [users, clicks, output, applicationId] = ['users', 'clicks', 'named', 'app'].map(unique) as [
      string,
      string,
      string,
      string,
    ];
    await client.createTopics([
      { name: users, partitions: 3 },
      { name: clicks, partitions: 2 },
      { name: output, partitions: 1 },
    ]);
    const people = Array.from({ length: 500 }, (_, id) => ({ key: `u${id}`, value: `name ${id}` }));
    await client.produce({ topic: users, records: people });
    const topology = (): Topology => {
      const builder = new StreamsBuilder();
      const table = builder.globalTable<string, string>(users, { ...text, store: 'people' });
      builder
        .stream<string, string>(clicks, text)
        .joinGlobal(
          table,
          (user) => user,
          (_user, person) => person,
        )
        .to(output, text);
      return builder.build();
    };
    const newInstance = () => {
      const streams = new Streams({
        applicationId,
        kafka: cluster.bootstrap(),
        commitIntervalMs: 50,
        heartbeatIntervalMs: 100,
      });
      streams.add(topology());
      return streams;
    };
    await client.produce({ topic: clicks, records: people.map(({ key }, id) => ({ key: `c${id}`, value: key })) });
    const instances = [newInstance(), newInstance()];
    await Promise.all(instances.map((instance) => instance.start()));
    const named = await valuesOf(client, output, 500);
    for (const [id, { value }] of people.entries()) assert.deepEqual(named.get(`c${id}`), [value]);

    await client.produce({ topic: users, records: [{ key: 'u7', value: 'somebody else' }] });
    const has = (instance: Streams) => instance.localStores<KeyValueStore<string, string>>('people')[0]!.get('u7');
    while (instances.some((instance) => has(instance) !== 'somebody else')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await client.produce({ topic: clicks, records: [{ key: 'again', value: 'u7' }] });
    assert.deepEqual((await valuesOf(client, output, 501)).get('again'), ['somebody else']);
    for (const instance of instances) await instance.close();
    await client.close();
  });

  for (const guarantee of ['at-least-once', 'exactly-once'] satisfies Guarantee[]) {
    test(`${name}: asynchronous steps lose and double nothing over a hand-over, ${guarantee}`, {
      timeout: 60_000,
    }, async () => {
      const client = createClient({ bootstrap: cluster.bootstrap(), clientId: 'async-test' });
      const [input, output, applicationId] = ['asked', 'answered', 'app'].map(unique) as [string, string, string];
      await client.createTopics([
        { name: input, partitions: 4 },
        { name: output, partitions: 1 },
      ]);
      const topology = (): Topology => {
        const builder = new StreamsBuilder();
        builder
          .stream<string, string>(input, text)
          .mapValuesAsync(
            async (value) => {
              await new Promise((resolve) => setImmediate(resolve));
              return `${value}!`;
            },
            { concurrency: 8 },
          )
          .to(output, text);
        return builder.build();
      };
      const newInstance = () => {
        const streams = new Streams({
          applicationId,
          kafka: cluster.bootstrap(),
          guarantee,
          commitIntervalMs: 20,
          heartbeatIntervalMs: 100,
        });
        streams.add(topology());
        return streams;
      };
      const count = 2_000;
      const records = Array.from({ length: count }, (_, id) => ({ key: `k${id % 50}`, value: `${id}` }));
      await client.produce({ topic: input, records });
      const first = newInstance();
      const second = newInstance();
      await first.start();
      await second.start();
      await first.close();
      const answered = await valuesOf(client, output, count);
      for (const [key, values] of answered) {
        const wanted = records.filter((record) => record.key === key).map(({ value }) => `${value}!`);
        assert.deepEqual(values, wanted);
      }
      await second.close();
      await client.close();
    });
  }
}
