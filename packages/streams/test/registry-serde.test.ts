import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { startRegistry } from '@headwater/registry';
import { createDeserializer, createRegistryClient, createSerializer } from '@headwater/serdes';
import { registrySerde, Streams, StreamsBuilder, serdes } from '../index.ts';

interface Tweet {
  id: bigint;
  text: string;
}

const tweetSchema = {
  type: 'record',
  name: 'Tweet',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'text', type: 'string' },
  ],
};

test('values with schemas of a registry go through a topology, and what is none is skipped', {
  timeout: 60_000,
}, async () => {
  const broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
  const registryServer = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'registry-serde-test' });
  const registry = createRegistryClient({ url: registryServer.url });
  try {
    await client.createTopics(['tweets', 'shouts'].map((name) => ({ name, partitions: 1 })));
    const serializer = createSerializer<Tweet>({ registry, schema: { schema: tweetSchema } });
    const deserializer = createDeserializer<Tweet>({ registry });
    // Away for the first batch: it waits, and nothing of it is lost.
    let failuresLeft = 1;
    const away = {
      prepare: (records: Iterable<Uint8Array | null>, topic?: string) =>
        failuresLeft-- > 0 ? Promise.reject(new Error('the registry is away')) : deserializer.prepare(records, topic),
      deserialize: (bytes: Uint8Array | null) => deserializer.deserialize(bytes),
    };
    const tweet = await registrySerde({ serializer, deserializer: away, writesTo: ['shouts'] });
    const builder = new StreamsBuilder();
    builder
      .stream<string, Tweet>('tweets', { key: serdes.string, value: tweet })
      .mapValues(({ id, text }) => ({ id: id + 1n, text: text.toUpperCase() }))
      .to('shouts', { key: serdes.string, value: tweet });
    const streams = new Streams({
      applicationId: 'shouting',
      kafka: broker.bootstrap,
      commitIntervalMs: 20,
      errors: { deserialization: 'skip' },
    });
    streams.add(builder.build());
    await streams.start();

    const source = createSerializer<Tweet>({ registry, schema: { schema: tweetSchema } });
    const id = 2n ** 60n;
    const records = [
      { key: 'a', value: await source.encode('tweets', { id, text: 'rain' }) },
      { key: 'b', value: 'no record of a serializer' },
      { key: 'c', value: await source.encode('tweets', { id: 1n, text: 'sun' }) },
    ];
    await client.produce({ topic: 'tweets', records });
    const found: Tweet[] = [];
    const reader = createDeserializer<Tweet>({ registry });
    const tail = client.tail({ topics: ['shouts'], from: 'earliest' });
    for await (const batch of tail) {
      for (const { value } of batch.records()) found.push((await reader.decode(value))!);
      if (found.length === 2) break;
    }
    await tail.close();
    assert.deepEqual(
      found.map((each) => ({ ...each })),
      [
        { id: id + 1n, text: 'RAIN' },
        { id: 2n, text: 'SUN' },
      ],
    );
    assert.equal(streams.metrics.tasks[0]?.recordsFailed, 1);
    await streams.close();
  } finally {
    registry.close();
    await client.close();
    await registryServer.close();
    await broker.close();
  }
});
