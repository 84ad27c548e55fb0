import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Guarantee, type KeyValueStore, Streams, StreamsBuilder, serdes, type Topology } from '../index.ts';

export interface ClusterUnderTest {
  /** host:port. */
  bootstrap(): string;
}

const { long, string } = serdes;

function wordCount(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>(input, { value: string })
    .flatMapValues((line) =>
      line
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter(Boolean),
    )
    .groupBy((word) => word)
    .count({ store: 'counts' })
    .toStream()
    .to(output, { key: string, value: long });
  return builder.build();
}

/** The last value of each key of a topic, as committed. */
async function tableOf(client: KafkaClient, topic: string, isWhole: (table: Map<string, number>) => boolean) {
  const table = new Map<string, number>();
  const tail = client.tail({ topics: [topic], from: 'earliest', isolation: 'read_committed' });
  for await (const batch of tail) {
    for (const { key, value } of batch.records()) table.set(String(key), long.decode(value!, 0, value!.length, topic));
    if (isWhole(table)) break;
  }
  await tail.close();
  return table;
}

/** The runtime on a cluster; each test has topics of its own. */
export function streamsSuite(name: string, cluster: ClusterUnderTest, skip: string | false = false): void {
  let nextId = 0;
  const unique = (what: string) => `${what}-${process.pid}-${Date.now().toString(36)}-${nextId++}`;

  for (const guarantee of ['at-least-once', 'exactly-once'] satisfies Guarantee[]) {
    test(`${name}: words are counted ${guarantee}, on over a restart and two instances`, {
      skip,
      timeout: 60_000,
    }, async () => {
      const client = createClient({ bootstrap: cluster.bootstrap(), clientId: 'streams-test' });
      const input = unique('lines');
      const output = unique('counts');
      const applicationId = unique('app');
      await client.createTopics([
        { name: input, partitions: 3 },
        { name: output, partitions: 2 },
      ]);
      const write = async (lines: readonly string[]) => {
        const records = lines.map((value, index) => ({ key: `k${index}`, value }));
        await client.produce({ topic: input, records });
      };
      const newInstance = () => {
        const instance = new Streams({
          applicationId,
          kafka: cluster.bootstrap(),
          guarantee,
          commitIntervalMs: 50,
          heartbeatIntervalMs: 100,
        });
        instance.add(wordCount(input, output));
        return instance;
      };
      await write(['Rain, rain, go away', 'come again another day']);
      const first = newInstance();
      await first.start();
      const once = await tableOf(client, output, (table) => table.get('rain') === 2 && table.size === 7);
      assert.equal(once.get('day'), 1);
      const stored = first.localStores<KeyValueStore<string, number>>('counts').map((store) => store.get('rain'));
      assert.deepEqual(
        stored.filter((count) => count !== null),
        [2],
      );
      await first.close();
      await first.close();
      assert.equal(first.state, 'closed');

      await write(['rain on a day in May']);
      const second = newInstance();
      const third = newInstance();
      await Promise.all([second.start(), third.start()]);
      const twice = await tableOf(
        client,
        output,
        (table) => table.get('rain') === 3 && table.get('may') === 1 && table.get('day') === 2,
      );
      assert.equal(twice.get('go'), 1);
      await second.close();
      await write(['rain once more']);
      const thrice = await tableOf(client, output, (table) => table.get('rain') === 4 && table.get('more') === 1);
      assert.equal(thrice.get('may'), 1);
      await third.close();
      await client.close();
    });
  }
}
