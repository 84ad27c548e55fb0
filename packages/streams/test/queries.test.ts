import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import {
  type ReadOnlyKeyValueStore,
  type ReadOnlyWindowStore,
  Streams,
  StreamsBuilder,
  StreamsError,
  serdes,
  tumbling,
} from '../index.ts';

const words = Array.from({ length: 40 }, (_, index) => `word-${index}`);

function countTopology() {
  const builder = new StreamsBuilder();
  const grouped = builder.stream<string, string>('words', { value: serdes.string }).groupByKey();
  grouped.count({ store: 'counts' });
  grouped.windowedBy(tumbling(1_000, { graceMs: 0 })).count({ store: 'windows', retentionMs: 60_000 });
  return builder.build();
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('stores are asked as one, over two instances, and after one is gone', { timeout: 60_000 }, async () => {
  await using broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'queries-test' });
  await client.createTopics([{ name: 'words', partitions: 4 }]);
  await client.produce({
    topic: 'words',
    records: [500, 1_500, 1_600].flatMap((timestamp) => words.map((key) => ({ key, value: 'x', timestamp }))),
  });
  const newInstance = () => {
    const streams = new Streams({
      applicationId: 'asked',
      kafka: broker.bootstrap,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 100,
      queryPort: 0,
    });
    streams.add(countTopology());
    return streams;
  };
  const first = newInstance();
  const second = newInstance();
  try {
    await first.start();
    const counts = first.store<ReadOnlyKeyValueStore<string, number>>('counts');
    await until(() => counts.count === words.length && words.every((word) => counts.get(word) === 3));
    assert.deepEqual(Array.from(counts.all(), ({ key }) => key).sort(), [...words].sort());
    assert.equal(counts.get('nobody'), null);
    const windows = first.store<ReadOnlyWindowStore<string, number>>('windows', { maxLagRecords: 0 });
    assert.deepEqual(
      Array.from(windows.fetchRange('word-7', 0, 5_000), ({ startMs, value }) => [startMs, value]),
      [
        [0, 1],
        [1_000, 2],
      ],
    );
    assert.throws(() => first.store('none'), { code: 'HW_STREAMS_NO_STORE' });

    // Over HTTP.
    const ask = async (path: string) => {
      const response = await fetch(`${first.queryUrl}${path}`);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    assert.equal((await ask(`/stores/counts?key=${encodeURIComponent('"word-3"')}`)).body['value'], 3);
    assert.equal((await ask(`/stores/counts?key=${encodeURIComponent('"nobody"')}`)).status, 404);
    assert.equal((await ask('/stores/counts?key=word-3')).status, 400);
    assert.equal((await ask('/stores/none?key=1')).status, 404);
    assert.deepEqual((await ask('/stores/counts/count')).body, { count: words.length });
    const { body } = await ask('/stores/counts/all?limit=5');
    assert.deepEqual([(body['rows'] as unknown[]).length, body['isCut']], [5, true]);

    // The second takes half of the tasks: each asks the other for what it has not got.
    await second.start();
    const isShared = (streams: Streams) => {
      const places = streams.metadataForStore('counts');
      return places.filter(({ isLocal }) => isLocal).length === 2 && places.every(({ address }) => address !== null);
    };
    await until(() => isShared(first) && isShared(second));
    for (const streams of [first, second]) {
      const everywhere = streams.storeClient<string, number>('counts', { timeoutMs: 20_000 });
      for (const word of words) assert.equal(await everywhere.get(word), 3, word);
      assert.equal(await everywhere.get('nobody'), null);
      assert.equal(await everywhere.count(), words.length);
      for (const pageRows of [2, 3, 1_000]) {
        const paged = streams.storeClient<string, number>('counts', { timeoutMs: 20_000, pageRows });
        const keys: string[] = [];
        for await (const { key, value } of paged.all()) {
          assert.equal(value, 3);
          keys.push(key);
        }
        assert.deepEqual(keys.sort(), [...words].sort());
        const some: string[] = [];
        for await (const { key } of paged.range('word-10', 'word-19')) some.push(key);
        assert.deepEqual(
          some.sort(),
          words.filter((word) => word >= 'word-10' && word <= 'word-19'),
        );
      }
      const rows = await streams
        .storeClient<string, number>('windows', { timeoutMs: 20_000 })
        .fetchRange('word-9', 1_000, 1_000);
      assert.deepEqual(
        rows.map(({ value }) => value),
        [2],
      );
    }
    const away = words.find((word) => !second.metadataForKey('counts', word).isLocal)!;
    assert.throws(
      () => second.store<ReadOnlyKeyValueStore<string, number>>('counts').get(away),
      (error) => error instanceof StreamsError && error.code === 'HW_STREAMS_STORE_MOVED',
    );
    await first.close();
    const client2 = second.storeClient<string, number>('counts', { timeoutMs: 30_000 });
    assert.equal(await client2.get(away), 3);
  } finally {
    await first.close();
    await second.close();
    await client.close();
  }
});
